/** What every engine promises, whatever it computes with. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createLearner, type EngineOptions } from "../src/learner/create_learner.ts";
import type { Learner, LearnerOptions, UpdateNoise } from "../src/learner/learner.ts";
import { actorParameterShapes, initialState, type ParameterSet, stateShapes } from "../src/learner/parameters.ts";
import { RandomStream } from "../src/random.ts";
import { type Batch, makeBatch } from "../src/replay.ts";
import { engineCases, smallOptions, testEngines } from "./helpers/engines.ts";

function randomBatch(index: number, size = smallOptions.batchSize): Batch {
  const random = new RandomStream(99, "batch", index);
  const batch = makeBatch(size, smallOptions.observationSize, smallOptions.actionSize);
  for (const data of [batch.observations, batch.actions, batch.rewards, batch.nextObservations]) {
    random.fillNormal(data);
  }
  for (let i = 0; i < size; i++) batch.terminated[i] = random.integer(4) === 0 ? 1 : 0;
  return batch;
}

/** Updates number `from` to `to`, as a run makes them: the policy learns at every second one. */
async function train(learner: Learner, from: number, to: number) {
  for (let i = from; i < to; i++) await learner.update(randomBatch(i), i % 2 === 0);
}

async function withLearner(
  engine: EngineOptions,
  body: (learner: Learner) => Promise<void>,
  change: Partial<LearnerOptions> = {},
) {
  const learner = await createLearner({ ...smallOptions, ...change, ...engine });
  try {
    await body(learner);
  } finally {
    learner.dispose();
  }
}

/** Copies, because a state may be a view of what changes. */
const copyOf = async (state: ParameterSet | Promise<ParameterSet>) => structuredClone(await state);

testEngines("begins with the shared initial state", (engine) =>
  withLearner(engine, async (learner) => {
    const state = await learner.getState();
    assert.deepEqual(Object.entries(state).map(([name, { shape }]) => [name, shape]), stateShapes(smallOptions));
    assert.deepEqual(state, initialState(smallOptions, smallOptions));
    assert.equal(learner.updates, 0);
  }));

testEngines("goes on from a state as the learner that gave it", (engine) =>
  withLearner(engine, async (first) => {
    await train(first, 0, 5);
    const state = await copyOf(first.getState());
    await withLearner(engine, async (second) => {
      await train(second, 20, 23); // so that all of its own state has to give way
      second.setState(state);
      assert.equal(second.updates, 5);
      assert.deepEqual(await second.getState(), state);
      assert.deepEqual(await second.losses(), await first.losses());
      state["q1/hidden1/kernel"]!.data.fill(NaN); // the learner must not have kept the arrays
      await train(first, 5, 9);
      await train(second, 5, 9);
      assert.deepEqual(await second.getState(), await first.getState());
      assert.deepEqual(await second.losses(), await first.losses());
    });
  }));

testEngines(
  "draws its noise from the stream of its seed and update",
  (engine) =>
    withLearner(engine, (drawing) =>
      withLearner(engine, async (injected) => {
        for (let i = 0; i < 3; i++) {
          const random = new RandomStream(smallOptions.seed, "policy noise", i);
          const draw = () => {
            const noise = new Float32Array(smallOptions.batchSize * smallOptions.actionSize);
            random.fillNormal(noise);
            return noise;
          };
          const noise = { nextAction: draw(), actor: [] as Float32Array[], alpha: [] as Float32Array[] };
          for (let k = 0; i % 2 === 0 && k < smallOptions.policySteps; k++) {
            noise.actor.push(draw());
            noise.alpha.push(draw());
          }
          await drawing.update(randomBatch(i), i % 2 === 0);
          await injected.update(randomBatch(i), i % 2 === 0, noise);
        }
        assert.deepEqual(await injected.getState(), await drawing.getState());
      })),
);

testEngines(
  "an update without the policy leaves actor and temperature alone",
  (engine) =>
    withLearner(engine, async (learner) => {
      await train(learner, 0, 2);
      const before = await copyOf(learner.getState());
      await learner.update(randomBatch(2), false);
      const after = await learner.getState();
      for (const [name, { data }] of Object.entries(before)) {
        const same = /(^|\/)(actor\/|log_alpha|policy_steps)/.test(name);
        assert.equal(Buffer.compare(bytes(data), bytes(after[name]!.data)) === 0, same, name);
      }
      assert.equal(learner.updates, 3);
    }),
);

testEngines("reports the temperature after the update", (engine) =>
  withLearner(engine, async (learner) => {
    await train(learner, 0, 3);
    const logAlpha = (await learner.getState())["log_alpha"]!.data[0]!, { alpha } = await learner.losses();
    assert(logAlpha !== Math.fround(Math.log(smallOptions.initialAlpha)));
    assert(Math.abs(alpha - Math.exp(logAlpha)) < 1e-6 * alpha, `${alpha} against exp(${logAlpha})`);
  }));

