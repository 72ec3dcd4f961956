"""Scores a run's policy in Gymnasium's own environment, to compare with the run's eval.csv.

Usage: python tests/python/score_policy.py RUN [EPISODES]
Needs: pip install numpy safetensors "gymnasium[mujoco]", in a version that still has the -v4 environments (1.4.0 does).
"""

import csv
import pathlib
import sys

import gymnasium
import numpy as np
from safetensors import safe_open

run = pathlib.Path(sys.argv[1])
episodes = int(sys.argv[2]) if len(sys.argv) > 2 else 10
with safe_open(run / "policy.safetensors", framework="numpy") as file:
    metadata = file.metadata()
    policy = {name: file.get_tensor(name) for name in file.keys()}


def act(observation):
    """tanh(mean)·scale + bias, the deterministic action."""
    hidden = np.maximum(policy["trunk.0.weight"] @ observation + policy["trunk.0.bias"], 0)
    hidden = np.maximum(policy["trunk.2.weight"] @ hidden + policy["trunk.2.bias"], 0)
    mean = policy["mean.weight"] @ hidden + policy["mean.bias"]
    return np.tanh(mean) * policy["action_scale"] + policy["action_bias"]


env = gymnasium.make(metadata["env"], max_episode_steps=int(metadata["max_episode_steps"]))
returns = []
for episode in range(episodes):
    observation, _ = env.reset(seed=episode)
    total, done = 0.0, False
    while not done:
        observation, reward, terminated, truncated, _ = env.step(act(observation.astype(np.float32)))
        total += reward
        done = terminated or truncated
    returns.append(total)

with open(run / "eval.csv") as file:
    last = list(csv.DictReader(file))[-1]
print(f"Gymnasium {gymnasium.__version__}, {metadata['env']}, {episodes} episodes: {np.mean(returns):.1f} ± {np.std(returns):.1f}")
print(f"eval.csv, step {last['step']}: {float(last['episodic_return']):.1f} ± {float(last['return_std']):.1f}")
