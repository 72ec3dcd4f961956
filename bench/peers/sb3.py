"""Stable-Baselines3's SAC at its defaults, on the common work."""

import gymnasium
import torch
from measure import BATCH_SIZE, BUFFER_SIZE, ENVIRONMENT, HIDDEN, LEARNING_STARTS, Meter, arguments
from stable_baselines3 import SAC

warm_up, updates, threads = arguments()
if threads > 0:
    torch.set_num_threads(threads)
meter = Meter(warm_up, updates)
model = SAC(
    "MlpPolicy",
    gymnasium.make(ENVIRONMENT),
    batch_size=BATCH_SIZE,
    buffer_size=BUFFER_SIZE,
    learning_starts=LEARNING_STARTS,
    train_freq=1,
    gradient_steps=1,
    policy_kwargs={"net_arch": [HIDDEN, HIDDEN]},
    seed=1,
    device="cpu",
)
train = model.train


def timed_train(*args, **kwargs):
    train(*args, **kwargs)
    meter.after_update()


model.train = timed_train
# One step more than needed, as training begins after the step that follows LEARNING_STARTS.
model.learn(total_timesteps=LEARNING_STARTS + warm_up + updates + 1)
