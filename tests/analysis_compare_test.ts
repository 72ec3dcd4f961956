import assert from "node:assert/strict";
import { join } from "node:path";
import { compareSides, readMetric, type Side } from "../src/analysis/compare.ts";
import { comparisonFigure, comparisonMarkdown, conclusions } from "../src/analysis/comparison_report.ts";
import { selectRuns } from "../src/analysis/select_runs.ts";
import type { Point } from "../src/analysis/statistics.ts";
import { UsageError } from "../src/errors.ts";
import { assertSnapshot, writeRun } from "./analysis_helpers.ts";
import { withFolder } from "./helpers/task.ts";

const header = "step,episodic_return,episodic_length,return_std\n";
const final = readMetric("final");
const none = new Map<string, Point[]>();

/** Runs with flat curves: `[seed, return]`. */
async function writeFlatRuns(
  directory: string,
  name: string,
  values: readonly (readonly [seed: number, value: number])[],
  { env = "Hopper-v4", qLr = 3e-4, steps = 25_000 } = {},
): Promise<void> {
  for (const [seed, value] of values) {
    const rows = Array.from({ length: steps / 1000 }, (_, index) => `${1000 * (index + 1)},${value},1,0\n`);
    await writeRun(directory, { env, seed, qLr, steps }, { name, text: header + rows.join("") });
  }
}

async function sides(directory: string): Promise<[Side, Side]> {
  const select = async (name: string) => (await selectRuns(join(directory, name), directory)).side;
  return [await select("low"), await select("high")];
}

Deno.test("differences per seed and pooled, counted by hand", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10], [2, 20], [3, 30], [4, 40]]);
    await writeFlatRuns(directory, "high", [[2, 22], [3, 32], [4, 42], [5, 52]], { qLr: 1e-3 });
    const comparison = compareSides(...await sides(directory), final, none);
    const [hopper] = comparison.environments;
    assert.deepEqual(hopper!.seeds, [
      { seed: 1, a: 10, b: undefined },
      { seed: 2, a: 20, b: 22 },
      { seed: 3, a: 30, b: 32 },
      { seed: 4, a: 40, b: 42 },
      { seed: 5, a: undefined, b: 52 },
    ]);
    assert.equal(hopper!.difference.value, 12);
    assert.ok(hopper!.difference.low < 0 && hopper!.difference.high > 20);
    assert.equal(hopper!.improvement.value, 13 / 16); // pairs in which B is above A
    assert.equal(hopper!.interquartileMeans.a.value, 25);
    assert.equal(hopper!.interquartileMeans.b.value, 37);
    assert.deepEqual(comparison.notes, ["Hopper-v4: A and B differ in q_lr (0.0003 against 0.001)"]);
    const [sentence] = conclusions(comparison);
    assert.match(sentence!, /^Hopper-v4, 4 and 4 seeds: B is higher by 12\.0 on average.*do not tell A and B apart/);
    const markdown = comparisonMarkdown(comparison);
    assert.match(markdown, /\| Hopper-v4 \| 2 \| 20\.0 \| 22\.0 \| 2\.0 \|/);
    assert.match(markdown, /\| Hopper-v4 \| 1 \| 10\.0 \| – \| – \|/);
    // The same comparison gives the same text.
    assert.equal(comparisonMarkdown(compareSides(...await sides(directory), final, none)), markdown);
  });
});

Deno.test("a clear difference of enough seeds is called one, of three seeds a hint", async () => {
  for (const [count, hint] of [[5, false], [3, true]] as const) {
    await withFolder(async (directory) => {
      const values = (offset: number) => Array.from({ length: count }, (_, seed) => [seed, offset + seed] as const);
      await writeFlatRuns(directory, "low", values(10));
      await writeFlatRuns(directory, "high", values(100));
      const text = conclusions(compareSides(...await sides(directory), final, none)).join(" ");
      assert.match(
        text,
        /B is higher by 90\.0.*the seeds speak for B; a run of B beats a run of A with probability 1\.00/,
      );
      assert.equal(/a hint at most: .*p = 0\.10/.test(text), hint);
    });
  }
});

Deno.test("one seed shows no spread", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10]]);
    await writeFlatRuns(directory, "high", [[1, 20]]);
    const text = conclusions(compareSides(...await sides(directory), final, none)).join(" ");
    assert.match(text, /B minus A is 10\.0, but a single seed shows no spread, so nothing can be concluded/);
  });
});

