/** `deno task analyze`: figures, tables and animations from runs. */

import { analyze } from "../src/analysis/analyze.ts";
import { readBand } from "../src/analysis/learning_curves.ts";
import { renderAgents } from "../src/render/render_agents.ts";
import { StatusLines } from "../src/progress.ts";
import { makeCommand, parseArguments, readText, runTask, valueFlag } from "../src/command_line.ts";

await runTask("analyze", async () => {
  const command = makeCommand({
    task: "analyze",
    summary:
      "Makes figures (SVG and PNG), the result table (CSV and Markdown) and animations of the agents (GIF) from runs.",
    examples: [
      ["", "all figures of this project, into assets"],
      ["--experiments experiments/my_runs --out-dir my_figures --band t95", "of runs of your own, with another band"],
    ],
  })
    .addOption(
      valueFlag("experiments", "DIR", "folder of all runs", readText("experiments")).default("experiments"),
    )
    .addOption(valueFlag("out-dir", "DIR", "folder for what is made", readText("out-dir")).default("assets"))
    .addOption(
      valueFlag("band", "KIND", "around the mean: sd, t68, t95, bootstrap95 or minmax", readBand).default("sd"),
    )
    .option("--no-original", "leave the original's curves out of the figures")
    .option("--no-gifs", "leave the animations of the agents as they are; they take a minute or two");
  const { flags } = parseArguments(command, Deno.args);
  const { runs, files, notes } = await analyze({
    experiments: flags.experiments as string,
    outDir: flags.outDir as string,
    band: readBand(flags.band as string),
    drawOriginal: flags.original as boolean,
  });
  for (const note of notes) console.log(`Note: ${note}`);
  for (const file of files) console.log(`Wrote ${file}`);
  if (flags.gifs) {
    const lines = new StatusLines();
    const gifs = await renderAgents(runs, flags.outDir as string, ({ env, seed }, { frames, totalFrames }) => {
      if (lines.isTerminal) lines.set("", `${env}, seed ${seed}: frame ${frames} of ${totalFrames}`);
    });
    lines.clear();
    for (const file of gifs) console.log(`Wrote ${file}`);
  }
  console.log(`Analyzed ${runs.length} ${runs.length === 1 ? "run" : "runs"}`);
  return 0;
});
