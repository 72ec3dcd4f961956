/** What is particular to the TensorFlow.js engine: its tensors' lifetime, its backends side by side, their choice. */

import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { createLearner } from "../src/learner/create_learner.ts";
import { chooseBackend, findGpuAdapter } from "../src/learner/tfjs_backend.ts";
import { makeBatch } from "../src/replay.ts";
import { UsageError } from "../src/errors.ts";
import { engineCases, smallOptions, testEngines } from "./helpers/engines.ts";

const { batchSize, observationSize, actionSize } = smallOptions;

testEngines("neither an update nor a look at the learner leaves tensors behind", async (engine) => {
  const before = tf.memory();
  const learner = await createLearner({ ...smallOptions, ...engine });
  const batch = makeBatch(batchSize, observationSize, actionSize);
  const { numTensors, numBytes } = tf.memory();
  assert(numTensors > before.numTensors);
  for (let i = 0; i < 6; i++) {
    await learner.update(batch, i % 3 === 0);
    await learner.losses();
    await learner.actorParameters();
    learner.setState(await learner.getState());
    assert.equal(tf.memory().numTensors, numTensors);
    assert.equal(tf.memory().numBytes, numBytes);
  }
  learner.dispose();
  assert.equal(tf.memory().numTensors, before.numTensors);
  assert.equal(tf.memory().numBytes, before.numBytes);
}, engineCases.filter(({ options }) => options.engine === "tfjs"));

Deno.test("learners on two backends do not disturb each other", { sanitizeResources: false }, async () => {
  const make = (backend: "cpu" | "wasm") => createLearner({ ...smallOptions, engine: "tfjs", backend });
  const batch = makeBatch(batchSize, observationSize, actionSize);
  batch.rewards.fill(1);
  const alone = await make("cpu");
  for (let i = 0; i < 3; i++) await alone.update(batch, true);
  const cpu = await make("cpu"), wasm = await make("wasm");
  for (let i = 0; i < 3; i++) {
    await wasm.update(batch, true);
    await cpu.update(batch, true);
  }
  assert.deepEqual([cpu.backend, wasm.backend], ["cpu", "wasm"]);
  assert.deepEqual(await cpu.getState(), await alone.getState());
  for (const learner of [alone, wasm, cpu]) learner.dispose();
});

/** A WebGPU that offers an adapter with this description. */
function fakeGpu(info: { description: string; isFallbackAdapter?: boolean } | null): Pick<GPU, "requestAdapter"> {
  const adapter = info && { info: { vendor: "4318", isFallbackAdapter: false, ...info } };
  return { requestAdapter: () => Promise.resolve(adapter as unknown as GPUAdapter | null) };
}

Deno.test("auto takes webgpu on a real GPU, and wasm elsewhere", async () => {
  const choose = async (info: Parameters<typeof fakeGpu>[0]) =>
    chooseBackend("auto", await findGpuAdapter(fakeGpu(info)));
  assert.equal(await choose({ description: "NVIDIA GeForce RTX 3060" }), "webgpu");
  assert.equal(await choose({ description: "" }), "webgpu");
  assert.equal(await choose({ description: "some renderer", isFallbackAdapter: true }), "wasm");
  assert.equal(await choose({ description: "llvmpipe (LLVM 15.0.6, 256 bits)" }), "wasm");
  assert.equal(await choose({ description: "SwiftShader Device (Subzero)" }), "wasm");
  assert.equal(await choose(null), "wasm");
});

Deno.test("webgpu can be asked for on any adapter, and is refused without one", async () => {
  const software = await findGpuAdapter(fakeGpu({ description: "llvmpipe", isFallbackAdapter: true }));
  assert.equal(chooseBackend("webgpu", software), "webgpu");
  assert.throws(
    () => chooseBackend("webgpu", undefined),
    (error) => error instanceof UsageError && /mesa-vulkan-drivers.*backend wasm/.test(error.message),
  );
  assert.equal(chooseBackend("cpu", undefined), "cpu");
});

Deno.test("the fused engine is refused on a backend that it does not have", async () => {
  await assert.rejects(
    () => createLearner({ ...smallOptions, engine: "fused", backend: "webgpu" }),
    (error) => error instanceof UsageError && /expected auto or wasm/.test(error.message),
  );
});
