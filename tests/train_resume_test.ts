import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "../src/config.ts";
import { createLearner } from "../src/learner/create_learner.ts";
import { train } from "../src/train.ts";
import { listCheckpoints, stepFileName } from "../src/run/checkpoint.ts";
import { readEvents } from "../src/run/events.ts";
import { readResults, smallConfig, trainPointMass, trainUntil, withFolder } from "./helpers/runs.ts";

const whole = await (async () => {
  const directory = await Deno.makeTempDir();
  await trainPointMass({ directory });
  const results = readResults(directory);
  await Deno.remove(directory, { recursive: true });
  return results;
})();

Deno.test("train: interrupted anywhere and going on, a run ends with the same bytes", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`, messages: string[] = [];
    for (const steps of [1, 60, 39, 1, 2, 150, 7]) {
      const summary = await trainUntil(steps, { directory, onMessage: (message) => messages.push(message) });
      assert.equal(summary.status, "interrupted");
    }
    const last = await trainPointMass({ directory });
    assert.deepEqual([last.status, last.step], ["finished", 400]);
    assert.deepEqual(readResults(directory), whole);
    assert.ok(messages.includes("The run goes on from step 1"), messages.join());
    const events = readEvents(`${directory}/events.jsonl`);
    assert.equal(events.filter(({ event }) => event === "interrupted").length, 7);
    assert.equal(events.filter(({ event }) => event === "resumed").length, 7);
    // Speed figures are of all parts together.
    const measured = events.at(-1)!["measured"] as Record<string, number>;
    assert.deepEqual([measured["steps"], measured["updates"]], [400, 299]);
  }));

Deno.test("train: interrupted before the first step", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    const { status, step } = await trainPointMass({ directory, signal: AbortSignal.abort() });
    assert.deepEqual([status, step], ["interrupted", 0]);
    await trainPointMass({ directory });
    assert.deepEqual(readResults(directory), whole);
  }));

Deno.test("train: a finished run is left as it is, --overwrite starts over", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    await trainPointMass({ directory });
    Deno.mkdirSync(`${directory}/checkpoint`); // as if killed while it was removed
    const events = Deno.readTextFileSync(`${directory}/events.jsonl`);
    const again = await trainPointMass({ directory });
    assert.deepEqual([again.status, again.alreadyFinished], ["finished", true]);
    assert.equal(Deno.readTextFileSync(`${directory}/events.jsonl`), events);
    assert.throws(() => Deno.statSync(`${directory}/checkpoint`), Deno.errors.NotFound);

    const config = smallConfig({ seed: 2 });
    await assert.rejects(() => trainPointMass({ directory, config }), {
      name: "UsageError",
      message: /--seed: 1 there, 2/,
    });
    assert.deepEqual(readResults(directory), whole);
    const over = await trainPointMass({ directory, config, overwrite: true });
    assert.equal(over.alreadyFinished, false);
    assert.notDeepEqual(readResults(directory), whole);
    await trainPointMass({ directory, overwrite: true });
    assert.deepEqual(readResults(directory), whole);
  }));

Deno.test("train: killed between the policy and the end, a run goes on to the same bytes", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    await trainUntil(200, { directory });
    Deno.writeTextFileSync(`${directory}/policy.safetensors`, "of the end");
    await trainPointMass({ directory });
    assert.deepEqual(readResults(directory), whole);
  }));

Deno.test("train: rows and files of a killed process behind its checkpoint are replaced", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    await trainUntil(200, { directory });
    for (const name of ["eval.csv", "train.csv", "losses.csv"]) {
      Deno.writeTextFileSync(`${directory}/${name}`, "201,1,2\n202,", { append: true });
    }
    for (const name of ["config.json.partial", "checkpoint/step_000000250.safetensors.partial"]) {
      Deno.writeTextFileSync(`${directory}/${name}`, "half");
    }
    await trainPointMass({ directory });
    assert.deepEqual(readResults(directory), whole);
    assert.throws(() => Deno.statSync(`${directory}/config.json.partial`), Deno.errors.NotFound);
  }));

Deno.test("train: a damaged checkpoint, or one that the logs do not reach, is named and the one before it used", () =>
  withFolder(async (folder) => {
    for (const damage of ["checkpoint", "log"]) {
      const directory = `${folder}/${damage}`, messages: string[] = [];
      await trainUntil(200, { directory });
      assert.deepEqual(listCheckpoints(`${directory}/checkpoint`), [200, 140]);
      if (damage === "checkpoint") {
        const path = `${directory}/checkpoint/${stepFileName(200)}`, bytes = Deno.readFileSync(path);
        bytes[bytes.length - 9]! ^= 1;
        Deno.writeFileSync(path, bytes);
      } else {
        const path = `${directory}/losses.csv`;
        Deno.truncateSync(path, Deno.statSync(path).size - 3);
      }
      await trainPointMass({ directory, onMessage: (message) => messages.push(message) });
      assert.deepEqual(readResults(directory), whole);
      const [passedOver, goesOn] = messages.slice(-2); // before them the engine may say that it is slow here
      assert.match(passedOver!, damage === "checkpoint" ? /000000200\.safetensors".*damaged/ : /losses\.csv": it has/);
      assert.match(passedOver!, /trying the checkpoint before it/);
      assert.equal(goesOn, "The run goes on from step 140");
    }
  }));

Deno.test("train: when no checkpoint can be used, nothing is touched", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    await trainUntil(200, { directory });
    for (const step of [140, 200]) Deno.truncateSync(`${directory}/checkpoint/${stepFileName(step)}`, 1000);
    const before = Deno.readTextFileSync(`${directory}/losses.csv`);
    await assert.rejects(() => trainPointMass({ directory }), { name: "UsageError", message: /no checkpoint in/ });
    assert.equal(Deno.readTextFileSync(`${directory}/losses.csv`), before);
    await trainPointMass({ directory, overwrite: true });
    assert.deepEqual(readResults(directory), whole);
  }));

Deno.test("train: two in one folder: the second is refused", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`;
    let second: Promise<void> | undefined;
    await trainPointMass({
      directory,
      async makeLearner(options) {
        const learner = await createLearner({ ...smallConfig(), ...options }), update = learner.update.bind(learner);
        learner.update = async (...args) => { // the first run waits here, in the midst of its training, until the second is refused
          second ??= assert.rejects(() => trainPointMass({ directory }), {
            name: "UsageError",
            message: /is training there/,
          });
          await second;
          await update(...args);
        };
        return learner;
      },
    });
    assert.ok(second);
    assert.deepEqual(readResults(directory), whole);
  }));

