/** The check that every engine makes before it touches a batch. */

import type { Batch } from "../replay.ts";
import type { LearnerOptions, UpdateNoise } from "./learner.ts";

/**
 * Checks that the arrays for one update have the lengths that the learner's options give.
 *
 * @throws {RangeError} naming the first that does not fit
 */
export function checkUpdate(options: LearnerOptions, batch: Batch, withPolicy: boolean, noise?: UpdateNoise): void {
  const { batchSize, observationSize, actionSize, policySteps } = options;
  const check = (what: string, data: Float32Array | undefined, width: number) => {
    if (data?.length === batchSize * width) return;
    throw new RangeError(
      `Cannot update with ${data?.length ?? 0} numbers of ${what}: expected ${batchSize} × ${width}`,
    );
  };
  check("observations", batch.observations, observationSize);
  check("actions", batch.actions, actionSize);
  check("rewards", batch.rewards, 1);
  check("next observations", batch.nextObservations, observationSize);
  check("terminated", batch.terminated, 1);
  if (!noise) return;
  check("noise for the next actions", noise.nextAction, actionSize);
  for (let k = 0; withPolicy && k < policySteps; k++) {
    check("noise for the actor", noise.actor[k], actionSize);
    check("noise for the temperature", noise.alpha[k], actionSize);
  }
}
