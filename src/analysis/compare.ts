/** Two settings over several seeds: how far apart they are, and how sure that is. */

import { type Config, configDifferences, keyName } from "../config.ts";
import { UsageError } from "../errors.ts";
import { mean, standardDeviation } from "../moments.ts";
import { RandomStream } from "../random.ts";
import { learningCurve, type Run } from "./read_runs.ts";
import { finalReturn } from "./results.ts";
import {
  bootstrapInterval,
  interquartileMean,
  type Interval,
  normalizedArea,
  performanceProfile,
  type Point,
  probabilityOfImprovement,
  stepsToThreshold,
} from "./statistics.ts";

/** One of the two: its runs, one for each seed of an environment. */
export interface Side {
  readonly label: string;
  readonly runs: readonly Run[];
}

/** What is compared: the final return, the return averaged over training, or the steps until an evaluation reaches a return. */
export type Metric = { readonly kind: "final" | "auc" } | { readonly kind: "steps-to"; readonly threshold: number };

/**
 * Reads `final`, `auc` or `steps-to 1000`.
 *
 * @throws {UsageError} if there is no such metric
 */
export function readMetric(text: string): Metric {
  if (text === "final" || text === "auc") return { kind: text };
  const [, number] = /^steps-to (-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (number !== undefined) return { kind: "steps-to", threshold: Number(number) };
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} for --metric: expected final, auc, or steps-to N, N a return`,
  );
}

/** A number with its 95% bootstrap interval. */
export interface Estimate extends Interval {
  readonly value: number;
}

/** Scores of both sides, each `[task][run]`, and what they say. For steps, less is better; every other metric, more. */
export interface ScoreComparison {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
  /** B minus A: difference of means, averaged over tasks. */
  readonly difference: Estimate;
  /** Probability that a run of B is better than a run of A. */
  readonly improvement: Estimate;
  readonly interquartileMeans: { readonly a: Estimate; readonly b: Estimate };
}

/** One environment: the metric of each run. */
export interface EnvironmentComparison extends ScoreComparison {
  readonly env: string;
  /** The last step that all runs have; what comes after is not compared. */
  readonly steps: number;
  /** A seed's values; a side without that seed has none. */
  readonly seeds: readonly { readonly seed: number; readonly a: number | undefined; readonly b: number | undefined }[];
  /** What a value is divided by to be pooled with other environments; undefined if it cannot be. */
  readonly scale: number | undefined;
}

/** The whole comparison. */
export interface Comparison {
  readonly labels: { readonly a: string; readonly b: string };
  readonly metric: Metric;
  readonly environments: readonly EnvironmentComparison[];
  /** Over all environments: of the only one its values as they are, of several the scaled ones. */
  readonly pooled: ScoreComparison | undefined;
  /** Share of runs above a score (for steps: that have reached the return), over scores. */
  readonly profile: { readonly a: readonly Point[]; readonly b: readonly Point[] } | undefined;
  readonly notes: readonly string[];
}

const profilePoints = 101;

/**
 * Compares two settings.
 *
 * @param originals the original's mean curves by environment: their final returns put several environments on one scale
 * @throws {UsageError} if the sides share no environment, share a run, or have one seed twice
 */
export function compareSides(
  a: Side,
  b: Side,
  metric: Metric,
  originals: ReadonlyMap<string, readonly Point[]>,
): Comparison {
  const shared = a.runs.find((run) => b.runs.some(({ folder }) => folder === run.folder));
  if (shared) throw new UsageError(`Cannot compare ${a.label} with ${b.label}: ${shared.folder} belongs to both`);
  for (const side of [a, b]) refuseTwins(side);
  const names = [...new Set(a.runs.map(({ env }) => env))];
  const common = names.filter((env) => b.runs.some((run) => run.env === env));
  if (common.length === 0) {
    const list = (side: Side) => [...new Set(side.runs.map(({ env }) => env))].join(", ");
    throw new UsageError(
      `Cannot compare ${a.label} (${list(a)}) with ${b.label} (${list(b)}): expected an environment that both have`,
    );
  }
  const notes = [...a.runs, ...b.runs].filter(({ env }) => !common.includes(env)).map(({ folder }) =>
    `${folder} is left out: the other side has no run of its environment`
  );
  const environments = common.map((env) => {
    const of = (side: Side) => side.runs.filter((run) => run.env === env);
    return compareEnvironment(env, of(a), of(b), metric, originals.get(env), notes);
  });
  const scale = environments.length === 1 ? () => 1 : ({ scale }: EnvironmentComparison) => scale;
  const scaled = (side: "a" | "b") =>
    environments.map((environment) => environment[side][0]!.map((value) => value / scale(environment)!));
  const poolable = environments.every((environment) => scale(environment) !== undefined);
  if (!poolable) notes.push("The environments are not pooled: their returns have no common scale");
  const pooled = poolable ? compareScores(scaled("a"), scaled("b"), metric) : undefined;
  return {
    labels: { a: a.label, b: b.label },
    metric,
    environments,
    pooled,
    profile: pooled && profileOf(pooled, metric, environments.length === 1 ? environments[0]!.steps : 1),
    notes,
  };
}

function refuseTwins({ label, runs }: Side): void {
  for (const [index, run] of runs.entries()) {
    const twin = runs.slice(0, index).find(({ env, seed }) => env === run.env && seed === run.seed);
    if (!twin) continue;
    const different = configDifferences(twin.config, run.config).map(({ setting }) => keyName(setting)).join(", ");
    throw new UsageError(
      `Cannot use ${label}: ${twin.folder} and ${run.folder} have the same seed; name a folder, or a setting that parts them` +
        (different && ` (${different})`),
    );
  }
}

function compareEnvironment(
  env: string,
  a: readonly Run[],
  b: readonly Run[],
  metric: Metric,
  original: readonly Point[] | undefined,
  notes: string[],
): EnvironmentComparison {
  const ends = [...a, ...b].map((run) => run.evaluations.at(-1)!.step), steps = Math.min(...ends);
  if (steps < Math.max(...ends)) notes.push(`${env} is compared up to step ${steps}, where the shortest run ends`);
  const late = [...a, ...b].find((run) => run.evaluations[0]!.step > steps);
  if (late) {
    throw new UsageError(
      `Cannot compare ${late.folder}: its first evaluation comes after step ${steps}, where the shortest run ends`,
    );
  }
  noteDifferences(env, a[0]!.config, b[0]!.config, notes);
  if (metric.kind === "steps-to") {
    for (const [letter, runs] of [["A", a], ["B", b]] as const) {
      const short = runs.filter((run) => {
        const reached = stepsToThreshold(learningCurve(run), metric.threshold);
        return reached === undefined || reached > steps;
      });
      if (short.length === 0) continue;
      notes.push(
        `${env}: ${short.length} of ${runs.length} runs of ${letter} do not reach ${metric.threshold} within ${steps} steps; ` +
          "they count with all of these",
      );
    }
  }
  const value = (run: Run) => measure(learningCurve(run).filter(([step]) => step <= steps), metric, steps);
  const seeds = [...new Set([...a, ...b].map(({ seed }) => seed))].sort((x, y) => x - y).map((seed) => {
    const of = (runs: readonly Run[]) => runs.filter((run) => run.seed === seed).map(value)[0];
    return { seed, a: of(a), b: of(b) };
  });
  const scale = metric.kind === "steps-to" ? steps : original && finalReturn(original);
  return { env, steps, seeds, scale, ...compareScores([a.map(value)], [b.map(value)], metric) };
}

function noteDifferences(env: string, a: Config, b: Config, notes: string[]): void {
  const different = configDifferences(a, b).filter(({ setting }) => setting !== "seed" && setting !== "steps");
  const list = different.map((one) => `${keyName(one.setting)} (${one.a} against ${one.b})`).join(", ");
  if (different.length === 0) notes.push(`${env}: A and B have the same settings, but for seeds and steps`);
  else if (different.length === 1) notes.push(`${env}: A and B differ in ${list}`);
  else notes.push(`${env}: A and B differ in ${list}; which of these matters cannot be told`);
}

/**
 * The metric of one learning curve. A run that does not reach the return within the steps counts with all of them: the mean is
 * then the restricted mean time of survival analysis.
 */
export function measure(points: readonly Point[], metric: Metric, steps: number): number {
  switch (metric.kind) {
    case "final":
      return finalReturn(points);
    case "auc":
      return normalizedArea(points);
    case "steps-to":
      return stepsToThreshold(points, metric.threshold) ?? steps;
  }
}

/** Bootstraps all estimates, resampling seeds within each task and side. */
function compareScores(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  metric: Metric,
): ScoreComparison {
  const tasks = a.length;
  const estimate = (
    name: string,
    groups: readonly (readonly number[])[],
    statistic: (groups: readonly (readonly number[])[]) => number,
  ): Estimate => ({
    value: statistic(groups),
    ...bootstrapInterval(groups, statistic, { random: new RandomStream(0, `compare: ${name}`), replicates: 5000 }),
  });
  const halves = (groups: readonly (readonly number[])[]) => [groups.slice(0, tasks), groups.slice(tasks)] as const;
  const difference = (groups: readonly (readonly number[])[]) => {
    const [left, right] = halves(groups);
    return mean(left.map((scores, task) => mean(right[task]!) - mean(scores)));
  };
  const improvement = (groups: readonly (readonly number[])[]) => {
    const [left, right] = halves(groups);
    return metric.kind === "steps-to" ? probabilityOfImprovement(right, left) : probabilityOfImprovement(left, right);
  };
  const pooledMean = (groups: readonly (readonly number[])[]) => interquartileMean(groups.flat());
  return {
    a,
    b,
    difference: estimate("difference", [...a, ...b], difference),
    improvement: estimate("improvement", [...a, ...b], improvement),
    interquartileMeans: {
      a: estimate("interquartile mean", a, pooledMean),
      b: estimate("interquartile mean", b, pooledMean),
    },
  };
}

function profileOf({ a, b }: ScoreComparison, metric: Metric, steps: number): NonNullable<Comparison["profile"]> {
  const values = [...a, ...b].flat();
  const low = Math.min(0, ...values), high = metric.kind === "steps-to" ? steps : Math.max(...values);
  const thresholds = Array.from({ length: profilePoints }, (_, i) => low + (high - low) * i / (profilePoints - 1));
  if (metric.kind !== "steps-to") {
    return { a: performanceProfile(a, thresholds), b: performanceProfile(b, thresholds) };
  }
  // Reached by a step: not above it. Who never gets there counts with all steps and is left out by the last threshold.
  const reached = (scores: readonly (readonly number[])[]) =>
    performanceProfile(scores, thresholds.slice(0, -1)).map(([step, share]): Point => [step, 1 - share]);
  return { a: reached(a), b: reached(b) };
}

/** The smallest two-sided p value that an exact rank-sum test can give for n and m values: 2 / C(n + m, n). */
export function smallestRankTestP(n: number, m: number): number {
  let combinations = 1;
  for (let i = 1; i <= n; i++) combinations = combinations * (m + i) / i;
  return Math.min(1, 2 / combinations);
}

/** Seeds per side that would show a difference with 80% power at the 5% level: 16 s² / d² (Lehr 1992). */
export function seedsNeeded({ a, b, difference }: ScoreComparison): number {
  const deviations = [...a, ...b].filter((scores) => scores.length > 1).map((scores) =>
    standardDeviation(scores, "sample")
  );
  if (deviations.length === 0 || difference.value === 0) return Infinity;
  const variance = mean(deviations.map((deviation) => deviation * deviation));
  return Math.max(2, Math.ceil(16 * variance / (difference.value * difference.value)));
}
