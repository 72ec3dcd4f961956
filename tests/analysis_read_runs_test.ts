import assert from "node:assert/strict";
import { join } from "node:path";
import { learningCurve, readRuns } from "../src/analysis/read_runs.ts";
import { meanCurve } from "../src/analysis/learning_curves.ts";
import { UsageError } from "../src/errors.ts";
import { writeElevenRuns, writeRun } from "./analysis_helpers.ts";
import { withFolder } from "./helpers/task.ts";

const header = "step,episodic_return,episodic_length,return_std\n";
const hopper = { env: "Hopper-v4", seed: 1, steps: 6000 };

/** What reading a directory fails with. */
async function messageOf(directory: string): Promise<string> {
  try {
    await readRuns(directory);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  assert.fail("expected an error");
}

Deno.test("finds runs in the directory and in named folders, in order", async () => {
  await withFolder(async (directory) => {
    await writeElevenRuns(directory);
    await writeRun(directory, { ...hopper, seed: 10 }, { name: "sweep/deep" });
    await Deno.mkdir(join(directory, "notes"));
    await Deno.writeTextFile(join(directory, "Hopper-v4__seed_9"), "a file, no folder");
    const { runs, notes } = await readRuns(directory);
    assert.deepEqual(notes, []);
    assert.equal(runs.length, 12);
    assert.deepEqual(
      runs.map(({ name, env, seed }) => `${name}/${env}/${seed}`).slice(8),
      [
        "/InvertedPendulum-v4/3",
        "high_critic_lrate/Hopper-v4/1",
        "long_run/Hopper-v4/3",
        "sweep/deep/Hopper-v4/10",
      ],
    );
    assert.equal(runs[9]!.config.qLr, 1e-3);
  });
});

Deno.test("reads what stands in the files", async () => {
  await withFolder(async (directory) => {
    const text = header + "3000,1.5,20,0.25\n4000,-2e1,30,0\n5000,7,40,1\n";
    const folder = await writeRun(directory, hopper, { text });
    const expected = [[3000, 1.5], [4000, -20], [5000, 7]];
    assert.deepEqual(learningCurve((await readRuns(directory)).runs[0]!), expected);
    const single = (await readRuns(folder)).runs; // a run's own folder
    assert.deepEqual(learningCurve(single[0]!), expected);
    assert.deepEqual(single[0]!.evaluations[0], {
      step: 3000,
      episodicReturn: 1.5,
      episodicLength: 20,
      returnStd: 0.25,
    });
  });
});

Deno.test("a half-written last row is left out, even where it looks whole, and said", async () => {
  for (const last of ["5000,12", "5000,123.5,40,1", "5"]) {
    await withFolder(async (directory) => {
      await writeRun(directory, hopper, { text: header + "3000,1,2,3\n4000,1,2,3\n" + last });
      const { runs, notes } = await readRuns(directory);
      assert.equal(runs[0]!.evaluations.length, 2);
      assert.match(notes[0]!, /last row of .*eval\.csv is half-written/);
    });
  }
});

Deno.test("unfinished, empty and just begun runs are said", async () => {
  await withFolder(async (directory) => {
    await writeRun(directory, hopper, { until: 4000 });
    await writeRun(directory, { ...hopper, seed: 2 }, { text: header });
    await writeRun(directory, { ...hopper, seed: 3 }, { text: "" });
    const begun = await writeRun(directory, { ...hopper, seed: 4 });
    await Deno.remove(join(begun, "eval.csv"));
    const stopped = await writeRun(directory, { ...hopper, seed: 5 });
    await Deno.mkdir(join(stopped, "checkpoint"));
    await writeRun(directory, { ...hopper, seed: 6, gamma: 0.9 });
    const { runs, notes } = await readRuns(directory);
    assert.deepEqual(runs.map(({ seed }) => seed), [1, 5, 6]);
    const all = notes.join("\n");
    assert.match(all, /seed_1 is unfinished: evaluated up to step 4000 of 6000/);
    assert.match(all, /seed_2 is left out: it has no evaluation yet/);
    assert.match(all, /seed_3 is left out: it has no evaluation yet/);
    assert.match(all, /seed_4 is left out: it has no eval\.csv yet/);
    assert.match(all, /seed_5 is unfinished/);
    assert.match(all, /seed_1 and .*seed_6 differ in more than the seed: gamma \(0\.99, 0\.9\)/);
  });
});

Deno.test("malformed files are refused with file, line and fault", async () => {
  const cases: [text: string, message: RegExp][] = [
    ["step,return\n3000,1\n", /eval\.csv: expected the columns step,.*, found step,return/],
    [header + "3000,1,2,3\n4000,abc,2,3\n5000,1,2,3\n", /eval\.csv, line 3: "abc" for episodic_return is no finite/],
    [header + "3000,NaN,2,3\n", /line 2: "NaN" for episodic_return/],
    [header + "3000,,2,3\n", /line 2: "" for episodic_return/],
    [header + "3000,1,2\n4000,1,2,3\n", /line 2: expected 4 fields, found 3/],
    [header + "3000,1,2,3\n3000,1,2,3\n", /line 3: step 3000 after 3000: expected rising/],
    [header + "1e300,1,2,3\n", /line 2: step 1e\+300/],
    [header + '3000,"1,2,3\n4000,1,2,3\n', /eval\.csv: /],
    [header + "3000,1,2," + "9".repeat(100_000) + "\n", /eval\.csv: /],
    ["\0".repeat(1000) + "\n", /eval\.csv: expected the columns/],
  ];
  for (const [text, message] of cases) {
    await withFolder(async (directory) => {
      await writeRun(directory, hopper, { text });
      assert.match(await messageOf(directory), message);
    });
  }
});

Deno.test("a config.json that cannot be, or is another run's, is refused", async () => {
  await withFolder(async (directory) => {
    const folder = await writeRun(directory, hopper), file = join(folder, "config.json");
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.slice(0, 20));
    assert.match(await messageOf(directory), /config\.json: it is no JSON/);
    await Deno.writeTextFile(file, text.replace('"gamma":0.99', '"gamma":2'));
    assert.match(await messageOf(directory), /config\.json: Cannot use 2 for gamma/);
    await Deno.writeTextFile(file, text.replace('"seed":1', '"seed":2'));
    assert.match(await messageOf(directory), /config\.json: env Hopper-v4 and seed 2 do not fit/);
  });
});

