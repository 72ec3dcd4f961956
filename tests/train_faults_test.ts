import assert from "node:assert/strict";
import { createLearner } from "../src/learner/create_learner.ts";
import type { Learner, LearnerOptions } from "../src/learner/learner.ts";
import { listCheckpoints } from "../src/run/checkpoint.ts";
import { readEvents } from "../src/run/events.ts";
import type { TrainOptions } from "../src/train.ts";
import { PointMass } from "./helpers/point_mass.ts";
import { readResults, smallConfig, trainPointMass, withFolder } from "./helpers/runs.ts";

/** A point mass that gives something else at its n-th step. */
class FaultyPointMass extends PointMass {
  #made = 0;

  constructor(readonly faultAt: number, readonly fault: (result: ReturnType<PointMass["step"]>) => void) {
    super(40);
  }

  override step(action: ArrayLike<number>) {
    const result = super.step(action);
    if (++this.#made === this.faultAt) this.fault(result);
    return result;
  }
}

/** Makes the first environment faulty, which trains; the second evaluates. */
function faultyEnv(fault: (result: ReturnType<PointMass["step"]>) => void): Pick<TrainOptions, "makeEnv"> {
  let isFirst = true;
  return {
    makeEnv: () => {
      const env = isFirst ? new FaultyPointMass(201, fault) : new PointMass(40);
      isFirst = false;
      return Promise.resolve(env);
    },
  };
}

/** The fused engine, changed. */
function changedLearner(change: (learner: Learner) => void): Pick<TrainOptions, "makeLearner"> {
  return {
    makeLearner: async (options: LearnerOptions) => {
      const learner = await createLearner({ ...options, engine: "fused", threads: 1 });
      change(learner);
      return learner;
    },
  };
}

const faults: [string, Partial<TrainOptions>, RegExp][] = [
  ["an observation", faultyEnv(({ observation }) => observation[1] = NaN), /step 200: the observation is NaN/],
  ["an observation beyond float32", faultyEnv(({ observation }) => observation[1] = 1e39), /step 200: the observation/],
  ["a reward", faultyEnv((result) => result.reward = -Infinity), /step 200: the reward is NaN or infinite/],
  [
    "a loss",
    changedLearner((learner) => {
      const losses = learner.losses.bind(learner);
      learner.losses = async () => {
        const right = await losses();
        return learner.updates < 95 ? right : { ...right, q2Loss: NaN };
      };
    }),
    /step 200: q2Loss is NaN/,
  ],
  [
    "a parameter, noticed at the checkpoint",
    changedLearner((learner) => {
      const getState = learner.getState.bind(learner);
      learner.getState = async () => {
        const state = await getState();
        if (learner.updates > 100) state["q1/hidden1/kernel"]!.data[3] = NaN;
        return state;
      };
    }),
    /step 210: learner\/q1\/hidden1\/kernel is NaN/,
  ],
];

for (const [name, options, expected] of faults) {
  Deno.test(`train: a NaN in ${name} stops the run; the checkpoints stay good`, () =>
    withFolder(async (folder) => {
      const directory = `${folder}/run`;
      await assert.rejects(() => trainPointMass({ directory, ...options }), (error: Error) => {
        assert.equal(error.name, "RunError");
        assert.match(error.message, expected);
        return true;
      });
      const { event, message } = readEvents(`${directory}/events.jsonl`).at(-1)!;
      assert.equal(event, "failed");
      assert.match(message as string, expected);
      assert.deepEqual(listCheckpoints(`${directory}/checkpoint`), [140, 70]);
      assert.ok(Deno.statSync(`${directory}/checkpoint/failed.safetensors`).size > 1000);

      // Without the fault the run goes on as if nothing had been.
      await trainPointMass({ directory });
      await trainPointMass({ directory: `${folder}/whole` });
      assert.deepEqual(readResults(directory), readResults(`${folder}/whole`));
    }));
}

Deno.test("train: an error of the environment is passed on and noted", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    const options = faultyEnv(() => {
      throw new TypeError("broken");
    });
    await assert.rejects(() => trainPointMass({ directory, ...options }), { name: "TypeError", message: "broken" });
    assert.equal(readEvents(`${directory}/events.jsonl`).at(-1)!.event, "failed");
    assert.throws(() => Deno.statSync(`${directory}/lock`), Deno.errors.NotFound);
  }));

Deno.test("train: tfjs trains, too, and goes on with the same bytes", () =>
  withFolder(async (folder) => {
    const config = smallConfig({
      engine: "tfjs",
      backend: "cpu",
      steps: 130,
      learningStarts: 100,
      evalFreq: 110,
      checkpointFreq: 115,
    });
    await trainPointMass({ directory: `${folder}/whole`, config });
    const directory = `${folder}/run`;
    await trainPointMass({ directory, config, ...changedTfjs() }).catch(() => {});
    assert.equal(listCheckpoints(`${directory}/checkpoint`)[0], 115);
    await trainPointMass({ directory, config });
    assert.deepEqual(readResults(directory), readResults(`${folder}/whole`));
  }));

/** A tfjs learner that breaks after 25 updates. */
function changedTfjs(): Pick<TrainOptions, "makeLearner"> {
  return {
    makeLearner: async (options) => {
      const learner = await createLearner({ ...options, engine: "tfjs", backend: "cpu" });
      const update = learner.update.bind(learner);
      learner.update = (batch, withPolicy) => {
        if (learner.updates === 25) throw new Error("lost device");
        return update(batch, withPolicy);
      };
      return learner;
    },
  };
}
