/** Runs that are quick enough to be broken hundreds of times. */

import type { Config } from "../../src/config.ts";
import { makeFusedLearner } from "../../src/learner/fused/fused_learner.ts";
import type { TrainOptions, TrainSummary } from "../../src/train.ts";
import { readResults, smallConfig, trainPointMass } from "../helpers/runs.ts";

/** 200 steps: two recordings, three checkpoints, eight evaluations. */
export const quickConfig: Config = smallConfig({
  steps: 200,
  learningStarts: 50,
  hidden: 4,
  batchSize: 4,
  bufferSize: 90, // the ring comes round
  evalFreq: 20,
  logFreq: 5,
  videoFreq: 80,
  checkpointFreq: 45,
});

/** Trains on the point mass by the fused engine, without its choice of a tile, which changes no byte. */
export function trainQuickly(options: Partial<TrainOptions> & { directory: string }): Promise<TrainSummary> {
  return trainPointMass({
    config: quickConfig,
    makeLearner: (options) =>
      makeFusedLearner(options, { tile: { number: 0, shape: "4x8", gigaflops: 0 }, threads: 1 }),
    ...options,
  });
}

/** All bytes that a run's settings decide: the logs, the policy, the recordings. */
export function readAll(directory: string): Record<string, string> {
  const videos = Array.from(Deno.readDirSync(`${directory}/videos`), ({ name }) => `videos/${name}`).sort();
  return {
    ...readResults(directory),
    ...Object.fromEntries(videos.map((name) => [name, Deno.readFileSync(`${directory}/${name}`).toHex()])),
  };
}
