/** Learners to time, on transitions of Hopper-v4: what ReLU switches off, and so what an update can leave out, depends on them. */

import { makeEnv } from "../src/env/make_env.ts";
import { createLearner, type EngineOptions } from "../src/learner/create_learner.ts";
import type { Tile } from "../src/learner/fused/choose_tile.ts";
import { makeFusedLearner } from "../src/learner/fused/fused_learner.ts";
import type { Learner, LearnerOptions } from "../src/learner/learner.ts";
import { RandomStream } from "../src/random.ts";
import { type Batch, makeBatch, ReplayBuffer } from "../src/replay.ts";
import type { Contender } from "./measure.ts";

/** The original's settings on Hopper-v4. */
export const hopperOptions: LearnerOptions = {
  observationSize: 11,
  actionSize: 3,
  actionLow: [-1, -1, -1],
  actionHigh: [1, 1, 1],
  hidden: 256,
  batchSize: 256,
  gamma: 0.99,
  polyak: 0.995,
  qLr: 3e-4,
  policyLr: 3e-4,
  initialAlpha: 1,
  logStdBounds: [-20, 2],
  policySteps: 2,
  seed: 1,
};

/** 2000 transitions of Hopper-v4 under uniform random actions. */
async function collectTransitions(): Promise<ReplayBuffer> {
  const env = await makeEnv("Hopper-v4"), random = new RandomStream(1, "bench"), steps = 2000;
  const replay = new ReplayBuffer(steps, env.observationSize, env.actionSize),
    action = new Float64Array(env.actionSize);
  let observation = env.reset(random).slice();
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < action.length; i++) action[i] = random.uniform(env.actionLow[i], env.actionHigh[i]);
    const { observation: next, reward, terminated, truncated } = env.step(action);
    replay.add(observation, action, reward, next, terminated);
    observation = (terminated || truncated ? env.reset(random) : next).slice();
  }
  env.dispose();
  return replay;
}

let transitions: Promise<ReplayBuffer> | undefined;

/** A few batches of the same transitions in every learner's size. */
async function sampleBatches({ batchSize, observationSize, actionSize }: LearnerOptions): Promise<Batch[]> {
  const replay = await (transitions ??= collectTransitions()), random = new RandomStream(1, "bench batches");
  return Array.from({ length: 8 }, () => {
    const batch = makeBatch(batchSize, observationSize, actionSize);
    replay.sample(random, batch);
    return batch;
  });
}

/** A learner with what it learns from. */
export interface TimedLearner<L extends Learner = Learner> {
  readonly learner: L;
  readonly options: LearnerOptions;
  readonly batches: readonly Batch[];
}

/** A fused learner with a given tile, after some updates. */
export async function fusedLearner(options: LearnerOptions, tile: Tile, threads: number, warmUp: number) {
  const timed = {
    learner: await makeFusedLearner(options, { tile, threads }),
    options,
    batches: await sampleBatches(options),
  };
  await makeUpdates(timed, warmUp, true);
  return timed;
}

/** A learner as `train` makes it, after some updates. */
export async function anyLearner(
  options: LearnerOptions,
  engine: EngineOptions,
  warmUp: number,
): Promise<TimedLearner> {
  const timed = {
    learner: await createLearner({ ...options, ...engine }),
    options,
    batches: await sampleBatches(options),
  };
  await makeUpdates(timed, warmUp, true);
  return timed;
}

async function makeUpdates({ learner, batches }: TimedLearner, times: number, withPolicy: boolean): Promise<void> {
  for (let i = 0; i < times; i++) {
    const waiting = learner.update(batches[i % batches.length]!, withPolicy);
    if (waiting) await waiting;
  }
}

/** Updates without and with policy steps, as two contenders. */
export function updateContenders(name: string, timed: TimedLearner, times: number): Contender[] {
  return [false, true].map((withPolicy) => ({
    name: `${name}, ${withPolicy ? "with" : "without"} policy`,
    units: times,
    run: () => makeUpdates(timed, times, withPolicy),
  }));
}
