"""SBX's SAC (JAX, compiled) at its defaults, on the common work. How many threads XLA uses is its own choice."""

import gymnasium
import jax
from measure import BATCH_SIZE, BUFFER_SIZE, ENVIRONMENT, HIDDEN, LEARNING_STARTS, Meter, arguments
from sbx import SAC

warm_up, updates, _ = arguments()
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
)
train = model.train


def timed_train(*args, **kwargs):
    train(*args, **kwargs)
    if meter.looks_at_next:
        jax.block_until_ready(model.policy.actor_state.params)
    meter.after_update()


model.train = timed_train
model.learn(total_timesteps=LEARNING_STARTS + warm_up + updates + 1)
