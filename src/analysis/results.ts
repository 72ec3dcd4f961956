/** The result table: one row per run, per environment and over all tasks, as CSV and as Markdown, with the original's values. */

import { stringify } from "csv-stringify/sync";
import { mean, standardDeviation } from "../moments.ts";
import { RandomStream } from "../random.ts";
import { groupRuns, meanCurve, meanPoints } from "./learning_curves.ts";
import { learningCurve, type Run } from "./read_runs.ts";
import {
  bootstrapInterval,
  interquartileMean,
  type Interval,
  normalizedArea,
  type Point,
  stepsToThreshold,
} from "./statistics.ts";

/** How many evaluations at the end make the final return. */
export const finalEvaluations = 20;

/** The mean of a curve's last 20 evaluations. */
export function finalReturn(points: readonly Point[]): number {
  return mean(points.slice(-finalEvaluations).map(([, value]) => value));
}

/** What a learning curve comes to. */
export interface CurveSummary {
  /** The last step that was evaluated. */
  readonly steps: number;
  /** Mean of the last 20 evaluations. */
  readonly final: number;
  readonly best: number;
  readonly bestStep: number;
  /** The first step at the threshold or above it; undefined without a threshold, or if it is never reached. */
  readonly stepsToThreshold: number | undefined;
  /** Return averaged over training: area under the curve over its length. */
  readonly area: number;
}

/** Summarizes a curve of at least one point. */
export function summarizeCurve(points: readonly Point[], threshold: number | undefined): CurveSummary {
  const best = points.reduce((a, b) => b[1] > a[1] ? b : a);
  return {
    steps: points.at(-1)![0],
    final: finalReturn(points),
    best: best[1],
    bestStep: best[0],
    stepsToThreshold: threshold === undefined ? undefined : stepsToThreshold(points, threshold),
    area: normalizedArea(points),
  };
}

/** One row of the table: a run, the mean over an environment's runs, or the original's mean curve. */
export interface ResultRow extends CurveSummary {
  readonly level: "run" | "environment" | "original";
  readonly name: string;
  readonly env: string;
  /** Only of a run. */
  readonly seed?: number;
  /** How many seeds the row stands for. */
  readonly seeds: number;
  /** Population standard deviation of several runs' final returns. */
  readonly finalStd?: number;
  /** 90% of the original's final return. */
  readonly threshold: number | undefined;
  /** Final return over the original's: 1 is as good. */
  readonly score: number | undefined;
  /** Of the score, over seeds: 95% bootstrap. */
  readonly scoreInterval?: Interval;
}

/** The whole table. */
export interface Results {
  readonly rows: readonly ResultRow[];
  /** Over the environments that the original has, if there are two or more of them among the runs in no named folder. */
  readonly tasks:
    | { readonly count: number; readonly runs: number; readonly score: number; readonly interval: Interval }
    | undefined;
  readonly notes: readonly string[];
}

/** Makes the table from runs and the original's mean curves by environment. */
export function computeResults(runs: readonly Run[], originals: ReadonlyMap<string, readonly Point[]>): Results {
  const rows: ResultRow[] = [], notes: string[] = [], scores: number[][] = [];
  for (const group of groupRuns(runs)) {
    const { name, env } = group, original = originals.get(env);
    const reference = original && finalReturn(original);
    const threshold = reference === undefined ? undefined : Math.round(0.9 * reference);
    const row = (points: readonly Point[]) => {
      const summary = summarizeCurve(points, threshold);
      return {
        name,
        env,
        threshold,
        ...summary,
        score: reference === undefined ? undefined : summary.final / reference,
      };
    };
    const runRows = group.runs.map((run): ResultRow => (
      { level: "run", seed: run.seed, seeds: 1, ...row(learningCurve(run)) }
    ));
    rows.push(...runRows);
    for (const run of group.runs) {
      if (run.evaluations.length < finalEvaluations) {
        notes.push(
          `${run.folder} has fewer than ${finalEvaluations} evaluations: its final return is the mean of all ${run.evaluations.length}`,
        );
      }
    }
    const finals = runRows.map(({ final }) => final);
    const groupScores = runRows.flatMap(({ score }) => score ?? []);
    if (name === "" || group.runs.length > 1) {
      const final = mean(finals), score = reference === undefined ? undefined : final / reference;
      rows.push({
        level: "environment",
        seeds: group.runs.length,
        ...row(meanPoints(meanCurve(group.runs, "minmax"))),
        final, // of all runs, also of those that end early
        ...(finals.length > 1 ? { finalStd: standardDeviation(finals, "population") } : {}),
        score,
        ...(score === undefined || finals.length === 1 ? {} : {
          scoreInterval: bootstrapInterval([groupScores], ([values]) => mean(values!), {
            random: new RandomStream(0, "score of an environment"),
          }),
        }),
      });
    }
    if (name === "" && original) {
      rows.push({ level: "original", seeds: 3, ...row(original) });
      scores.push(groupScores);
    }
  }
  const tasks = scores.length < 2 ? undefined : {
    count: scores.length,
    runs: scores.flat().length,
    score: interquartileMean(scores.flat()),
    interval: bootstrapInterval(scores, (groups) => interquartileMean(groups.flat()), {
      random: new RandomStream(0, "score over tasks"),
    }),
  };
  return { rows, tasks, notes };
}

