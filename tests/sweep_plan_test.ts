import assert from "node:assert/strict";
import { planRuns, readEnvironments, readSeeds, readVariation } from "../src/sweep/plan.ts";

const plan = {
  environments: ["Hopper-v4", "HalfCheetah-v4"],
  variations: [readVariation("q_lr=1e-3,3e-4"), readVariation("hidden=64")],
  seeds: [3, 1],
  settings: { steps: 1000 },
};

Deno.test("seeds are numbers and ranges with both ends", () => {
  assert.deepEqual(readSeeds("1..4"), [1, 2, 3, 4]);
  assert.deepEqual(readSeeds("7"), [7]);
  assert.deepEqual(readSeeds("9,1..3,0"), [9, 1, 2, 3, 0]);
  assert.deepEqual(readSeeds("5..5"), [5]);
});

for (
  const [text, message] of [
    ["5..1", 'Cannot use "5..1" for --seeds: the range is empty; expected the smaller seed first'],
    ["1..3,2", 'Cannot use "1..3,2" for --seeds: 2 is there twice'],
    ["", 'Cannot use "" for --seeds: expected seeds and ranges, as in 1..10 or 1,2,5..9'],
    ["1-10", 'Cannot use "1-10" for --seeds: expected seeds and ranges, as in 1..10 or 1,2,5..9'],
    ["1..", 'Cannot use "1.." for --seeds: expected seeds and ranges, as in 1..10 or 1,2,5..9'],
    ["4294967296", 'Cannot use "4294967296" for --seeds: expected an integer from 0 to 4294967295'],
    ["0..4294967295", "Cannot plan 4294967296 runs: expected at most 100000"],
  ] as const
) {
  Deno.test(`the seeds "${text}" are refused`, () => {
    assert.throws(() => readSeeds(text), { name: "UsageError", message });
  });
}

Deno.test("a setting is varied under each of its spellings, in the order given", () => {
  for (const name of ["q_lr", "q-lr", "qLr"]) {
    assert.deepEqual(readVariation(`${name}=1e-3,3e-4`), { setting: "qLr", values: [1e-3, 3e-4] });
  }
  assert.deepEqual(readVariation("log_std_bounds=-20,2,-5,2"), {
    setting: "logStdBounds",
    values: [[-20, 2], [-5, 2]],
  });
});

for (
  const [text, message] of [
    ["q_lrr=1", /^Cannot use "q_lrr" for --set: there is no such setting; did you mean q_lr\?$/],
    ["batchsize=1", /did you mean batch_size\?$/],
    ["Gama=1", /did you mean gamma\?$/],
    ["zzzzzzzzzzzzzzz=1", /there is no such setting; expected one of env, seed, steps, /],
    ["q_lr", /^Cannot use "q_lr" for --set: expected a setting and its values, as in q_lr=3e-4,1e-3$/],
    ["q_lr=", /^Cannot use "" for --set q_lr: expected a number above 0, at most 1$/],
    ["q_lr=1e-3,abc", /^Cannot use "abc" for --set q_lr: expected a number above 0, at most 1$/],
    ["q_lr=1e-3,0.001", /^Cannot use "1e-3,0.001" for --set q_lr: 0\.001 is there twice$/],
    ["log_std_bounds=-20,2,-5", /^Cannot use "-5" for --set log_std_bounds: expected two numbers/],
    ["seed=1,2", /^Cannot use --set seed: expected --seeds 1\.\.10 instead$/],
    ["env=Hopper-v4", /^Cannot use --set env: expected --env A,B instead$/],
    ["threads=1,2", /^Cannot use --set threads: it changes no result, so that the runs would be the same/],
  ] as const
) {
  Deno.test(`--set ${text} is refused`, () => {
    assert.throws(() => readVariation(text), { name: "UsageError", message });
  });
}

Deno.test("environments are refused when unknown or there twice", () => {
  assert.deepEqual(readEnvironments("Hopper-v4,HalfCheetah-v4"), ["Hopper-v4", "HalfCheetah-v4"]);
  assert.throws(() => readEnvironments("Hopper-v4,Walker2d-v4"), /^UsageError: Cannot use "Walker2d-v4" for --env/);
  assert.throws(() => readEnvironments("Hopper-v4,Hopper-v4"), /Hopper-v4 is there twice/);
});

Deno.test("a plan is every environment with every setting and every seed, the seed changing fastest", () => {
  const runs = planRuns(plan);
  assert.deepEqual(runs.map(({ folder }) => folder), [
    "q_lr=0.001__hidden=64/Hopper-v4__seed_3",
    "q_lr=0.001__hidden=64/Hopper-v4__seed_1",
    "q_lr=0.0003__hidden=64/Hopper-v4__seed_3",
    "q_lr=0.0003__hidden=64/Hopper-v4__seed_1",
    "q_lr=0.001__hidden=64/HalfCheetah-v4__seed_3",
    "q_lr=0.001__hidden=64/HalfCheetah-v4__seed_1",
    "q_lr=0.0003__hidden=64/HalfCheetah-v4__seed_3",
    "q_lr=0.0003__hidden=64/HalfCheetah-v4__seed_1",
  ]);
  assert.deepEqual(runs.map(({ index }) => index), [0, 1, 2, 3, 4, 5, 6, 7]);
  const { config } = runs[6]!;
  assert.deepEqual(
    [config.env, config.seed, config.qLr, config.hidden, config.steps, config.maxEpisodeSteps],
    ["HalfCheetah-v4", 3, 3e-4, 64, 1000, 150],
  );
  assert.deepEqual(planRuns({ ...plan, variations: [] }).map(({ folder }) => folder).slice(0, 2), [
    "Hopper-v4__seed_3",
    "Hopper-v4__seed_1",
  ]);
});

Deno.test("a plan that says a setting twice is refused", () => {
  const twice = [...plan.variations, readVariation("q_lr=0.1")];
  assert.throws(() => planRuns({ ...plan, variations: twice }), {
    message: "Cannot use --set q_lr twice: give its values together, as in q_lr=A,B",
  });
  assert.throws(() => planRuns({ ...plan, settings: { qLr: 0.1 } }), {
    message: "Cannot use --q-lr with --set q_lr: leave one of them out",
  });
});
