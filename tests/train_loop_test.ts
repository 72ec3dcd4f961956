import assert from "node:assert/strict";
import { mean } from "../src/moments.ts";
import type { Learner, LearnerOptions } from "../src/learner/learner.ts";
import { createLearner } from "../src/learner/create_learner.ts";
import type { Progress } from "../src/train.ts";
import type { Batch } from "../src/replay.ts";
import { readEvents } from "../src/run/events.ts";
import { readPolicyFile } from "../src/run/policy_file.ts";
import { readRecording } from "../src/run/recording.ts";
import { readResults, smallConfig, trainPointMass, withFolder } from "./helpers/runs.ts";
import { PointMass } from "./helpers/point_mass.ts";

const rows = (path: string): number[][] =>
  Deno.readTextFileSync(path).trim().split("\n").slice(1).map((line) => line.split(",").map(Number));

/** The fused engine, with its updates told. */
function watchedLearner(onUpdate: (batch: Batch, withPolicy: boolean) => void) {
  return async (options: LearnerOptions): Promise<Learner> => {
    const learner = await createLearner({ ...options, engine: "fused", threads: 1 });
    const update = learner.update.bind(learner);
    learner.update = (batch, withPolicy) => {
      onUpdate(batch, withPolicy);
      return update(batch, withPolicy);
    };
    return learner;
  };
}

Deno.test("train: steps, updates, rows and files are the protocol's", () =>
  withFolder(async (folder) => {
    const updates: boolean[] = [], options: LearnerOptions[] = [];
    const summary = await trainPointMass({
      directory: `${folder}/run`,
      makeLearner: (given) => {
        options.push(given);
        return watchedLearner((_, withPolicy) => updates.push(withPolicy))(given);
      },
    });
    assert.equal(summary.status, "finished");
    assert.equal(options[0]!.policySteps, 2);
    // 400 steps, an update at each step > 100: 299, the first (at 101) of the critics alone.
    assert.equal(updates.length, 299);
    assert.deepEqual(updates.slice(0, 4), [false, true, false, true]);

    const directory = `${folder}/run`;
    assert.deepEqual(rows(`${directory}/eval.csv`).map(([step]) => step), [150, 200, 250, 300, 350]);
    assert.deepEqual(
      rows(`${directory}/losses.csv`).map(([step]) => step),
      Array.from({ length: 29 }, (_, i) => 110 + 10 * i),
    );
    for (const [, , , q, q1, q2] of rows(`${directory}/losses.csv`)) {
      assert.ok(Math.abs((q1! + q2!) / 2 - q!) < 1e-6 * q!);
    }
    const episodes = rows(`${directory}/train.csv`);
    let end = -1;
    for (const [step, , length] of episodes) assert.equal(step, end += length!);
    assert.ok(end < 400 && end >= 400 - 40);

    const names = Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
    assert.deepEqual(names, [
      "config.json",
      "eval.csv",
      "events.jsonl",
      "losses.csv",
      "policy.safetensors",
      "train.csv",
      "videos",
    ]);
    const policy = await readPolicyFile(`${directory}/policy.safetensors`);
    assert.deepEqual([policy.env, policy.step, policy.seed, policy.maxEpisodeSteps], ["PointMass", 400, 1, 40]);

    const events = readEvents(`${directory}/events.jsonl`);
    assert.deepEqual(
      events.filter(({ event }) => event !== "evaluation").map(({ event, step }) => `${event} ${step}`),
      [
        "started 0",
        "checkpoint 70",
        "checkpoint 140",
        "checkpoint 210",
        "checkpoint 280",
        "checkpoint 350",
        "finished 400",
      ],
    );
    for (const { event, stepsPerSecond } of events) {
      if (event === "evaluation" || event === "finished") assert.ok(stepsPerSecond as number > 0);
    }
    assert.ok(events.at(-1)!["updatesPerSecond"] as number > 0);
  }));

