/** Numbers that go wrong within a run. */

import assert from "node:assert/strict";
import { RunError } from "../../src/errors.ts";
import { makeFusedLearner } from "../../src/learner/fused/fused_learner.ts";
import type { LearnerOptions } from "../../src/learner/learner.ts";
import { PointMass } from "../helpers/point_mass.ts";
import { inFolder, isSame, type WholeRun } from "./disk_faults.ts";
import { quickConfig, readAll, trainQuickly } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";

/** A point mass that gives a NaN in an observation at one step. */
class NaNPointMass extends PointMass {
  #made = 0;

  constructor(readonly at: number) {
    super(quickConfig.maxEpisodeSteps);
  }

  override step(action: ArrayLike<number>) {
    const result = super.step(action);
    if (++this.#made === this.at) result.observation[this.at % 4] = NaN;
    return result;
  }
}

/** The fused learner, with a NaN in a loss from one update on. */
async function makeNaNLearner(options: LearnerOptions, at: number) {
  const learner = await makeFusedLearner(options, { tile: { number: 0, shape: "4x8", gigaflops: 0 }, threads: 1 });
  const losses = learner.losses.bind(learner);
  learner.losses = () => learner.updates < at ? losses() : { ...losses(), q1Loss: NaN };
  return learner;
}

/** A NaN in an observation, and one in a loss, at `tries` places each. */
export async function injectNaNs(whole: WholeRun, tries: number): Promise<Row[]> {
  const outcome = "exit code 1, names step and number; goes on from the last checkpoint";
  const rows: Row[] = [];
  for (const what of ["an observation", "a loss"] as const) {
    const tally = new Tally(`NaN in ${what}`, outcome);
    for (let index = 0; index < tries; index++) {
      const at = 60 + Math.floor(130 * index / tries);
      await tally.try(`at step ${at}`, () =>
        inFolder(async (folder) => {
          let isFirst = true; // the environment that trains
          const makeEnv = () => {
            const env = isFirst ? new NaNPointMass(at) : new PointMass(quickConfig.maxEpisodeSteps);
            isFirst = false;
            return Promise.resolve(env);
          };
          const makeLearner = (options: LearnerOptions) => makeNaNLearner(options, at - 50);
          const fault = what === "a loss" ? { makeLearner } : { makeEnv };
          await assert.rejects(() => trainQuickly({ directory: folder, ...fault }), (error: Error) => {
            assert.ok(error instanceof RunError, String(error));
            assert.match(
              error.message,
              /stopped at step \d+: (the observation|q1Loss) is NaN or infinite; the state is saved in/,
            );
            return true;
          });
          await trainQuickly({ directory: folder });
          return isSame(readAll(folder), whole.bytes);
        }));
    }
    rows.push(tally.row);
  }
  return rows;
}