Deno.test("train: another backend than the run's is refused on going on", () =>
  withFolder(async (folder) => {
    const directory = `${folder}/run`,
      config = smallConfig({ engine: "tfjs", backend: "cpu", batchSize: 2, hidden: 2 });
    await trainPointMass({ directory, config, signal: AbortSignal.abort() });
    const path = `${directory}/config.json`;
    Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace('"backend": "cpu"\n', '"backend": "webgpu"\n'));
    await assert.rejects(() => trainPointMass({ directory, config }), {
      name: "UsageError",
      message: /its backend was webgpu, here it is cpu/,
    });
  }));

Deno.test("train: a folder that cannot be made is refused", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    await assert.rejects(() => trainPointMass({ directory: `${folder}/file/run` }), { name: "UsageError" });
  }));

Deno.test("train: killed by SIGKILL again and again, a run ends with the same bytes", () =>
  withFolder(async (folder) => {
    const settings = {
      env: "InvertedPendulum-v4",
      steps: 1500,
      threads: 1,
      hidden: 16,
      batchSize: 16,
      learningStarts: 200,
      evalFreq: 100,
      evalEpisodes: 3,
      logFreq: 10,
      videoFreq: 300,
      checkpointFreq: 150,
    };
    await train({ directory: `${folder}/whole`, config: resolveConfig(settings) });

    const directory = `${folder}/killed`,
      script = fileURLToPath(new URL("./helpers/train_process.ts", import.meta.url));
    const hasReached = (step: number) => {
      try {
        return listCheckpoints(`${directory}/checkpoint`).some((made) => made >= step);
      } catch {
        return false;
      }
    };
    for (const step of [0, 450, 1050]) {
      const process = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", script, directory, JSON.stringify(settings)],
        stdout: "null",
      }).spawn();
      let ended = false;
      process.status.then(() => ended = true);
      const isThere = () => step === 0 ? readEvents(`${directory}/events.jsonl`).length > 0 : hasReached(step);
      while (!ended && !isThere()) await new Promise((resolve) => setTimeout(resolve, 2));
      assert.ok(!ended, `the process ended before step ${step}`);
      process.kill("SIGKILL");
      await process.status;
    }
    await train({ directory, config: resolveConfig(settings) });
    assert.deepEqual(readResults(directory), readResults(`${folder}/whole`));
    for (const { name } of Deno.readDirSync(`${folder}/whole/videos`)) {
      assert.deepEqual(
        Deno.readFileSync(`${directory}/videos/${name}`),
        Deno.readFileSync(`${folder}/whole/videos/${name}`),
      );
    }
  }));