Deno.test("train: the buffer holds true last observations, and terminated apart from truncated", () =>
  withFolder(async (folder) => {
    // Episodes of 5 steps that are all cut by the limit: no batch may hold a terminal transition, or jump to a reset.
    let transitions = 0;
    await trainPointMass({
      directory: folder + "/run",
      config: smallConfig({ maxEpisodeSteps: 5, steps: 150 }),
      makeLearner: watchedLearner(({ size, observations, nextObservations, terminated }) => {
        for (let i = 0; i < size; i++, transitions++) {
          assert.equal(terminated[i], 0);
          for (const axis of [0, 1]) {
            const moved = nextObservations[4 * i + axis]! - observations[4 * i + axis]!;
            assert.ok(Math.abs(moved - 0.2 * nextObservations[4 * i + 2 + axis]!) < 1e-6);
          }
        }
      }),
    });
    assert.equal(transitions, 49 * 8);
  }));

Deno.test("train: same config and seed, same bytes; another seed, others", () =>
  withFolder(async (folder) => {
    for (const [name, seed] of [["a", 1], ["b", 1], ["c", 2]] as const) {
      await trainPointMass({ directory: `${folder}/${name}`, config: smallConfig({ seed }) });
    }
    const [a, b, c] = ["a", "b", "c"].map((name) => readResults(`${folder}/${name}`));
    assert.deepEqual(a, b);
    for (const name of Object.keys(a!)) assert.notEqual(a![name], c![name], name);
  }));

Deno.test("train: evaluating, recording and checkpoints do not shift training", () =>
  withFolder(async (folder) => {
    await trainPointMass({ directory: `${folder}/a` });
    const config = smallConfig({ evalFreq: 37, evalEpisodes: 5, videoFreq: 0, checkpointFreq: 0 });
    await trainPointMass({ directory: `${folder}/b`, config });
    const [a, b] = [readResults(`${folder}/a`), readResults(`${folder}/b`)];
    for (const name of ["train.csv", "losses.csv", "policy.safetensors"]) assert.equal(a[name], b[name], name);
  }));

Deno.test("train: a recording gives the evaluated policy's episodes again", () =>
  withFolder(async (folder) => {
    await trainPointMass({ directory: `${folder}/run` });
    const { episodes, step, env } = await readRecording(`${folder}/run/videos/step_000000300.safetensors`);
    assert.deepEqual([env, step, episodes.length], ["PointMass", 300, 3]);
    const pointMass = new PointMass(40);
    for (const { initialState, actions } of episodes) {
      pointMass.setState(initialState);
      const length = actions.length / 2;
      for (let t = 0; t < length; t++) {
        const { terminated, truncated } = pointMass.step(actions.subarray(2 * t, 2 * t + 2));
        assert.equal(terminated || truncated, t === length - 1);
      }
    }
    assert.notDeepEqual(episodes[0]!.initialState, episodes[1]!.initialState);
  }));

Deno.test("train: progress is told after every 1000th step and at the end", () =>
  withFolder(async (folder) => {
    const told: Progress[] = [];
    const config = smallConfig({ steps: 2300, learningStarts: 2290 });
    await trainPointMass({ directory: `${folder}/run`, config, onProgress: (progress) => told.push(progress) });
    const steps = told.map(({ step }) => step);
    for (const step of [1000, 2000, 2300]) assert.ok(steps.includes(step), `${step} in ${steps}`);
    assert.ok(told.every(({ steps }) => steps === 2300));
  }));

Deno.test("train: learns to hold a point mass at the origin", () =>
  withFolder(async (folder) => {
    const config = smallConfig({
      steps: 2500,
      hidden: 32,
      batchSize: 64,
      bufferSize: 10_000,
      learningStarts: 300,
      qLr: 3e-3,
      policyLr: 3e-3,
      gamma: 0.95,
      evalFreq: 250,
      evalEpisodes: 10,
      videoFreq: 0,
    });
    await trainPointMass({ directory: `${folder}/run`, config });
    const returns = rows(`${folder}/run/eval.csv`).map(([, episodicReturn]) => episodicReturn!);
    // A good controller gets −2.1, random actions −44.
    assert.ok(mean(returns.slice(-3)) > -4, `returns ${returns}`);
  }));
