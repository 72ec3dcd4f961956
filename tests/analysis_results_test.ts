import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { readRuns, type Run } from "../src/analysis/read_runs.ts";
import { computeResults, resultsToCsv, resultsToMarkdown, summarizeCurve } from "../src/analysis/results.ts";
import type { Point } from "../src/analysis/statistics.ts";
import { writeRun } from "./analysis_helpers.ts";
import { withFolder } from "./helpers/task.ts";

const header = "step,episodic_return,episodic_length,return_std\n";

/** An eval.csv of these returns, every 1000 steps. */
function evaluations(returns: readonly number[]): string {
  return header + returns.map((value, index) => `${1000 * (index + 1)},${value},1,0\n`).join("");
}

/** Runs of two seeds of Hopper and two of InvertedPendulum, whose final returns are 100, 200 and 8, 12. */
async function withRuns(body: (runs: readonly Run[]) => void): Promise<void> {
  await withFolder(async (directory) => {
    for (
      const [env, seed, final] of [["Hopper-v4", 1, 100], ["Hopper-v4", 2, 200], ["InvertedPendulum-v4", 1, 8], [
        "InvertedPendulum-v4",
        2,
        12,
      ]] as const
    ) {
      const text = evaluations([0, 3 * final, ...Array<number>(20).fill(final)]);
      await writeRun(directory, { env, seed, steps: 22_000 }, { text });
    }
    body((await readRuns(directory)).runs);
  });
}

const flat = (value: number): Point[] => [[1000, value], [2000, value]];
const originals = new Map([["Hopper-v4", flat(100)], ["InvertedPendulum-v4", flat(10)]]);

Deno.test("a curve's summary, counted by hand", () => {
  const points: Point[] = Array.from({ length: 22 }, (_, index) => [1000 * (index + 1), index]);
  assert.deepEqual(summarizeCurve(points, 7), {
    steps: 22_000,
    final: 11.5, // mean of 2 to 21
    best: 21,
    bestStep: 22_000,
    stepsToThreshold: 8000,
    area: 10.5,
  });
  assert.equal(summarizeCurve(points, undefined).stepsToThreshold, undefined);
  assert.equal(summarizeCurve(points, 100).stepsToThreshold, undefined);
});

Deno.test("rows per run, per environment, of the original and over tasks", async () => {
  await withRuns((runs) => {
    const { rows, tasks, notes } = computeResults(runs, originals);
    assert.deepEqual(notes, []);
    assert.deepEqual(
      rows.map(({ level, env, seed, seeds, final, threshold, score }) => [
        level,
        env,
        seed,
        seeds,
        final,
        threshold,
        score,
      ]),
      [
        ["run", "Hopper-v4", 1, 1, 100, 90, 1],
        ["run", "Hopper-v4", 2, 1, 200, 90, 2],
        ["environment", "Hopper-v4", undefined, 2, 150, 90, 1.5],
        ["original", "Hopper-v4", undefined, 3, 100, 90, 1],
        ["run", "InvertedPendulum-v4", 1, 1, 8, 9, 0.8],
        ["run", "InvertedPendulum-v4", 2, 1, 12, 9, 1.2],
        ["environment", "InvertedPendulum-v4", undefined, 2, 10, 9, 1],
        ["original", "InvertedPendulum-v4", undefined, 3, 10, 9, 1],
      ],
    );
    const environment = rows[2]!;
    assert.equal(environment.finalStd, 50);
    assert.equal(environment.best, 450); // of the mean curve
    assert.equal(environment.bestStep, 2000);
    assert.deepEqual(environment.scoreInterval, { low: 1, high: 2 });
    assert.equal(tasks!.count, 2);
    assert.equal(tasks!.score, 1.1); // of 0.8, 1, 1.2, 2 the outer two are cut
    assert.ok(tasks!.interval.low >= 0.8 && tasks!.interval.low < 1.1 && tasks!.interval.high <= 1.6);
  });
});

Deno.test("the CSV reads back, and a named folder stays out of the score over tasks", async () => {
  await withRuns((runs) => {
    const named = runs.map((run): Run => ({ ...run, name: "other", config: run.config }));
    const { rows, tasks } = computeResults(named, originals);
    assert.equal(tasks, undefined);
    assert.ok(rows.every(({ level }) => level !== "original"));
    const records: Record<string, string>[] = parse(resultsToCsv(computeResults(runs, originals)), { columns: true });
    assert.equal(records.length, 9);
    assert.equal(records[0]!.final_return, "100.00");
    assert.equal(records[0]!.steps_to_threshold, "2000");
    assert.equal(records[8]!.level, "tasks");
    assert.equal(records[8]!.score, "1.1000");
  });
});

Deno.test("the Markdown has the original's values beside ours", async () => {
  await withRuns((runs) => {
    const markdown = resultsToMarkdown(computeResults(runs, originals), ["something is missing"]);
    assert.match(markdown, /\| Hopper-v4 \| 2 \| 150 ± 50 \| 100 \| 450 \| 100 \| 90 \| 2000 \| 1000 \|/);
    assert.match(markdown, /Over 2 tasks and 4 runs the interquartile mean of the scores is \*\*1\.10\*\*/);
    assert.match(markdown, /^- something is missing$/m);
    const unknown = resultsToMarkdown(computeResults(runs, new Map()));
    assert.match(unknown, /\| Hopper-v4 \| 2 \| 150 ± 50 \| – \| 450 \| – \| – \| – \| – \|/);
  });
});
