import assert from "node:assert/strict";
import { makeEnv } from "../src/env/make_env.ts";
import { evaluatePolicy } from "../src/evaluate.ts";
import { mean, standardDeviation } from "../src/moments.ts";
import { InlineEvaluator, WorkerEvaluator } from "../src/evaluator.ts";
import { initialState } from "../src/learner/parameters.ts";
import { RandomStream } from "../src/random.ts";
import { makePolicy } from "../src/run/policy_file.ts";
import { PointMass } from "./helpers/point_mass.ts";

const env = "Hopper-v4", maxEpisodeSteps = 60;
const options = {
  observationSize: 11,
  actionSize: 3,
  hidden: 16,
  actionLow: [-1, -1, -1],
  actionHigh: [1, 1, 1],
  logStdBounds: [-20, 2] as const,
};
const actorOf = (seed: number) =>
  Object.fromEntries(
    Object.entries(initialState(options, { seed, initialAlpha: 1 })).filter(([name]) => name.startsWith("actor/")),
  );

Deno.test("evaluator: a worker gives what is computed in line, whatever it did before", async () => {
  const inline = new InlineEvaluator(await makeEnv(env, { maxEpisodeSteps }), options);
  const worker = new WorkerEvaluator({ env, maxEpisodeSteps, options });
  const job = (step: number) => ({ seed: 3, step, episodes: 3, recordings: 1 });
  const [first, second] = [actorOf(1), actorOf(2)];
  await worker.evaluate(job(1000), first);
  const there = await worker.evaluate(job(2000), second);
  assert.deepEqual(there, await inline.evaluate(job(2000), second));
  assert.equal(there.returns.length, 3);
  assert.equal(there.recordings.length, 1);
  assert.notDeepEqual(await inline.evaluate(job(2000), first), there);
  inline.dispose();
  worker.dispose();
});

const worker = (code: string) => new URL(`data:application/javascript,${encodeURIComponent(code)}`);

for (
  const [name, module] of [
    ["throws", worker('onmessage = () => { throw new Error("out of order"); };')],
    ["rejects", worker('onmessage = async () => { await 0; throw new Error("out of order"); };')],
    ["cannot be loaded", worker('import "./nowhere.ts";')],
    ["is no program", worker("out of order")],
  ] as const
) {
  Deno.test(`evaluator: a worker that ${name} is an error, not a hang`, async () => {
    const evaluator = new WorkerEvaluator({ env, maxEpisodeSteps, options }, module);
    const job = { seed: 1, step: 0, episodes: 1, recordings: 0 };
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(() => evaluator.evaluate(job, {}), {
        name: "RunError",
        message: /^The evaluation worker died: /,
      });
    }
    evaluator.dispose();
  });
}

Deno.test("evaluate: returns are sums of rewards of deterministic episodes, one initial state after the other", async () => {
  const sizes = { ...options, observationSize: 4, actionSize: 2, actionLow: [-1, -1], actionHigh: [1, 1] };
  const parameters = Object.fromEntries(
    Object.entries(initialState(sizes, { seed: 1, initialAlpha: 1 })).filter(([name]) => name.startsWith("actor/")),
  );
  const policy = await makePolicy({ options: sizes, parameters }), pointMass = new PointMass(7);
  const { returns, lengths } = evaluatePolicy(pointMass, policy, 2, new RandomStream(5, "test"));
  assert.deepEqual(lengths, [7, 7]);
  const random = new RandomStream(5, "test"), action = new Float32Array(2);
  for (const expected of returns) {
    let total = 0, observation = pointMass.reset(random);
    for (let t = 0; t < 7; t++) {
      policy.act(observation, action);
      const result = pointMass.step(action);
      total += result.reward;
      observation = result.observation;
    }
    assert.equal(total, expected);
  }
});

Deno.test("evaluate: mean and population standard deviation", () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9], "population"), 2); // the standard textbook example
  assert.equal(standardDeviation([3], "population"), 0);
});
