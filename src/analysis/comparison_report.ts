/** A comparison as a figure, a page of Markdown, and sentences on what the seeds do and do not allow to conclude. */

import {
  type Comparison,
  type EnvironmentComparison,
  type Estimate,
  type Metric,
  type ScoreComparison,
  seedsNeeded,
  type Side,
  smallestRankTestP,
} from "./compare.ts";
import { type Curve, drawFigure, type Panel } from "./draw_figure.ts";
import { axes, bandOfCurve } from "./figures.ts";
import { type BandKind, bandLabels, countRange, meanCurve, meanPoints } from "./learning_curves.ts";
import { learningCurve } from "./read_runs.ts";
import { finalEvaluations, markdownTable } from "./results.ts";

/** What a metric is called in a sentence. */
export function metricName(metric: Metric): string {
  switch (metric.kind) {
    case "final":
      return `final return (mean of the last ${finalEvaluations} evaluations)`;
    case "auc":
      return "return averaged over training (area under the curve over its length)";
    case "steps-to":
      return `steps to an average return of ${metric.threshold}`;
  }
}

/** Learning curves of both sides, one chart per environment, and the performance profile, as SVG. */
export function comparisonFigure(comparison: Comparison, a: Side, b: Side, band: BandKind): string {
  const { labels, profile, metric, environments } = comparison;
  const panels = environments.map(({ env, steps }): Panel => {
    const sides = ([["A", a, "orange"], ["B", b, "blue"]] as const).map(([letter, side, color]) => {
      const runs = side.runs.filter((run) => run.env === env).map((run) => (
        { ...run, evaluations: run.evaluations.filter(({ step }) => step <= steps) }
      ));
      const curve = meanCurve(runs, band), label = `${letter}: ${side.label} (n = ${countRange(curve)})`;
      const seeds = runs.map((run): Curve => ({ label, color, style: "faint", points: learningCurve(run) }));
      const dots: Curve = { label, color, style: "dotted", points: meanPoints(curve) };
      return { dots, seeds: runs.length > 1 ? seeds : [], bands: bandOfCurve(curve, label, color) };
    });
    return {
      title: `${env}, mean and ${bandLabels[band]}`,
      ...axes,
      curves: [...sides.map(({ dots }) => dots), ...sides.flatMap(({ seeds }) => seeds)],
      bands: sides.flatMap(({ bands }) => bands),
    };
  });
  if (profile) {
    panels.push({
      title: "Performance profile",
      xLabel: metric.kind === "steps-to"
        ? environments.length > 1 ? "Share τ of the steps" : "Time steps τ"
        : environments.length > 1
        ? "Score τ (1: the original's final return)"
        : metric.kind === "final"
        ? "Final return τ"
        : "Return averaged over training τ",
      yLabel: metric.kind === "steps-to" ? "Share of runs there by τ" : "Share of runs above τ",
      yIncludes: 1,
      curves: [
        { label: `A: ${labels.a}`, color: "orange", style: "steps", points: profile.a },
        { label: `B: ${labels.b}`, color: "blue", style: "steps", points: profile.b },
      ],
      bands: [],
    });
  }
  return drawFigure({
    title: `${labels.a} (A) against ${labels.b} (B)`,
    description: `Learning curves on ${environments.map(({ env }) => env).join(", ")} and performance profile. ${
      conclusions(comparison).join(" ")
    }`,
    panels,
  });
}

/** As many decimals as tell: none for steps, one for returns, three for scores. */
function decimalsOf(metric: Metric, scaled: boolean): number {
  return scaled ? 3 : metric.kind === "steps-to" ? 0 : 1;
}

function interval({ low, high }: Estimate, decimals: number): string {
  return `${low.toFixed(decimals)} to ${high.toFixed(decimals)}`;
}

/** Sentences on what the seeds allow to conclude, and what not. */
export function conclusions(comparison: Comparison): string[] {
  const { environments, pooled, metric } = comparison;
  const sentences = environments.flatMap((environment) => concludeEnvironment(environment, metric));
  if (pooled && environments.length > 1) {
    sentences.push(`Over all environments: ${verdict(pooled, metric, decimalsOf(metric, true))}.`);
  }
  const limits = environments.map(({ env, steps }) => `${env} up to ${steps} steps`).join(", ");
  return [...sentences, `All this holds for ${limits}; it says nothing of other tasks, settings or longer training.`];
}

