/** Learners to time, on random transitions of Hopper-v4's sizes. */

import { createLearner, type EngineOptions } from "../src/learner/create_learner.ts";
import type { Tile } from "../src/learner/fused/choose_tile.ts";
import { makeFusedLearner } from "../src/learner/fused/fused_learner.ts";
import type { Learner, LearnerOptions } from "../src/learner/learner.ts";
import { RandomStream } from "../src/random.ts";
import { type Batch, makeBatch } from "../src/replay.ts";
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

/** Random transitions. */
export function randomBatch({ batchSize, observationSize, actionSize }: LearnerOptions): Batch {
  const random = new RandomStream(1, "bench"), batch = makeBatch(batchSize, observationSize, actionSize);
  random.fillNormal(batch.observations);
  random.fillNormal(batch.nextObservations);
  random.fillNormal(batch.rewards);
  for (let i = 0; i < batch.actions.length; i++) batch.actions[i] = random.uniform(-1, 1);
  return batch;
}

/** A fused learner with a given tile. */
export function fusedLearner(options: LearnerOptions, tile: Tile, threads: number) {
  return makeFusedLearner(options, { tile, threads });
}

/** A learner as `train` makes it. */
export function anyLearner(options: LearnerOptions, engine: EngineOptions): Promise<Learner> {
  return createLearner({ ...options, ...engine });
}

/** Updates without and with policy steps, as two contenders. */
export function updateContenders(name: string, learner: Learner, options: LearnerOptions, times: number): Contender[] {
  const batch = randomBatch(options);
  return [false, true].map((withPolicy) => ({
    name: `${name}, ${withPolicy ? "with" : "without"} policy`,
    units: times,
    async run() {
      for (let i = 0; i < times; i++) {
        const waiting = learner.update(batch, withPolicy);
        if (waiting) await waiting;
      }
    },
  }));
}
