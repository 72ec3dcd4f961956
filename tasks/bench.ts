/** `deno task bench`: how fast everything is on this machine. */

import { dirname } from "node:path";
import { describeReport } from "../bench/report.ts";
import { machineLine } from "../bench/measure.ts";
import { runBench } from "../bench/run.ts";
import { scalingFigure } from "../bench/scaling_figure.ts";
import { makeCommand, parseArguments, readText, runTask, valueFlag } from "../src/command_line.ts";
import { writeWholeFile } from "../src/run/whole_file.ts";

await runTask("bench", async () => {
  const command = makeCommand({
    task: "bench",
    summary:
      "Measures this machine: products beside the processor's peak, updates and their parts by engine and threads, " +
      "environment steps, whole training, time to the first update, memory, and how updates grow. Takes some minutes; " +
      "leave the machine alone meanwhile.",
    examples: [
      ["--json /tmp/bench.json", "the tables, and all figures as JSON"],
      ["--svg assets/bench_scaling.svg", "also the figure of the README"],
    ],
  });
  command
    .addOption(valueFlag("json", "FILE", "also write all figures as JSON", readText("json")))
    .addOption(valueFlag("svg", "FILE", "also draw how an update's time grows", readText("svg")))
    .option("--quick", "only see that everything runs: one round, small sizes; the figures mean nothing");
  const { json, svg, quick = false } = parseArguments(command, Deno.args).flags as BenchFlags;

  const folder = await Deno.makeTempDir({ prefix: "sac_bench_" });
  try {
    const report = await runBench({ quick, folder, onProgress: (what) => console.error(`Measuring ${what} …`) });
    console.log(describeReport(report));
    if (json !== undefined) write(json, JSON.stringify(report, null, 2) + "\n");
    if (svg !== undefined) write(svg, scalingFigure(report.scaling, machineLine(report.machine)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return 0;
});

interface BenchFlags {
  json?: string;
  svg?: string;
  quick?: boolean;
}

function write(path: string, text: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  writeWholeFile(path, [new TextEncoder().encode(text)]);
  console.error(`Wrote ${path}`);
}
