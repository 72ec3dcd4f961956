import assert from "node:assert/strict";
import {
  actorParameterShapes,
  checkParameters,
  initialState,
  joinCount,
  type ParameterSet,
  splitCount,
  stateShapes,
  trainedShapes,
} from "../src/learner/parameters.ts";

const sizes = { observationSize: 11, actionSize: 3, hidden: 64 };

Deno.test("shapes of the networks: twin critics on observation and action, an actor with two heads", () => {
  const shapes = Object.fromEntries(stateShapes(sizes));
  assert.deepEqual(shapes["q1/hidden1/kernel"], [14, 64]);
  assert.deepEqual(shapes["q2_target/output/kernel"], [64, 1]);
  assert.deepEqual(shapes["actor/mean/kernel"], [64, 3]);
  assert.deepEqual(shapes["actor/log_std/bias"], [3]);
  const count = (list: [string, number[]][]) =>
    list.reduce((total, [, shape]) => total + shape.reduce((product, size) => product * size, 1), 0);
  assert.equal(count(actorParameterShapes(sizes)), 11 * 64 + 64 + 64 * 64 + 64 + 2 * (64 * 3 + 3));
  const critic = 14 * 64 + 64 + 64 * 64 + 64 + 64 + 1;
  assert.equal(count(trainedShapes(sizes)), count(actorParameterShapes(sizes)) + 2 * critic + 1);
  assert.equal(count(stateShapes(sizes)), 3 * count(trainedShapes(sizes)) + 2 * critic + 2 + 2 + 6);
  assert.equal(new Set(stateShapes(sizes).map(([name]) => name)).size, stateShapes(sizes).length);
});

Deno.test("initial weights and biases are uniform in ±1/√fan_in, all else is zero or a copy", () => {
  const state = initialState(sizes, { seed: 3, initialAlpha: 0.2 });
  checkParameters(state, stateShapes(sizes));
  assert.deepEqual(Object.keys(state), stateShapes(sizes).map(([name]) => name));
  for (const [name, shape] of trainedShapes(sizes)) {
    if (name === "log_alpha") continue;
    const fanIn = name.endsWith("kernel") ? shape[0]! : state[name.replace(/bias$/, "kernel")]!.shape[0]!;
    const bound = 1 / Math.sqrt(fanIn), { data } = state[name]!;
    assert(data.every((value) => Math.abs(value) <= bound), name);
    if (data.length < 100) continue;
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    assert(Math.abs(mean) < 4 * bound / Math.sqrt(3 * data.length), `${name}: mean ${mean}`);
    assert(Math.abs(variance / (bound * bound / 3) - 1) < 4 * Math.sqrt(0.8 / data.length), `${name}: ${variance}`);
  }
  for (const [name, { data }] of Object.entries(state)) {
    if (/^(adam_|counts\/|last\/)/.test(name)) assert(data.every((value) => value === 0), name);
    if (/_target\//.test(name)) assert.deepEqual(data, state[name.replace("_target", "")]!.data);
  }
  assert.equal(state["log_alpha"]!.data[0], Math.fround(Math.log(0.2)));
  assert.notDeepEqual(state["q1/hidden2/kernel"]!.data, state["q2/hidden2/kernel"]!.data);
});

Deno.test("the seed alone decides the initial weights", () => {
  const options = { seed: 3, initialAlpha: 1 };
  assert.deepEqual(initialState(sizes, options), initialState(sizes, options));
  assert.notDeepEqual(
    initialState(sizes, options)["actor/mean/kernel"],
    initialState(sizes, { ...options, seed: 4 })["actor/mean/kernel"],
  );
});

Deno.test("counts survive as float32 up to 2^48", () => {
  for (const count of [0, 1, 16777215, 16777216, 16777217, 33554433, 1e9, 2 ** 48 - 1]) {
    assert.equal(joinCount(Float32Array.from(splitCount(count))), count);
  }
});

Deno.test("parameters that do not fit are refused by name", () => {
  const expected = actorParameterShapes(sizes);
  const parameters = (): ParameterSet =>
    Object.fromEntries(
      expected.map((
        [name, shape],
      ) => [name, { shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) }]),
    );
  checkParameters(parameters(), expected);
  const refused = (change: (set: ParameterSet) => void, message: RegExp) => {
    const set = parameters();
    change(set);
    assert.throws(
      () => checkParameters(set, expected),
      (error) => error instanceof RangeError && message.test(error.message),
    );
  };
  refused((set) => delete set["actor/hidden2/bias"], /actor\/hidden2\/bias is missing/);
  refused((set) => set["extra"] = { shape: [1], data: new Float32Array(1) }, /extra is unknown/);
  refused(
    (set) => set["actor/mean/kernel"] = { shape: [3, 64], data: new Float32Array(192) },
    /actor\/mean\/kernel has shape \[3,64\], expected \[64,3\]/,
  );
  refused((set) => set["actor/mean/bias"] = { shape: [3], data: new Float32Array(2) }, /actor\/mean\/bias/);
  refused((set) => set["actor/mean/bias"]!.data[1] = Infinity, /actor\/mean\/bias holds a number that is not finite/);
});
