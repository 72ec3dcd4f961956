/** `deno task train:<preset>`: the original's runs, each in a process of its own, some at once. */

import {
  addFolderFlags,
  addSettings,
  makeCommand,
  parseArguments,
  readInteger,
  runTask,
  settingsOf,
  stopOnSignals,
  valueFlag,
} from "../src/command_line.ts";
import { UsageError } from "../src/errors.ts";
import { presets } from "../src/presets.ts";
import { formatDuration, formatTable, indent, type RunMessage, RunView, StatusLines } from "../src/progress.ts";
import { runPool, trainingJob } from "../src/run_pool.ts";
import type { TrainSummary } from "../src/train.ts";

const [preset = "", ...args] = Deno.args;

await runTask(`train:${preset}`, async () => {
  const runs = preset === "all" ? Object.values(presets).flat() : presets[preset] ?? [];
  if (runs.length === 0) {
    throw new UsageError(
      `Cannot train the preset "${preset}": expected one of ${Object.keys(presets).join(", ")}, all`,
    );
  }
  const command = makeCommand({
    task: `train:${preset}`,
    summary:
      `Trains ${runs.length === 1 ? "a run" : `${runs.length} runs`} of the original, each in its own process. ` +
      "The same command again goes on with interrupted runs and leaves finished ones as they are.",
    examples: [["--jobs 2", "two runs at once"], ["--steps 3000 --out-dir /tmp/quick", "short runs, elsewhere"]],
  });
  addSettings(command, ["env", "seed"]);
  addFolderFlags(command);
  command.addOption(
    valueFlag("jobs", "N", "runs at once [at least 1; default as many as cores]", readInteger("jobs", 1)),
  );
  const { flags } = parseArguments(command, args);

  const cores = navigator.hardwareConcurrency;
  const jobs = Math.min((flags.jobs as number | undefined) ?? cores, runs.length);
  const { threads = Math.max(1, Math.floor(cores / jobs)) } = settingsOf(flags);
  const { outDir = "experiments", overwrite } = flags as { outDir?: string; overwrite?: boolean };
  const pool = runs.map(({ name, settings }) =>
    trainingJob({
      settings: { ...settings, ...settingsOf(flags), threads },
      outDir,
      overwrite: overwrite === true,
      ...(name !== undefined && { name }),
    })
  );

  const stop = stopOnSignals(), lines = new StatusLines();
  const views = new Map(pool.map(({ name }) => [name, new RunView(lines, pool.length > 1 ? `${name}: ` : "")]));
  const summaries = new Map<string, TrainSummary>();
  lines.print(`${count(pool.length, "run")}, ${jobs} at once, ${count(threads, "thread")} each; folder ${outDir}`);
  const results = await runPool(pool, {
    concurrency: jobs,
    signal: stop.signal,
    onMessage: ({ name }, message) => {
      if (typeof message === "string") return lines.print(`${name}: ${message}`);
      const told = message as RunMessage;
      if (told.event === "summary") summaries.set(name, told);
      views.get(name)!.show(told);
    },
    onEnd: ({ job: { name }, code, errors }) => {
      views.get(name)!.close();
      lines.print(`${name}: ${outcome(code, summaries.get(name))}`);
      if (errors !== "") lines.print(indent(errors, `${name}: `));
    },
  });
  lines.clear();

  const rows = results.map(({ job: { name }, code, seconds }) => {
    const summary = summaries.get(name);
    return [
      name,
      outcome(code, summary),
      String(summary?.step ?? "–"),
      formatDuration(seconds),
      summary && !summary.alreadyFinished ? summary.stepsPerSecond.toFixed(1) : "–",
      summary?.evaluationReturn?.toFixed(1) ?? "–",
    ];
  });
  console.log("\n" + formatTable(["run", "outcome", "step", "time", "steps/s", "last return"], rows));

  if (stop.signal.aborted) return stop.signal.reason;
  const failures = results.filter(({ code }) => code !== 0);
  return failures.length === 0 ? 0 : failures.every(({ code }) => code === 2) ? 2 : 1;
});

function outcome(code: number | undefined, summary: TrainSummary | undefined): string {
  if (code === undefined) return "not started";
  if (code === 0) return summary?.alreadyFinished ? "finished before" : "finished";
  return summary?.status === "interrupted" ? "interrupted" : `failed with exit code ${code}`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