/** A number with so few decimals that they are the same on every machine; empty if there is none. */
function fixed(value: number | undefined, decimals: number): string {
  return value === undefined ? "" : value.toFixed(decimals);
}

/** The table as CSV. */
export function resultsToCsv({ rows, tasks }: Results): string {
  const records = rows.map((row) => ({
    level: row.level,
    name: row.name,
    env: row.env,
    seed: fixed(row.seed, 0),
    seeds: row.seeds,
    steps: row.steps,
    final_return: fixed(row.final, 2),
    final_return_std: fixed(row.finalStd, 2),
    best_return: fixed(row.best, 2),
    best_step: row.bestStep,
    threshold: fixed(row.threshold, 0),
    steps_to_threshold: fixed(row.stepsToThreshold, 0),
    normalized_area: fixed(row.area, 2),
    score: fixed(row.score, 4),
    score_low: fixed(row.scoreInterval?.low, 4),
    score_high: fixed(row.scoreInterval?.high, 4),
  }));
  const overall = tasks
    ? [{
      level: "tasks",
      seeds: tasks.runs,
      score: fixed(tasks.score, 4),
      score_low: fixed(tasks.interval.low, 4),
      score_high: fixed(tasks.interval.high, 4),
    }]
    : [];
  return stringify([...records, ...overall], { header: true, columns: Object.keys(records[0]!) });
}

/** A Markdown table. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(header) + `|${header.map((_, column) => column === 0 ? "---|" : "--:|").join("")}\n` +
    rows.map(line).join("");
}

const missing = "–";

/** The table as Markdown: environments beside the original, the score over tasks, single runs. */
export function resultsToMarkdown({ rows, tasks, notes }: Results, furtherNotes: readonly string[] = []): string {
  const steps = (row: CurveSummary | undefined) => row?.stepsToThreshold?.toString() ?? missing;
  const environments = rows.filter(({ level }) => level === "environment").map((row) => {
    const original = row.name === ""
      ? rows.find(({ level, env }) => level === "original" && env === row.env)
      : undefined;
    return [
      row.name ? `${row.env}, ${row.name}` : row.env,
      `${row.seeds}`,
      fixed(row.final, 0) + (row.finalStd === undefined ? "" : ` ± ${fixed(row.finalStd, 0)}`),
      original ? fixed(original.final, 0) : missing,
      fixed(row.best, 0),
      original ? fixed(original.best, 0) : missing,
      row.threshold === undefined ? missing : `${row.threshold}`,
      steps(row),
      steps(original),
      fixed(row.area, 0),
      original ? fixed(original.area, 0) : missing,
    ];
  });
  const single = rows.filter(({ level }) => level === "run").map((row) => [
    row.name ? `${row.env}, ${row.name}` : row.env,
    fixed(row.seed, 0),
    `${row.steps}`,
    fixed(row.final, 0),
    fixed(row.best, 0),
    `${row.bestStep}`,
    steps(row),
    fixed(row.area, 0),
    row.score === undefined ? missing : fixed(row.score, 2),
  ]);
  const overall = tasks
    ? `Over ${tasks.count} tasks and ${tasks.runs} runs the interquartile mean of the scores is ` +
      `**${fixed(tasks.score, 2)}** (95% stratified bootstrap interval ${fixed(tasks.interval.low, 2)} to ${
        fixed(tasks.interval.high, 2)
      }), where a run's score is its final return over the original's.\n\n`
    : "";
  const allNotes = [...furtherNotes, ...notes].map((note) => `- ${note}\n`).join("");
  return "# Results\n\nMade by `deno task analyze`.\n\n" +
    (environments.length > 0
      ? markdownTable([
        "Mean over seeds",
        "seeds",
        "final return",
        "original",
        "best",
        "original",
        "threshold",
        "steps to threshold",
        "original",
        "normalized area",
        "original",
      ], environments) + "\n"
      : "") +
    overall +
    markdownTable(
      ["Run", "seed", "steps", "final return", "best", "at step", "steps to threshold", "normalized area", "score"],
      single,
    ) +
    `\nFinal return: mean of the last ${finalEvaluations} evaluations, ± population standard deviation over seeds. ` +
    "Best, steps to threshold and area of a mean over seeds are those of the mean curve, as for the original, of which only " +
    "mean curves are known, read off its plots. Threshold: 90% of the original's final return, reached at the first " +
    "evaluation at or above it. Normalized area: area under the curve over its length, the return averaged over training. " +
    "With three seeds per task the intervals are rough.\n" +
    (allNotes ? `\n${allNotes}` : "");
}
