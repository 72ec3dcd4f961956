import assert from "node:assert/strict";
import { initialState } from "../src/learner/parameters.ts";
import {
  decodePolicyFile,
  loadPolicy,
  makePolicy,
  type PolicyFile,
  readPolicyFile,
  writePolicyFile,
} from "../src/run/policy_file.ts";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "../src/run/safetensors.ts";
import { withFolder } from "./helpers/runs.ts";

const options = {
  observationSize: 3,
  actionSize: 2,
  hidden: 5,
  actionLow: [-1, -0.3],
  actionHigh: [1, 0.7],
  logStdBounds: [-20, 2] as const,
};
const parameters = Object.fromEntries(
  Object.entries(initialState(options, { seed: 3, initialAlpha: 1 })).filter(([name]) => name.startsWith("actor/")),
);
const file: PolicyFile = { options, parameters, env: "PointMass", maxEpisodeSteps: 40, seed: 3, step: 1000 };

Deno.test("policy file: names, shapes and order of numbers are PyTorch's", () =>
  withFolder((folder) => {
    writePolicyFile(`${folder}/policy.safetensors`, file);
    const { metadata, tensors } = decodeSafetensors(Deno.readFileSync(`${folder}/policy.safetensors`), "x");
    const shapes = Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    assert.deepEqual(shapes, {
      "trunk.0.weight": [5, 3],
      "trunk.0.bias": [5],
      "trunk.2.weight": [5, 5],
      "trunk.2.bias": [5],
      "mean.weight": [2, 5],
      "mean.bias": [2],
      "log_std.weight": [2, 5],
      "log_std.bias": [2],
      action_scale: [2],
      action_bias: [2],
    });
    const kernel = parameters["actor/hidden1/kernel"]!.data; // [in, out]
    for (let out = 0; out < 5; out++) {
      for (let input = 0; input < 3; input++) {
        assert.equal(tensors["trunk.0.weight"]!.data[out * 3 + input], kernel[input * 5 + out]);
      }
    }
    assert.deepEqual(tensors["action_scale"]!.data, Float32Array.of(1, 0.5));
    assert.deepEqual([...tensors["action_bias"]!.data], [0, Math.fround(0.2)]);
    assert.equal(metadata["log_std_bounds"], "[-20,2]");
  }));

Deno.test("policy file: what is written reads back and acts the same", () =>
  withFolder(async (folder) => {
    const path = `${folder}/policy.safetensors`;
    writePolicyFile(path, file);
    assert.deepEqual(await readPolicyFile(path), file);
    const [before, after] = [await makePolicy(file), await loadPolicy(path)];
    const observation = [0.1, -0.2, 0.3], noise = [0.5, -1.5];
    const [a, b] = [new Float32Array(2), new Float32Array(2)];
    before.act(observation, a, noise);
    after.act(observation, b, noise);
    assert.deepEqual(a, b);
  }));

/** The file with something changed. */
function changed(change: (content: { metadata: Record<string, string>; tensors: Record<string, unknown> }) => void) {
  const folder = Deno.makeTempDirSync();
  writePolicyFile(`${folder}/p`, file);
  const content = decodeSafetensors(Deno.readFileSync(`${folder}/p`), "p");
  Deno.removeSync(folder, { recursive: true });
  change(content as never);
  return Uint8Array.from(encodeSafetensors(content as Safetensors).flatMap((piece) => [...piece]));
}

const vector = (...numbers: number[]) => ({ shape: [numbers.length], data: Float32Array.from(numbers) });

const faults: [string, Parameters<typeof changed>[0], RegExp][] = [
  ["another format", ({ metadata }) => metadata["format"] = "pt", /format is "pt"/],
  ["a missing layer", ({ tensors }) => delete tensors["mean.weight"], /mean\.weight is not a float32 matrix/],
  ["a missing bias", ({ tensors }) => delete tensors["trunk.2.bias"], /trunk\.2\.bias is not a float32 vector/],
  ["layers that do not fit", ({ tensors }) => tensors["trunk.2.bias"] = vector(1, 2), /hidden2\/bias has shape \[2\]/],
  ["a NaN", ({ tensors }) => tensors["mean.bias"] = vector(NaN, 1), /mean\/bias holds a number that is not finite/],
  ["bounds turned round", ({ metadata }) => metadata["action_low"] = "[1,1]", /not the bounds of 2 numbers/],
  ["no bounds", ({ metadata }) => metadata["action_high"] = "[1", /action_high in its metadata is not a list/],
  ["wrong log-std bounds", ({ metadata }) => metadata["log_std_bounds"] = "[2,-20]", /log_std_bounds/],
  ["no seed", ({ metadata }) => delete metadata["seed"], /seed in its metadata is not an integer/],
];

for (const [name, change, expected] of faults) {
  Deno.test(`policy file: ${name} is refused`, () => {
    assert.throws(() => decodePolicyFile(changed(change), "p"), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.match(error.message, expected);
      return true;
    });
  });
}

Deno.test("policy file: one that is not there is named", async () => {
  await assert.rejects(() => loadPolicy("/no/policy"), {
    name: "UsageError",
    message: /the policy "\/no\/policy": No such/,
  });
});
