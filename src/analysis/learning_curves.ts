/** Learning curves of several seeds as one: their mean and a band; and the original's mean curves. */

import { parse } from "csv-parse/sync";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { mean, standardDeviation } from "../moments.ts";
import { RandomStream } from "../random.ts";
import type { Run } from "./read_runs.ts";
import { bootstrapInterval, type Interval, type Point, tInterval } from "./statistics.ts";

/** The bands, and what each is called on a figure. */
export const bandLabels = {
  sd: "± population std",
  t68: "68% t interval of the mean",
  t95: "95% t interval of the mean",
  bootstrap95: "95% bootstrap interval of the mean",
  minmax: "minimum to maximum",
} as const;

/** A kind of band around a mean curve. */
export type BandKind = keyof typeof bandLabels;

/**
 * Reads the name of a band.
 *
 * @throws {UsageError} if there is no such band
 */
export function readBand(text: string): BandKind {
  if (Object.hasOwn(bandLabels, text)) return text as BandKind;
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} for --band: expected one of ${Object.keys(bandLabels).join(", ")}`,
  );
}

/** A step's mean return over the seeds that were evaluated there; the band is missing where one value allows none. */
export interface MeanPoint {
  readonly step: number;
  readonly count: number;
  readonly mean: number;
  readonly band: Interval | undefined;
}

/** The mean over seeds at every step at which any of them was evaluated, in rising order. */
export function meanCurve(runs: readonly Run[], kind: BandKind): MeanPoint[] {
  const returns = new Map<number, number[]>();
  for (const run of runs) {
    for (const { step, episodicReturn } of run.evaluations) {
      const values = returns.get(step);
      if (values) values.push(episodicReturn);
      else returns.set(step, [episodicReturn]);
    }
  }
  return [...returns].sort(([a], [b]) => a - b).map(([step, values]) => ({
    step,
    count: values.length,
    mean: mean(values),
    band: values.length > 1 ? bandOf(values, kind, step) : undefined,
  }));
}

function bandOf(values: readonly number[], kind: BandKind, step: number): Interval {
  switch (kind) {
    case "sd": {
      const center = mean(values), spread = standardDeviation(values, "population");
      return { low: center - spread, high: center + spread };
    }
    case "t68":
      return tInterval(values, 0.68);
    case "t95":
      return tInterval(values, 0.95);
    case "bootstrap95":
      return bootstrapInterval([values], ([group]) => mean(group!), { random: new RandomStream(0, "band", step) });
    case "minmax":
      return { low: Math.min(...values), high: Math.max(...values) };
  }
}

/** A mean curve's points without its band. */
export function meanPoints(curve: readonly MeanPoint[]): Point[] {
  return curve.map(({ step, mean }) => [step, mean]);
}

/** Over how many seeds the mean goes, in words: `3`, or `2–3` where runs end early. */
export function countRange(curve: readonly MeanPoint[]): string {
  const counts = new Set(curve.map(({ count }) => count)), least = Math.min(...counts), most = Math.max(...counts);
  return least === most ? `${most}` : `${least}–${most}`;
}

/** Runs by environment and folder name, in the order in which they come. */
export function groupRuns(runs: readonly Run[]): { name: string; env: string; runs: Run[] }[] {
  const groups = new Map<string, { name: string; env: string; runs: Run[] }>();
  for (const run of runs) {
    const key = JSON.stringify([run.name, run.env]), group = groups.get(key);
    if (group) group.runs.push(run);
    else groups.set(key, { name: run.name, env: run.env, runs: [run] });
  }
  return [...groups.values()];
}

/** What the seeds of one group leave open, in words: runs that end before the others. */
export function unequalLengths(runs: readonly Run[]): string[] {
  const ends = runs.map((run) => run.evaluations.at(-1)!.step), longest = Math.max(...ends);
  return runs.filter((_, index) => ends[index]! < longest).map((run) =>
    `${run.folder} ends at step ${run.evaluations.at(-1)!.step}: from there to ${longest} the mean is over fewer seeds`
  );
}

/**
 * The original's mean curves, read off its published plots, by environment.
 *
 * @param folder `assets/original`
 * @throws {UsageError} if a file there is malformed
 */
export async function readOriginalCurves(folder: string): Promise<Map<string, Point[]>> {
  const curves = new Map<string, Point[]>();
  for (const env of ["HalfCheetah-v4", "Hopper-v4", "InvertedPendulum-v4"]) {
    const file = join(folder, `${env}.csv`);
    let rows: string[][];
    try {
      rows = parse(await Deno.readTextFile(file), { from_line: 2 });
    } catch (error) {
      throw new UsageError(`Cannot use ${file}: ${(error as Error).message}`);
    }
    const points = rows.map(([step, value]): Point => [Number(step), Number(value)]);
    if (points.length === 0 || !points.flat().every(Number.isFinite)) {
      throw new UsageError(`Cannot use ${file}: expected rows of step,mean_return`);
    }
    curves.set(env, points);
  }
  return curves;
}
