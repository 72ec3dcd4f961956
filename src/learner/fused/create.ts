/** Makes the fused engine ready for this machine: chooses a tile, checks what the kernels compute, starts the threads. */

import { RandomStream } from "../../random.ts";
import { makeBatch } from "../../replay.ts";
import type { Learner, LearnerOptions } from "../learner.ts";
import { chooseTile } from "./choose_tile.ts";
import { makeFusedLearner } from "./fused_learner.ts";

/** Threads that are taken unasked: with more, an update of the usual sizes has too few units of work for each. */
export const mostThreads = 8;

/**
 * Makes a fused learner.
 *
 * @param threads threads that share each update, this one included; 0 for one per core, at most {@link mostThreads}. Their number changes no bit.
 * @throws {RunError} if the kernels compute wrongly on this machine
 */
export async function createFusedLearner(options: LearnerOptions, threads: number): Promise<Learner> {
  const { number, shape, gigaflops, reproducible, hint } = await chooseTile(givesReferenceBits);
  const count = threads === 0 ? Math.min(navigator.hardwareConcurrency, mostThreads) : threads;
  return await makeFusedLearner(options, {
    tile: { number, shape, gigaflops },
    threads: count,
    details: { threads: count, tile: shape, gigaflops: Math.round(gigaflops), reproducible },
    ...(hint !== undefined && { hint }),
  });
}

/** Hash of the state after the updates of {@link referenceHash}, on any machine with fused multiply-adds; a test derives it anew. */
const REFERENCE_HASH = "8e6d6a28";

/** Some updates of a small learner on random transitions, and a hash of the bits that come out. Sizes that divide nothing. */
export async function referenceHash(tile: number): Promise<string> {
  const options: LearnerOptions = {
    observationSize: 7,
    actionSize: 3,
    actionLow: [-1, -1, -2],
    actionHigh: [1, 1, 3],
    hidden: 37,
    batchSize: 29,
    gamma: 0.99,
    polyak: 0.995,
    qLr: 1e-3,
    policyLr: 1e-3,
    initialAlpha: 1,
    logStdBounds: [-20, 2],
    policySteps: 2,
    seed: 1,
  };
  const learner = await makeFusedLearner(options, { tile: { number: tile, shape: "", gigaflops: 0 }, threads: 1 });
  const random = new RandomStream(1, "reference"), batch = makeBatch(options.batchSize, 7, 3);
  for (const data of [batch.observations, batch.actions, batch.rewards, batch.nextObservations]) {
    random.fillNormal(data);
  }
  for (let i = 0; i < 8; i++) learner.update(batch, i % 2 === 0);
  let hash = 0x811c9dc5; // FNV-1a over 32-bit words
  for (const { data } of Object.values(learner.getState())) {
    for (const word of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ word, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

async function givesReferenceBits(tile: number): Promise<boolean> {
  return await referenceHash(tile) === REFERENCE_HASH;
}