Deno.test("steps to a return: fewer is better, and who never gets there counts with all steps", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10], [2, 10], [3, 100]]);
    await writeFlatRuns(directory, "high", [[1, 100], [2, 100], [3, 100]]);
    const comparison = compareSides(...await sides(directory), readMetric("steps-to 50"), none);
    assert.deepEqual(comparison.environments[0]!.a, [[25_000, 25_000, 1000]]);
    assert.equal(comparison.environments[0]!.difference.value, -16_000);
    assert.equal(comparison.environments[0]!.improvement.value, (6 + 3 / 2) / 9);
    assert.ok(comparison.notes.some((note) => note.includes("2 of 3 runs of A do not reach 50 within 25000 steps")));
    assert.match(conclusions(comparison)[0]!, /B needs 16000 fewer/);
    assert.deepEqual(comparison.profile!.a.at(-1), [24_750, 1 - 2 / 3]);
  });
});

Deno.test("runs of unequal length are compared up to the shortest's end, and said", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10], [2, 10]], { steps: 25_000 });
    await writeFlatRuns(directory, "high", [[1, 20], [2, 20]], { steps: 40_000 });
    const comparison = compareSides(...await sides(directory), final, none);
    assert.equal(comparison.environments[0]!.steps, 25_000);
    assert.match(comparison.notes[0]!, /compared up to step 25000, where the shortest run ends/);
  });
});

Deno.test("several environments are pooled on the original's scale", async () => {
  await withFolder(async (directory) => {
    for (const [env, scale] of [["Hopper-v4", 100], ["HalfCheetah-v4", 10]] as const) {
      await writeFlatRuns(directory, "low", [[1, scale], [2, scale]], { env });
      await writeFlatRuns(directory, "high", [[1, 2 * scale], [2, 3 * scale]], { env });
    }
    const originals = new Map<string, Point[]>([["Hopper-v4", [[1000, 100]]], ["HalfCheetah-v4", [[1000, 10]]]]);
    const [a, b] = await sides(directory);
    const comparison = compareSides(a, b, final, originals);
    assert.equal(comparison.pooled!.difference.value, 1.5);
    assert.equal(comparison.pooled!.interquartileMeans.b.value, 2.5);
    assert.deepEqual(comparison.profile!.b.find(([score]) => score > 2.5)?.[1], 0.5);
    assertSnapshot("comparison_figure.svg", comparisonFigure(comparison, a, b, "sd"));
    const without = compareSides(a, b, final, none);
    assert.equal(without.pooled, undefined);
    assert.ok(without.notes.some((note) => note.includes("not pooled")));
  });
});

Deno.test("settings select runs, and ambiguous or empty selections are refused", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10], [2, 20]]);
    await writeFlatRuns(directory, "high", [[1, 30], [2, 40]], { qLr: 1e-3 });
    await writeFlatRuns(directory, "long", [[1, 10]], { steps: 40_000 });
    const { side } = await selectRuns("q_lr=0.001,env=Hopper-v4", directory);
    assert.deepEqual(side.runs.map(({ name, seed }) => [name, seed]), [["high", 1], ["high", 2]]);
    const both = (await selectRuns("q_lr=3e-4", directory)).side;
    const refused = (pattern: RegExp) => (error: unknown) => error instanceof UsageError && pattern.test(error.message);
    assert.throws(() => compareSides(both, side, final, none), refused(/have the same seed; name a folder.*\(steps\)/));
    assert.throws(() => compareSides(side, side, final, none), refused(/belongs to both/));
    await assert.rejects(selectRuns("q_lr=0.5", directory), refused(/none of the 5 runs in ".*" has these settings/));
    await assert.rejects(selectRuns("q_lr=a", directory), refused(/Cannot use "a" for q_lr/));
    await assert.rejects(
      selectRuns("colour=red", directory),
      refused(/Cannot use "colour=red": expected a folder, or/),
    );
    await assert.rejects(selectRuns(join(directory, "nowhere"), directory), refused(/there is none/));
  });
});

Deno.test("sides without a common environment are refused", async () => {
  await withFolder(async (directory) => {
    await writeFlatRuns(directory, "low", [[1, 10]]);
    await writeFlatRuns(directory, "high", [[1, 10]], { env: "HalfCheetah-v4" });
    const both = await sides(directory);
    assert.throws(() => compareSides(...both, final, none), /expected an environment that both have/);
  });
});

Deno.test("metrics are read strictly", () => {
  assert.deepEqual(readMetric("steps-to -5.5"), { kind: "steps-to", threshold: -5.5 });
  for (const text of ["steps-to", "steps-to x", "best", ""]) assert.throws(() => readMetric(text), UsageError);
});
