"""Microseconds per environment step under uniform random actions, resets included: Gymnasium's whole step, and MuJoCo's bindings alone,
which go through the same episodes with nothing but control and mj_step. Prints JSON; arguments: steps of a round, rounds.
"""

import json
import sys
import time

import gymnasium
import mujoco

steps, rounds = (int(argument) for argument in sys.argv[1:3])


def through_gymnasium(env, actions):
    """Seconds for all steps, and the states in which the episodes began, by step."""
    starts = {}
    state = env.unwrapped.data
    env.reset(seed=1)
    starts[0] = (state.qpos.copy(), state.qvel.copy())
    begin = time.perf_counter()
    for step, action in enumerate(actions):
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
            starts[step + 1] = (state.qpos.copy(), state.qvel.copy())
    return time.perf_counter() - begin, starts


def through_bindings(env, actions, starts):
    model, data, frame_skip = env.unwrapped.model, env.unwrapped.data, env.unwrapped.frame_skip
    begin = time.perf_counter()
    for step, action in enumerate(actions):
        if step in starts:
            mujoco.mj_resetData(model, data)
            data.qpos[:], data.qvel[:] = starts[step]
        data.ctrl[:] = action
        mujoco.mj_step(model, data, nstep=frame_skip)
    return time.perf_counter() - begin


best = {}
contenders = []
for name in ["HalfCheetah-v4", "Hopper-v4", "InvertedPendulum-v4"]:
    env = gymnasium.make(name)
    env.action_space.seed(1)
    contenders.append((name, env, [env.action_space.sample() for _ in range(steps)]))
    best[name] = {"gymnasium": float("inf"), "bindings": float("inf")}
for round in range(rounds + 1):
    for name, env, actions in contenders:
        whole, starts = through_gymnasium(env, actions)
        alone = through_bindings(env, actions, starts)
        if round > 0:  # the first one warms up
            best[name]["gymnasium"] = min(best[name]["gymnasium"], whole / steps * 1e6)
            best[name]["bindings"] = min(best[name]["bindings"], alone / steps * 1e6)
print(json.dumps(best))
