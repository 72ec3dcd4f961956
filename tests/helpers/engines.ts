/** Every engine and backend: the tests of the learner run over all of them. */

import type { EngineOptions } from "../../src/learner/create_learner.ts";
import type { LearnerOptions } from "../../src/learner/learner.ts";

/** An engine on a backend. */
export interface EngineCase {
  readonly name: string;
  readonly options: EngineOptions;
}

/** A small learner's options, to be changed where a test needs. */
export const smallOptions: LearnerOptions = {
  observationSize: 3,
  actionSize: 2,
  actionLow: [-1, -2],
  actionHigh: [1, 3],
  hidden: 16,
  batchSize: 8,
  gamma: 0.99,
  polyak: 0.995,
  qLr: 1e-3,
  policyLr: 3e-4,
  initialAlpha: 0.5,
  logStdBounds: [-20, 2],
  policySteps: 2,
  seed: 7,
};

/** The variable of the environment that is set in a process for WebGPU alone: tests/webgpu_test.ts starts these. */
export const webgpuVariable = "SAC_TEST_WEBGPU";

/** All that this process tests, the reference first. */
export const engineCases: readonly EngineCase[] = Deno.env.has(webgpuVariable)
  ? [{ name: "tfjs on webgpu", options: { engine: "tfjs", backend: "webgpu" } }]
  : [
    { name: "tfjs on cpu", options: { engine: "tfjs", backend: "cpu" } },
    { name: "tfjs on wasm", options: { engine: "tfjs", backend: "wasm" } },
    { name: "fused with 1 thread", options: { engine: "fused", threads: 1 } },
    { name: "fused with 3 threads", options: { engine: "fused", threads: 3 } },
  ];

/**
 * Registers a test for each engine and backend.
 *
 * The backends keep a device or a memory for the process's life, which the sanitizer would take for a leak.
 */
export function testEngines(name: string, body: (options: EngineOptions) => Promise<void>, cases = engineCases): void {
  for (const { name: engine, options } of cases) {
    Deno.test({
      name: `${name}: ${engine}`,
      sanitizeResources: false,
      sanitizeOps: false,
      fn: () => body(options),
    });
  }
}
