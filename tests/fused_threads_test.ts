/** The fused engine's promise of the same bytes, whatever threads, tile and V8 flags; and what happens when a thread dies. */

import assert from "node:assert/strict";
import { RunError } from "../src/errors.ts";
import { v8Flags } from "../src/learner/fused/v8_flags.ts";
import { referenceHash } from "../src/learner/fused/create.ts";
import { makeFusedLearner } from "../src/learner/fused/fused_learner.ts";
import { compileKernels, instantiateKernels, makeMemory, reserveMemory } from "../src/learner/fused/kernels.ts";
import { tileShapes } from "../src/learner/fused/product_source.ts";
import { startThreads } from "../src/learner/fused/threads.ts";
import type { LearnerOptions } from "../src/learner/learner.ts";
import type { ParameterSet } from "../src/learner/parameters.ts";
import { RandomStream } from "../src/random.ts";
import { makeBatch } from "../src/replay.ts";

/** Sizes that divide nothing, and wide ones that take several panels everywhere. */
const sizes: Partial<LearnerOptions>[] = [
  { observationSize: 1, actionSize: 1, hidden: 1, batchSize: 1, policySteps: 1 },
  { observationSize: 5, actionSize: 3, hidden: 33, batchSize: 7, policySteps: 3 },
  { observationSize: 40, actionSize: 19, hidden: 70, batchSize: 50, policySteps: 2 },
];

function optionsOf(change: Partial<LearnerOptions>): LearnerOptions {
  const actionSize = change.actionSize ?? 1;
  return {
    observationSize: 2,
    actionSize,
    actionLow: Array(actionSize).fill(-1),
    actionHigh: Array(actionSize).fill(2),
    hidden: 8,
    batchSize: 4,
    gamma: 0.99,
    polyak: 0.995,
    qLr: 1e-3,
    policyLr: 1e-3,
    initialAlpha: 1,
    logStdBounds: [-20, 2],
    policySteps: 2,
    seed: 3,
    ...change,
  };
}

async function stateAfterUpdates(options: LearnerOptions, threads: number, tile: number): Promise<ParameterSet> {
  const learner = await makeFusedLearner(options, { tile: { number: tile, shape: "", gigaflops: 0 }, threads });
  try {
    const random = new RandomStream(1, "batches");
    const batch = makeBatch(options.batchSize, options.observationSize, options.actionSize);
    for (let i = 0; i < 12; i++) {
      for (const data of [batch.observations, batch.actions, batch.rewards, batch.nextObservations]) {
        random.fillNormal(data);
      }
      learner.update(batch, i % 2 === 0);
    }
    return learner.getState();
  } finally {
    learner.dispose();
  }
}

for (const size of sizes) {
  const { observationSize, actionSize, hidden, batchSize } = size;
  Deno.test(`same bytes for every number of threads and every tile: ${observationSize} → ${actionSize}, ${hidden}, batch ${batchSize}`, async () => {
    const options = optionsOf(size), expected = await stateAfterUpdates(options, 1, 0);
    for (const { data } of Object.values(expected)) assert.ok(data.every(Number.isFinite));
    for (const threads of [2, 3]) {
      assert.deepEqual(await stateAfterUpdates(options, threads, 0), expected, `${threads} threads`);
    }
    for (let tile = 1; tile < tileShapes.length; tile++) {
      assert.deepEqual(await stateAfterUpdates(options, 1, tile), expected, `tile ${tileShapes[tile]}`);
    }
  });
}

/** The hashes of {@link referenceHash} over all tiles in a process of its own: one, if all is well. */
async function hashWithFlags(...flags: string[]): Promise<string> {
  const program = `import { referenceHash } from ${
    JSON.stringify(new URL("../src/learner/fused/create.ts", import.meta.url).href)
  };
    const hashes = new Set();
    for (let i = 0; i < 40; i++) hashes.add(await referenceHash(i % ${tileShapes.length})); // long enough for V8 to optimize
    console.log([...hashes].join());`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-lock", "--allow-read", ...flags, "data:application/typescript," + encodeURIComponent(program)],
    cwd: new URL("..", import.meta.url),
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("same bytes with and without V8's flags, and the ones that are checked at start", async () => {
  const here = await referenceHash(0);
  assert.equal(await hashWithFlags(), here);
  assert.equal(await hashWithFlags(v8Flags), here);
});

Deno.test("a thread that dies ends the update with an error", async () => {
  const module = await compileKernels(), memory = makeMemory(), kernels = instantiateKernels(module, memory);
  const sizes = [3, 1, 64, 64, 2] as const, base = kernels.configure(...sizes);
  reserveMemory(memory, base + kernels.threadBytes(2));
  kernels.setThread(0, 2, base);
  // Counters outside the memory: the helper traps in its first phase.
  const threads = await startThreads({ module, memory, sizes, base: 2 ** 31, tile: 2, threads: 2 });
  try {
    await assert.rejects(async () => {
      for (let i = 0; i < 10_000; i++) {
        threads.update(kernels);
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
      }
    }, RunError);
  } finally {
    threads.stop();
  }
});
