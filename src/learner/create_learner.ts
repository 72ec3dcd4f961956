/** The one place that knows which engines there are. An engine's code is loaded only when it is asked for. */

import { UsageError } from "../errors.ts";
import type { Learner, LearnerOptions } from "./learner.ts";

/** Which engine computes the updates, and where. */
export interface EngineOptions {
  /** `fused`: WASM kernels, the fast one; `tfjs`: TensorFlow.js, the reference. */
  readonly engine: "fused" | "tfjs";
  /** Where `tfjs` computes; `auto` is webgpu on a real GPU, else wasm. The fused engine takes `auto` and `wasm`. */
  readonly backend?: "auto" | "webgpu" | "wasm" | "cpu";
  /** Threads of the fused engine, 0 for one per core, at most 8. */
  readonly threads?: number;
}

/**
 * Makes a learner with freshly initialized networks.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { createLearner } from "soft-actor-critic";
 * const learner = await createLearner({
 *   engine: "tfjs", backend: "cpu", observationSize: 3, actionSize: 1, actionLow: [-1], actionHigh: [1], hidden: 16,
 *   batchSize: 8, gamma: 0.99, polyak: 0.995, qLr: 3e-4, policyLr: 3e-4, initialAlpha: 1, logStdBounds: [-20, 2],
 *   policySteps: 2, seed: 1,
 * });
 * assert.equal(learner.updates, 0);
 * learner.dispose();
 * ```
 *
 * @throws {UsageError} if this machine does not have the backend
 */
export async function createLearner(options: LearnerOptions & EngineOptions): Promise<Learner> {
  const { engine, backend = "auto", threads = 0 } = options;
  if (engine === "tfjs") {
    const { createTfjsLearner } = await import("./tfjs.ts");
    return await createTfjsLearner(options, backend);
  }
  if (backend !== "auto" && backend !== "wasm") {
    throw new UsageError(`Cannot use backend ${backend} with engine fused: expected auto or wasm, or engine tfjs`);
  }
  const { createFusedLearner } = await import("./fused/create.ts");
  return await createFusedLearner(options, threads);
}
