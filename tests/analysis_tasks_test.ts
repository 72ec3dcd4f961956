import assert from "node:assert/strict";
import { join } from "node:path";
import { writeRun } from "./analysis_helpers.ts";
import { runTask, tinyRun, withFolder } from "./helpers/task.ts";

Deno.test("analyze makes figures and tables of what train wrote", async () => {
  await withFolder(async (folder) => {
    const trained = await runTask(
      "train",
      ...tinyRun,
      "--steps=200",
      "--seed=1",
      "--max-episode-steps=20",
      `--out-dir=${folder}`,
    );
    assert.equal(trained.code, 0, trained.stderr);
    const outDir = join(folder, "figures");
    const { code, stdout, stderr } = await runTask("analyze", `--experiments=${folder}`, `--out-dir=${outDir}`);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Analyzed 1 run$/m);
    assert.doesNotMatch(stdout, /unfinished/);
    const names = Array.from(Deno.readDirSync(outDir), ({ name }) => name).sort();
    const gif = "invertedpendulum-v4__seed_1.gif";
    assert.deepEqual(names, ["invertedpendulum-v4.png", "invertedpendulum-v4.svg", gif, "results.csv", "results.md"]);
    const again = await runTask("analyze", `--experiments=${folder}`, `--out-dir=${join(folder, "2")}`, "--no-gifs");
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(Array.from(Deno.readDirSync(join(folder, "2")), ({ name }) => name).sort(), names.toSpliced(2, 1));
  });
});

Deno.test("analyze refuses what it cannot use with exit code 2", async () => {
  await withFolder(async (folder) => {
    const outDir = join(folder, "figures");
    const empty = await runTask("analyze", `--experiments=${folder}`, `--out-dir=${outDir}`);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /expected folders of runs with evaluations/);
    const band = await runTask("analyze", "--band=wide");
    assert.equal(band.code, 2);
    assert.match(band.stderr, /Cannot use "wide" for --band/);
  });
});

Deno.test("compare prints its report and writes it with the figure", async () => {
  await withFolder(async (folder) => {
    for (const seed of [1, 2]) {
      await writeRun(folder, { env: "Hopper-v4", steps: 8000, seed }, { name: "low" });
      await writeRun(folder, { env: "Hopper-v4", steps: 8000, seed, qLr: 1e-3 }, { name: "high", height: 2000 });
    }
    const out = join(folder, "made/comparison");
    const flags = [`--experiments=${folder}`, `--out=${out}`, "--metric", "steps-to", "300"];
    const { code, stdout, stderr } = await runTask("compare", "q_lr=3e-4", "q_lr=1e-3", ...flags);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^# q_lr=3e-4 \(A\) against q_lr=1e-3 \(B\)$/m);
    assert.match(stdout, /Compared: steps to an average return of 300\./);
    assert.ok(stdout.startsWith(await Deno.readTextFile(`${out}.md`)));
    assert.match(await Deno.readTextFile(`${out}.svg`), /Performance profile/);
    const lacking = await runTask("compare", "q_lr=3e-4");
    assert.equal(lacking.code, 2);
    assert.match(lacking.stderr, /<B> is missing/);
  });
});
