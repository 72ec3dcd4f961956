/** The poses of one episode: a policy's, rolled out now, or a recorded one's. */

import { join } from "node:path";
import { isFolder, loadAgent } from "../agent.ts";
import { makeMujocoEnv } from "../env/make_env.ts";
import type { MujocoEnv } from "../env/mujoco_env.ts";
import { UsageError } from "../errors.ts";
import { RandomStream } from "../random.ts";
import { readRecording } from "../run/recording.ts";
import { runPaths } from "../run/run_folder.ts";
import { stepFileName } from "../run/checkpoint.ts";

/** An episode to be painted. */
export interface Episode {
  /** Its environment. */
  readonly env: string;
  /** Seed of the training that the policy had. */
  readonly seed: number;
  /** Steps of the training that the policy had. */
  readonly trainingSteps: number;
  /** Simulated seconds in a step. */
  readonly dt: number;
  /** Joint positions at the start and after each step, `[length + 1][nq]`. */
  readonly poses: readonly Float64Array[];
  /** Undiscounted sum of its rewards. */
  readonly episodicReturn: number;
}

/** Chooses an action for an observation. */
type Actor = (observation: Float64Array, step: number) => ArrayLike<number> | undefined;

/**
 * Rolls out a policy's deterministic action.
 *
 * @param run a finished run's folder, or a `policy.safetensors`
 * @param episodeSeed draws the initial state
 * @throws {UsageError} if there is no policy, or not one for its environment
 */
export async function rolloutEpisode(run: string, episodeSeed: number): Promise<Episode> {
  const { file, policy, env } = await loadAgent(run);
  try {
    const action = new Float32Array(env.actionSize);
    env.reset(new RandomStream(episodeSeed, "render"));
    return {
      env: env.id,
      seed: file.seed,
      trainingSteps: file.step,
      dt: env.dt,
      ...play(env, (observation) => {
        policy.act(observation, action);
        return action;
      }),
    };
  } finally {
    env.dispose();
  }
}

/**
 * Plays a recorded episode again.
 *
 * @param run a run's folder
 * @param step the training step at which it was recorded
 * @param index which of the episodes recorded there, from 0
 * @throws {UsageError} if there is none
 */
export async function replayEpisode(run: string, step: number, index: number): Promise<Episode> {
  if (!isFolder(run)) {
    throw new UsageError(`Cannot use "${run}": expected a run's folder, where its recorded episodes are`);
  }
  const { videos } = runPaths(run), path = join(videos, stepFileName(step));
  const recorded = await recordedSteps(videos);
  if (!recorded.includes(step)) {
    const list = recorded.length === 0 ? "it has no recordings" : `it has recordings of step ${recorded.join(", ")}`;
    throw new UsageError(`Cannot show step ${step} of "${run}": ${list}`);
  }
  const recording = await readRecording(path), episode = recording.episodes[index];
  if (!episode) {
    throw new UsageError(
      `Cannot show episode ${index} of "${path}": expected 0 to ${recording.episodes.length - 1}`,
    );
  }
  const env = await makeMujocoEnv(recording.env, { maxEpisodeSteps: recording.maxEpisodeSteps });
  try {
    const { initialState, actions } = episode, size = env.actionSize;
    try {
      env.setState(initialState);
    } catch (error) {
      throw new UsageError(`Cannot use "${path}" as a recording: ${(error as Error).message}`, { cause: error });
    }
    const actor: Actor = (_, step) =>
      step < actions.length / size ? actions.subarray(step * size, (step + 1) * size) : undefined;
    return { env: env.id, seed: recording.seed, trainingSteps: recording.step, dt: env.dt, ...play(env, actor) };
  } finally {
    env.dispose();
  }
}

/** Steps to the episode's end, or until the actor has no more actions. */
function play(env: MujocoEnv, actor: Actor): Pick<Episode, "poses" | "episodicReturn"> {
  const pose = () => (env.physics.data.qpos as Float64Array).slice(); // a new view each time: the memory may have grown
  const poses = [pose()];
  let observation = env.observe(), episodicReturn = 0;
  while (true) {
    const action = actor(observation, poses.length - 1);
    if (!action) return { poses, episodicReturn };
    const result = env.step(action);
    observation = result.observation;
    episodicReturn += result.reward;
    poses.push(pose());
    if (result.terminated || result.truncated) return { poses, episodicReturn };
  }
}

/** The training steps of the recordings in a folder, ascending. */
async function recordedSteps(videos: string): Promise<number[]> {
  try {
    const names = await Array.fromAsync(
      Deno.readDir(videos),
      ({ name }) => /^step_(\d+)\.safetensors$/.exec(name)?.[1],
    );
    return names.filter((digits) => digits !== undefined).map(Number).sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
