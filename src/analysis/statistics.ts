/**
 * Statistics over few seeds, as Agarwal et al. advise ("Deep reinforcement learning at the edge of the statistical precipice",
 * NeurIPS 2021): interquartile mean, stratified bootstrap, probability of improvement, performance profiles; and the plain ones.
 *
 * Sums run in the order of the values, and only + − × ÷ and √ are used (but for Student's t), so that results are the same bytes
 * everywhere.
 */

import jstat from "jstat";
import { mean, standardDeviation } from "../moments.ts";
import type { RandomStream } from "../random.ts";

/** A point of a curve: `[step, value]`. */
export type Point = readonly [step: number, value: number];

/** Bounds of an interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

function refuseEmpty(values: readonly unknown[], what: string): void {
  if (values.length === 0) throw new RangeError(`Cannot take ${what} of no values`);
}

/**
 * Quantile with linear interpolation between order statistics (type 7 of Hyndman and Fan 1996, NumPy's default).
 *
 * @param sorted values in rising order
 * @param probability from 0 to 1
 * @throws {RangeError} if there are no values
 */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  if (sorted.length === 0) throw new RangeError("Cannot take a quantile of no values");
  const position = (sorted.length - 1) * probability, index = Math.floor(position);
  const below = sorted[index]!, above = sorted[Math.min(index + 1, sorted.length - 1)]!;
  return below === above ? below : below + (above - below) * (position - index); // equal infinities make no NaN
}

/** Confidence interval of a mean by Student's t: mean ± t · s / √n; NaN for fewer than two values, which allow none. */
export function tInterval(values: readonly number[], confidence: number): Interval {
  if (values.length < 2) return { low: NaN, high: NaN };
  const factor = jstat.jStat.studentt.inv((1 + confidence) / 2, values.length - 1);
  const half = factor * standardDeviation(values, "sample") / Math.sqrt(values.length);
  const center = mean(values);
  return { low: center - half, high: center + half };
}

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  readonly random: RandomStream;
  /** Resamples; 2000 keep the bounds' own noise small beside what few seeds leave open. */
  readonly replicates?: number;
  readonly confidence?: number;
}

/**
 * Percentile bootstrap interval (Efron 1979) of a statistic. Every group is resampled with replacement to its own size, which
 * for groups that are tasks is the stratified bootstrap of Agarwal et al. 2021, and for one group the plain one.
 *
 * @param groups `[group][value]`
 * @param statistic a number made from groups of the same sizes
 * @throws {RangeError} if there is no group or an empty one
 */
export function bootstrapInterval(
  groups: readonly (readonly number[])[],
  statistic: (groups: readonly (readonly number[])[]) => number,
  { random, replicates = 2000, confidence = 0.95 }: BootstrapOptions,
): Interval {
  refuseEmpty(groups, "a bootstrap");
  for (const group of groups) refuseEmpty(group, "a bootstrap");
  const resampled = groups.map((group) => [...group]);
  const results = new Float64Array(replicates);
  for (let replicate = 0; replicate < replicates; replicate++) {
    for (const [index, group] of groups.entries()) {
      const copy = resampled[index]!;
      for (let i = 0; i < group.length; i++) copy[i] = group[random.integer(group.length)]!;
    }
    results[replicate] = statistic(resampled);
  }
  results.sort();
  return { low: quantile(results, (1 - confidence) / 2), high: quantile(results, (1 + confidence) / 2) };
}

/**
 * Interquartile mean (IQM): the mean of what is left without the lowest and the highest quarter, ⌊n / 4⌋ values each.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { interquartileMean } from "soft-actor-critic";
 * assert.equal(interquartileMean([1000, 3, 5, -90]), 4);
 * ```
 *
 * @throws {RangeError} if there are no values
 */
export function interquartileMean(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort(), cut = Math.floor(values.length / 4);
  return mean([...sorted.subarray(cut, values.length - cut)]);
}

/**
 * Probability that a run of `b` beats a run of `a` on a task drawn at random (Agarwal et al. 2021): the Mann–Whitney statistic
 * over the number of pairs, ties count half, averaged over tasks.
 *
 * @param a scores `[task][run]`
 * @param b scores of the same tasks, with runs of their own
 */
export function probabilityOfImprovement(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
): number {
  return mean(a.map((scores, task) => {
    const others = b[task]!;
    let wins = 0;
    for (const x of scores) for (const y of others) wins += y > x ? 1 : y === x ? 0.5 : 0;
    return wins / (scores.length * others.length);
  }));
}

/**
 * Performance profile (Dolan and Moré 2002; score distribution of Agarwal et al. 2021): the share of runs with a score above
 * each threshold, every task counted alike.
 *
 * @param scores `[task][run]`
 */
export function performanceProfile(scores: readonly (readonly number[])[], thresholds: readonly number[]): Point[] {
  return thresholds.map((threshold) => [
    threshold,
    mean(scores.map((runs) => runs.filter((score) => score > threshold).length / runs.length)),
  ]);
}

/** Area under a curve by the trapezoid rule, in steps × value; 0 for fewer than two points. */
export function areaUnderCurve(points: readonly Point[]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [left, from] = points[i - 1]!, [right, to] = points[i]!;
    area += (right - left) * (from + to) / 2;
  }
  return area;
}

/** Area under a curve over its length in steps: the value averaged over training; a single point's value. */
export function normalizedArea(points: readonly Point[]): number {
  refuseEmpty(points, "the area");
  const first = points[0]!, last = points.at(-1)!;
  return points.length === 1 ? first[1] : areaUnderCurve(points) / (last[0] - first[0]);
}

/** The first step at which a curve is at least at the threshold; undefined if it never is. */
export function stepsToThreshold(points: readonly Point[], threshold: number): number | undefined {
  return points.find(([, value]) => value >= threshold)?.[0];
}
