/** What training changes from step to step, and how it becomes a checkpoint and comes back. */

import type { Env } from "../env/env.ts";
import type { Learner } from "../learner/learner.ts";
import { RandomStream } from "../random.ts";
import type { ReplayBuffer } from "../replay.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { LogLengths } from "./run_logs.ts";

/** The parts of a run that have a past. */
export interface TrainingState {
  readonly env: Env;
  readonly replay: ReplayBuffer;
  readonly learner: Learner;
  /** One random stream for each purpose, so that none shifts another. */
  readonly random: ReturnType<typeof makeStreams>;
  /** Of the training episode that has begun. */
  episodicReturn: number;
  episodicLength: number;
}

/** The random streams of the training loop; evaluations, initial parameters and the learner's noise have their own. */
export function makeStreams(seed: number) {
  return {
    /** Initial states of training episodes. */
    resets: new RandomStream(seed, "environment resets"),
    /** Random actions, and the noise of the policy's. */
    exploration: new RandomStream(seed, "exploration"),
    /** Which transitions an update sees. */
    batches: new RandomStream(seed, "batches"),
  };
}

/** A checkpoint of the present state; its replay is a view, to be written before the next step. */
export async function takeCheckpoint(state: TrainingState, step: number, logs: LogLengths): Promise<Checkpoint> {
  const { env, replay, learner, random, episodicReturn, episodicLength } = state;
  return {
    step,
    episodicReturn,
    episodicLength,
    random: Object.fromEntries(Object.entries(random).map(([name, stream]) => [name, stream.state])),
    logs,
    replay: replay.state,
    environment: env.getState(),
    learner: await learner.getState(),
  };
}

/**
 * Goes back to a checkpoint.
 *
 * @throws {RangeError} if it does not fit this run's environment, replay or learner
 */
export function restoreCheckpoint(state: TrainingState, checkpoint: Checkpoint): void {
  for (const [name, stream] of Object.entries(state.random)) {
    const saved = checkpoint.random[name];
    if (!saved) throw new RangeError(`Cannot go on from the checkpoint: random stream ${name} is missing`);
    stream.state = saved;
  }
  state.env.setState(checkpoint.environment);
  state.replay.restore(checkpoint.replay);
  state.learner.setState(checkpoint.learner);
  state.episodicReturn = checkpoint.episodicReturn;
  state.episodicLength = checkpoint.episodicLength;
}
