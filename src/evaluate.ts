/** Deterministic episodes: how well a policy does, and what they look like. */

import type { Env } from "./env/env.ts";
import type { Policy } from "./policy.ts";
import { RandomStream } from "./random.ts";

/** Undiscounted return and length in steps of each episode. */
export interface EpisodeResults {
  /** Undiscounted return of each episode. */
  readonly returns: number[];
  /** Steps of each episode. */
  readonly lengths: number[];
}

/**
 * Runs episodes with the policy's deterministic action, tanh(mean)·scale + bias.
 *
 * ```ts
 * import { evaluatePolicy, loadPolicy, makeEnv, mean, RandomStream } from "soft-actor-critic";
 * async function meanReturn(path: string) {
 *   const env = await makeEnv("Hopper-v4");
 *   const { returns } = evaluatePolicy(env, await loadPolicy(path), 10, new RandomStream(1, "example"));
 *   env.dispose();
 *   return mean(returns);
 * }
 * ```
 *
 * @param env any environment; its episode, if it is in one, is given up
 * @param random draws the initial states
 */
export function evaluatePolicy(env: Env, policy: Policy, episodes: number, random: RandomStream): EpisodeResults {
  const returns: number[] = [], lengths: number[] = [];
  for (let episode = 0; episode < episodes; episode++) {
    env.reset(random);
    const { rewards } = runEpisode(env, policy);
    returns.push(rewards.reduce((sum, reward) => sum + reward, 0));
    lengths.push(rewards.length);
  }
  return { returns, lengths };
}

/** An episode to show again: set the state, then step with the actions. The physics is deterministic, so that nothing else is needed. */
export interface RecordedEpisode {
  /** `Env.getState()` at the start. */
  readonly initialState: Float64Array;
  /** `[length, action]` */
  readonly actions: Float32Array;
}

/** Records episodes like those of {@link evaluatePolicy}. */
export function recordEpisodes(env: Env, policy: Policy, episodes: number, random: RandomStream): RecordedEpisode[] {
  return Array.from({ length: episodes }, () => {
    env.reset(random);
    const initialState = env.getState();
    return { initialState, actions: Float32Array.from(runEpisode(env, policy).actions) };
  });
}

/** From the present state to the episode's end. */
function runEpisode(env: Env, policy: Policy): { rewards: number[]; actions: number[] } {
  const rewards: number[] = [], actions: number[] = [];
  const action = new Float32Array(env.actionSize);
  let observation = env.observe();
  while (true) {
    policy.act(observation, action);
    const result = env.step(action);
    observation = result.observation;
    rewards.push(result.reward);
    actions.push(...action);
    if (result.terminated || result.truncated) return { rewards, actions };
  }
}

/** What a training run wants to know of its policy at one step. */
export interface EvaluationJob {
  readonly seed: number;
  /** The index of the random streams `evaluation` and `recording`. */
  readonly step: number;
  /** Episodes to evaluate and to record; 0 for none. */
  readonly episodes: number;
  readonly recordings: number;
}

/** What came of an {@link EvaluationJob}. */
export interface EvaluationOutcome extends EpisodeResults {
  readonly recordings: RecordedEpisode[];
}

/** Does a job; its random streams make the outcome the same wherever and whenever it is done. */
export function doEvaluationJob(env: Env, policy: Policy, job: EvaluationJob): EvaluationOutcome {
  const { seed, step } = job;
  return {
    ...evaluatePolicy(env, policy, job.episodes, new RandomStream(seed, "evaluation", step)),
    recordings: recordEpisodes(env, policy, job.recordings, new RandomStream(seed, "recording", step)),
  };
}
