/** The figures of the original, from runs: one per environment, Hopper's single runs, Hopper's two critic learning rates. */

import { type Band, type Curve, drawFigure, type Panel } from "./draw_figure.ts";
import { type BandKind, bandLabels, countRange, meanCurve, type MeanPoint, meanPoints } from "./learning_curves.ts";
import { learningCurve, type Run } from "./read_runs.ts";
import type { Point } from "./statistics.ts";

/** Axes of every learning curve. */
export const axes = { xLabel: "Time steps", yLabel: "Average return" };

/** How an environment's figure is drawn. */
export interface EnvironmentFigureOptions {
  readonly band: BandKind;
  /** The original's mean curve, to compare with. */
  readonly original?: readonly Point[] | undefined;
}

/** A number for a description: without decimals, the minus as a hyphen for screen readers. */
const round = (value: number) => value.toFixed(0);

/** The band of a mean curve, if any step has one. */
export function bandOfCurve(curve: readonly MeanPoint[], label: string, color: Band["color"]): Band[] {
  const points = curve.flatMap(({ step, band }) => band ? [{ x: step, low: band.low, high: band.high }] : []);
  return points.length > 0 ? [{ label, color, points }] : [];
}

/** The mean over seeds with its band, the single seeds faint behind it, the original's mean dashed. */
export function environmentPanel(env: string, runs: readonly Run[], options: EnvironmentFigureOptions): Panel {
  const curve = meanCurve(runs, options.band), count = countRange(curve);
  const seeds = runs.map((run): Curve => (
    { label: "single seeds", color: "orange", style: "faint", points: learningCurve(run) }
  ));
  const original: Curve[] = options.original
    ? [{ label: "mean of the original", color: "blue", style: "dashed", points: options.original }]
    : [];
  const seedWord = runs.length === 1 ? "seed" : "seeds";
  return {
    title: env,
    ...axes,
    curves: [
      { label: `mean of ${count} ${seedWord}`, color: "orange", style: "dotted", points: meanPoints(curve) },
      ...original,
      ...(runs.length > 1 ? seeds : []),
    ],
    bands: bandOfCurve(curve, `${bandLabels[options.band]} (n = ${count})`, "orange"),
  };
}

/** The figure of one environment, as SVG. */
export function environmentFigure(env: string, runs: readonly Run[], options: EnvironmentFigureOptions): string {
  const panel = environmentPanel(env, runs, options), last = meanCurve(runs, options.band).at(-1)!;
  return drawFigure({
    title: `Learning curve of Soft Actor-Critic on ${env}`,
    description: `Average return of evaluations against time steps, mean over seeds ${
      runs.map(({ seed }) => seed).join(", ")
    }, which ends at ${round(last.mean)} at step ${last.step}; the band is ${bandLabels[options.band]}.` +
      (options.original ? " Dashed: the mean of the original, read off its plot." : ""),
    panels: [panel],
  });
}

const colors = ["orange", "blue", "green"] as const;

/** Single runs in one chart, each with a label, as SVG. */
export function runsFigure(title: string, runs: readonly { readonly label: string; readonly run: Run }[]): string {
  return drawFigure({
    title,
    description: `Average return of evaluations against time steps. ${
      runs.map(({ label, run }) => {
        const best = run.evaluations.reduce((a, b) => b.episodicReturn > a.episodicReturn ? b : a);
        return `${label}: best ${round(best.episodicReturn)} at step ${best.step}.`;
      }).join(" ")
    }`,
    panels: [{
      title,
      ...axes,
      curves: runs.map(({ label, run }, index): Curve => (
        { label, color: colors[index % colors.length]!, style: "solid", points: learningCurve(run) }
      )),
      bands: [],
    }],
  });
}

/** A file and what it holds. */
export interface NamedFigure {
  readonly name: string;
  readonly svg: string;
}

/**
 * All figures that the runs give, and in words what could not be drawn.
 *
 * @param originals the original's mean curves by environment; empty to leave them out
 */
export function drawFigures(
  runs: readonly Run[],
  band: BandKind,
  originals: ReadonlyMap<string, readonly Point[]>,
): { figures: NamedFigure[]; notes: string[] } {
  const figures: NamedFigure[] = [], notes: string[] = [];
  const base = runs.filter(({ name }) => name === "");
  for (const env of new Set(base.map(({ env }) => env))) {
    const group = base.filter((run) => run.env === env);
    figures.push({
      name: env.toLowerCase(),
      svg: environmentFigure(env, group, { band, original: originals.get(env) }),
    });
  }
  const hopper = (name: string, seed: number) =>
    runs.find((run) => run.env === "Hopper-v4" && run.name === name && run.seed === seed);
  const comparisons = [
    {
      name: "hopper-v4_single_runs",
      title: "Hopper-v4, single runs",
      members: [["seed 1", hopper("", 1)], ["seed 2", hopper("", 2)], ["seed 3, long run", hopper("long_run", 3)]],
    },
    {
      name: "hopper-v4_critic_lrate",
      title: "Hopper-v4, critic learning rate",
      members: [["3e-4 (seed 1)", hopper("", 1)], ["1e-3 (seed 1)", hopper("high_critic_lrate", 1)]],
    },
  ] as const;
  for (const { name, title, members } of comparisons) {
    const present = members.flatMap(([label, run]) => run ? [{ label, run }] : []);
    const missing = members.filter(([, run]) => !run).map(([label]) => label).join("; ");
    if (present.length === 0) continue;
    if (present.length < 2) notes.push(`${name} is not drawn: runs are missing (${missing})`);
    else {
      if (missing) notes.push(`${name} is drawn without ${missing}: no such run`);
      figures.push({ name, svg: runsFigure(title, present) });
    }
  }
  return { figures, notes };
}
