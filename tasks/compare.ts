/** `deno task compare`: two settings over their seeds, in numbers and a figure. */

import { dirname } from "node:path";
import { originalFolder } from "../src/analysis/analyze.ts";
import { compareSides, readMetric } from "../src/analysis/compare.ts";
import { comparisonFigure, comparisonMarkdown } from "../src/analysis/comparison_report.ts";
import { readBand, readOriginalCurves } from "../src/analysis/learning_curves.ts";
import { rasterize } from "../src/analysis/rasterize.ts";
import { selectRuns } from "../src/analysis/select_runs.ts";
import { makeCommand, parseArguments, readText, runTask, valueFlag } from "../src/command_line.ts";
import { writeWholeFile } from "../src/run/whole_file.ts";

await runTask("compare", async () => {
  const command = makeCommand({
    task: "compare",
    summary:
      "Compares two settings over several seeds: difference, probability of improvement, curves, and what follows.",
    examples: [
      ["experiments/low experiments/high", "the runs of two folders"],
      ["q_lr=3e-4,steps=100000 q_lr=1e-3,steps=100000 --experiments experiments/critic_lr", "runs with these settings"],
      ["experiments/low experiments/high --metric steps-to 1000", "how soon an average return of 1000 is reached"],
    ],
  })
    .usage("<A> <B> [flags]")
    .argument("<A>", "a folder of runs, a run's folder, or settings such as q_lr=3e-4")
    .argument("<B>", "what to compare it with")
    .addOption(
      valueFlag("metric", "METRIC", "final, auc, or steps-to N [default final]", readMetric),
    )
    .addOption(
      valueFlag("experiments", "DIR", "folder in which runs with settings are sought", readText("experiments"))
        .default("experiments"),
    )
    .addOption(
      valueFlag("out", "PATH", "where to write PATH.svg, PATH.png and PATH.md", readText("out"))
        .default("assets/comparison"),
    )
    .addOption(
      valueFlag("band", "KIND", "around the means: sd, t68, t95, bootstrap95 or minmax", readBand).default("sd"),
    );
  const { flags, positional } = parseArguments(command, joinMetric(Deno.args));
  const [first, second] = positional as [string, string], experiments = flags.experiments as string;
  const a = await selectRuns(first, experiments), b = await selectRuns(second, experiments);
  const metric = flags.metric as ReturnType<typeof readMetric> | undefined ?? readMetric("final");
  const comparison = compareSides(a.side, b.side, metric, await readOriginalCurves(originalFolder));
  const markdown = comparisonMarkdown(comparison, [...new Set([...a.notes, ...b.notes])]);
  const svg = comparisonFigure(comparison, a.side, b.side, readBand(flags.band as string)), out = flags.out as string;
  Deno.mkdirSync(dirname(out), { recursive: true });
  const encoder = new TextEncoder();
  writeWholeFile(`${out}.svg`, [encoder.encode(svg)]);
  writeWholeFile(`${out}.png`, [await rasterize(svg)]);
  writeWholeFile(`${out}.md`, [encoder.encode(markdown)]);
  console.log(`${markdown}\nWrote ${out}.svg, ${out}.png and ${out}.md`);
  return 0;
});

/** `--metric steps-to 1000` as the one value that it is. */
function joinMetric(args: readonly string[]): string[] {
  const index = args.findIndex((arg, i) => arg === "steps-to" && args[i - 1] === "--metric");
  if (index < 0 || index + 1 >= args.length) return [...args];
  return [...args.slice(0, index), `steps-to ${args[index + 1]}`, ...args.slice(index + 2)];
}