Deno.test("an eval.csv that is no plain file or a huge one is refused before it is read", async () => {
  await withFolder(async (directory) => {
    const file = join(await writeRun(directory, hopper), "eval.csv");
    await Deno.truncate(file, 2 ** 40); // sparse: takes no room
    assert.match(await messageOf(directory), /eval\.csv: it has 1099511627776 bytes, expected at most/);
    await Deno.remove(file);
    await Deno.mkdir(file);
    assert.match(await messageOf(directory), /eval\.csv: it is no plain file/);
  });
});

Deno.test("a directory that is not there, or is a file, is refused", async () => {
  await withFolder(async (directory) => {
    assert.match(await messageOf(join(directory, "none")), /none: there is none, expected a folder of runs/);
    const file = join(directory, "file");
    await Deno.writeTextFile(file, "");
    assert.match(await messageOf(file), /file: .*expected a folder of runs/);
  });
});

Deno.test("the mean goes over the runs that are there", async () => {
  await withFolder(async (directory) => {
    await writeRun(directory, hopper, { text: header + "3000,1,2,3\n4000,3,2,3\n" });
    await writeRun(directory, { ...hopper, seed: 2 }, { text: header + "3000,3,2,3\n" });
    const { runs } = await readRuns(directory);
    assert.deepEqual(meanCurve(runs, "sd"), [
      { step: 3000, count: 2, mean: 2, band: { low: 1, high: 3 } },
      { step: 4000, count: 1, mean: 3, band: undefined },
    ]);
    assert.deepEqual(meanCurve(runs, "minmax")[0]!.band, { low: 1, high: 3 });
    // st.t.ppf(0.975, 1) = 12.706204736174694, standard error 1
    assert.ok(Math.abs(meanCurve(runs, "t95")[0]!.band!.high - 2 - 12.706204736174694) < 1e-6);
    assert.deepEqual(meanCurve(runs, "bootstrap95")[0]!.band, { low: 1, high: 3 });
  });
});