testEngines(
  "gives the actor's parameters, into the same arrays again",
  (engine) =>
    withLearner(engine, async (learner) => {
      const parameters = await learner.actorParameters();
      assert.deepEqual(
        Object.entries(parameters).map(([name, { shape }]) => [name, shape]),
        actorParameterShapes(smallOptions),
      );
      const before = await copyOf(parameters), arrays = Object.values(parameters).map(({ data }) => data);
      await train(learner, 0, 1);
      assert.equal(await learner.actorParameters(parameters), parameters);
      Object.values(parameters).forEach(({ data }, i) => assert.equal(data, arrays[i]));
      assert.notDeepEqual(parameters, before);
      const state = await learner.getState();
      for (const name of Object.keys(parameters)) assert.deepEqual(parameters[name], state[name]);
    }),
);

testEngines(
  "refuses a batch or noise that does not fit, and stays as it was",
  (engine) =>
    withLearner(engine, async (learner) => {
      await train(learner, 0, 1);
      const before = await copyOf(learner.getState());
      const noise = (length: number): UpdateNoise => ({ nextAction: new Float32Array(length), actor: [], alpha: [] });
      const full = smallOptions.batchSize * smallOptions.actionSize;
      const wide = makeBatch(smallOptions.batchSize, smallOptions.observationSize + 1, smallOptions.actionSize);
      for (
        const attempt of [
          () => learner.update(randomBatch(0, smallOptions.batchSize - 1), true),
          () => learner.update(randomBatch(0, smallOptions.batchSize + 1), false),
          () => learner.update(wide, false),
          () => learner.update(randomBatch(0), false, noise(full - 1)),
          () => learner.update(randomBatch(0), true, noise(full)), // none for the policy steps
        ]
      ) {
        await assert.rejects(async () => await attempt(), RangeError);
      }
      assert.deepEqual(await learner.getState(), before);
      assert.equal(learner.updates, 1);
    }),
);

testEngines(
  "refuses a state that does not fit, and stays as it was",
  (engine) =>
    withLearner(engine, async (learner) => {
      await train(learner, 0, 1);
      const before = await copyOf(learner.getState());
      const { log_alpha: _, ...incomplete } = before;
      const wider = initialState({ ...smallOptions, hidden: 17 }, smallOptions);
      const notFinite = structuredClone(before);
      notFinite["adam_v/q2/output/bias"]!.data[0] = NaN;
      for (const state of [{}, incomplete, wider, notFinite, { ...before, extra: before["log_alpha"]! }]) {
        assert.throws(() => learner.setState(state), RangeError);
      }
      assert.deepEqual(await learner.getState(), before);
    }),
);

testEngines("makes as many policy steps as it is told", async (engine) => {
  for (const policySteps of [1, 3]) {
    await withLearner(engine, async (learner) => {
      await train(learner, 0, 3); // two of them with policy
      assert.deepEqual([...(await learner.getState())["counts/policy_steps"]!.data], [0, 2 * policySteps]);
    }, { policySteps });
  }
});

testEngines("log π is exact where tanh is saturated", (engine) =>
  withLearner(engine, async (learner) => {
    const state = await copyOf(learner.getState());
    for (const [name, { data }] of Object.entries(state)) if (name.startsWith("actor/")) data.fill(0);
    state["actor/mean/bias"]!.data.fill(20); // tanh(20) is 1 in float32; tanh(0) of the log-std head gives the middle, -9
    learner.setState(state);
    const zeros = new Float32Array(smallOptions.batchSize * smallOptions.actionSize);
    await learner.update(randomBatch(0), true, { nextAction: zeros, actor: [zeros], alpha: [zeros] });
    const logProbability = smallOptions.actionSize * (9 - Math.log(2 * Math.PI) / 2 - Math.log(1e-6));
    const expected = -Math.log(smallOptions.initialAlpha) * (logProbability - smallOptions.actionSize);
    const { alphaLoss } = await learner.losses();
    assert(Math.abs(alphaLoss / expected - 1) < 1e-5, `${alphaLoss}, expected ${expected}`);
  }, { policySteps: 1, policyLr: 1e-12 }));

const oddSizes = { hidden: 37, batchSize: 19 };

testEngines("agrees with the reference at odd sizes, with noise of its own", (engine) =>
  withLearner(
    { engine: "tfjs", backend: "cpu" },
    (reference) =>
      withLearner(engine, async (learner) => {
        for (let i = 0; i < 6; i++) {
          const batch = randomBatch(i, oddSizes.batchSize);
          await reference.update(batch, i % 2 === 0);
          await learner.update(batch, i % 2 === 0);
        }
        const expected = await reference.getState(), actual = await learner.getState();
        for (const [name, { data }] of Object.entries(expected)) {
          data.forEach((value, i) => {
            const found = actual[name]!.data[i]!, tolerance = 1e-4 * Math.max(1, Math.abs(value));
            assert(Math.abs(found - value) <= tolerance, `${name}[${i}] is ${found}, expected ${value}`);
          });
        }
      }, oddSizes),
    oddSizes,
  ), engineCases.filter(({ options }) => options.backend !== "cpu"));

Deno.test("the number of threads changes no bit", async () => {
  const states: ParameterSet[] = [];
  for (const threads of [1, 2, 3]) {
    await withLearner({ engine: "fused", threads }, async (learner) => {
      for (let i = 0; i < 4; i++) await learner.update(randomBatch(i, 50), i % 2 === 0);
      states.push(await copyOf(learner.getState()));
    }, { hidden: 40, batchSize: 50 });
  }
  assert.deepEqual(states[1], states[0]);
  assert.deepEqual(states[2], states[0]);
});

function bytes(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