function verdict({ difference, improvement }: ScoreComparison, metric: Metric, decimals: number): string {
  const { value, low, high } = difference, size = Math.abs(value).toFixed(decimals);
  const what = metric.kind === "steps-to"
    ? value < 0 ? `B needs ${size} fewer` : `B needs ${size} more`
    : value < 0
    ? `B is lower by ${size}`
    : `B is higher by ${size}`;
  const meaning = low <= 0 && high >= 0
    ? "which includes no difference: these seeds do not tell A and B apart"
    : `which leaves out no difference: the seeds speak for ${(value < 0) === (metric.kind === "steps-to") ? "B" : "A"}`;
  return `${what} on average, 95% interval of B − A ${interval(difference, decimals)}, ${meaning}; ` +
    `a run of B beats a run of A with probability ${improvement.value.toFixed(2)} (${interval(improvement, 2)})`;
}

function concludeEnvironment(environment: EnvironmentComparison, metric: Metric): string[] {
  const { env, a, b, difference } = environment, countA = a[0]!.length, countB = b[0]!.length;
  const seeds = `${countA} and ${countB} ${countA + countB > 2 ? "seeds" : "seed"}`;
  if (countA === 1 || countB === 1) {
    return [
      `${env}, ${seeds}: B minus A is ${
        difference.value.toFixed(decimalsOf(metric, false))
      }, but a single seed shows no ` +
      "spread, so nothing can be concluded; train at least 5 seeds of each.",
    ];
  }
  const sentences = [`${env}, ${seeds}: ${verdict(environment, metric, decimalsOf(metric, false))}.`];
  const smallest = smallestRankTestP(countA, countB);
  if (smallest > 0.05) {
    sentences.push(
      `So few seeds are a hint at most: even if every run of one side beat every run of the other, an exact rank test would ` +
        `give p = ${smallest.toFixed(2)}, and a bootstrap of so few values is too narrow.`,
    );
  }
  const needed = seedsNeeded(environment);
  if (difference.low <= 0 && difference.high >= 0 && needed < Infinity) {
    sentences.push(
      needed > 1000
        ? "If the difference is as small as it looks, more than 1000 seeds of each would be needed to show it."
        : `If the difference is as large as it looks, about ${needed} seeds of each would show it (power 80%).`,
    );
  }
  return sentences;
}

/** The comparison as Markdown. */
export function comparisonMarkdown(comparison: Comparison, furtherNotes: readonly string[] = []): string {
  const { labels, metric, environments, pooled, profile, notes } = comparison;
  const decimals = decimalsOf(metric, false);
  const number = (value: number | undefined) => value === undefined ? "–" : value.toFixed(decimals);
  const estimate = (one: Estimate, digits: number) => `${one.value.toFixed(digits)} (${interval(one, digits)})`;
  const summary = (name: string, scores: ScoreComparison, digits: number) => [
    name,
    `${scores.a.flat().length}, ${scores.b.flat().length}`,
    estimate(scores.interquartileMeans.a, digits),
    estimate(scores.interquartileMeans.b, digits),
    estimate(scores.difference, digits),
    estimate(scores.improvement, 2),
  ];
  const rows = environments.map((environment) => summary(environment.env, environment, decimals));
  if (pooled && environments.length > 1) rows.push(summary("all, scaled", pooled, 3));
  const perSeed = environments.flatMap(({ env, seeds }) =>
    seeds.map(({ seed, a, b }) => [
      env,
      `${seed}`,
      number(a),
      number(b),
      a === undefined || b === undefined ? "–" : number(b - a),
    ])
  );
  const marks = [0.2, 0.4, 0.6, 0.8, 0.9].map((share) => (
    Math.round(share * ((profile?.a.length ?? 1) - 1))
  ));
  const profileDecimals = environments.length > 1 ? 3 : decimals;
  const scale = metric.kind === "steps-to" ? "the steps of the shortest run" : "the original's final return";
  const allNotes = [...notes, ...furtherNotes].map((note) => `- ${note}\n`).join("");
  return `# ${labels.a} (A) against ${labels.b} (B)\n\nCompared: ${
    metricName(metric)
  }. In brackets: 95% bootstrap intervals.\n\n` +
    markdownTable(
      ["Environment", "seeds", "interquartile mean of A", "of B", "difference of means, B − A", "P(B better)"],
      rows,
    ) +
    (environments.length > 1 && pooled ? `\nScaled: each environment's values are divided by ${scale}.\n` : "") +
    `\n${conclusions(comparison).join(" ")}\n\n` +
    markdownTable(["Environment", "seed", "A", "B", "B − A"], perSeed) +
    (profile
      ? "\n" + markdownTable(
        [
          metric.kind === "steps-to" ? "Share of runs there by step" : "Share of runs above",
          ...marks.map((index) => profile.a[index]![0].toFixed(profileDecimals)),
        ],
        ([["A", profile.a], ["B", profile.b]] as const).map(([letter, points]) => [
          letter,
          ...marks.map((index) => points[index]![1].toFixed(2)),
        ]),
      )
      : "") +
    (allNotes ? `\n${allNotes}` : "");
}
