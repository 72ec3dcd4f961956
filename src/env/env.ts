/** What the training loop knows of an environment, in the terms of Gymnasium's `Env`. */

import type { RandomStream } from "../random.ts";

/** The outcome of one step. `step` returns the same object every time: copy what has to last. */
export interface StepResult {
  /** What the agent sees after the step, `[observation]`; at an episode's end its true last observation, never the next episode's first. */
  readonly observation: Float64Array;
  /** The step's reward, undiscounted. */
  reward: number;
  /** The task itself ended (a fall): the value of the next state is zero. */
  terminated: boolean;
  /** The step limit cut the episode: the next state still has a value. */
  truncated: boolean;
  /** The reward's parts by name; their sum is `reward`. */
  readonly rewardTerms: Record<string, number>;
}

/** An environment with continuous observations and actions. */
export interface Env {
  /** Its name, for instance `Hopper-v4`. */
  readonly id: string;
  /** Numbers in an observation. */
  readonly observationSize: number;
  /** Numbers in an action. */
  readonly actionSize: number;
  /** The smallest useful action, `[action]`. */
  readonly actionLow: Float64Array;
  /** The largest useful action, `[action]`. */
  readonly actionHigh: Float64Array;
  /** Steps after which an episode is truncated. */
  readonly maxEpisodeSteps: number;
  /** Begins an episode with noise from `random`; returns the first observation, `[observation]`, valid until the next call. */
  reset(random: RandomStream): Float64Array;
  /** Advances one step under `action`, `[action]`. */
  step(action: ArrayLike<number>): StepResult;
  /** A copy of all that decides the future: physics, solver warm start, steps since the reset. */
  getState(): Float64Array;
  /**
   * Goes back to a state from `getState`; stepping on gives the same bytes as it did then.
   *
   * @throws {RangeError} if the length does not fit this environment.
   */
  setState(state: Float64Array): void;
  /** The observation of the present state, `[observation]`, valid until the next call. */
  observe(): Float64Array;
  /** Frees what the garbage collector cannot see. */
  dispose(): void;
}
