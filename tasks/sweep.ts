/** `deno task sweep`: many runs, here or on a cluster. `deno task sweep status <name>`: what has become of them. */

import { join } from "node:path";
import { makeCommand, parseArguments, readFolderName, readText, runTask, valueFlag } from "../src/command_line.ts";
import { UsageError } from "../src/errors.ts";
import { formatTable } from "../src/progress.ts";
import { kubernetesTemplate } from "../src/sweep/kubernetes.ts";
import { checkManifest, formatManifest, manifestName, readManifest, writeManifest } from "../src/sweep/manifest.ts";
import { unfinishedRuns } from "../src/sweep/run_locally.ts";
import { formatIndices, readQueue, slurmScript, submitToSlurm } from "../src/sweep/slurm.ts";
import { countStates, readStatus } from "../src/sweep/status.ts";
import { makeSweepCommand, planFromFlags } from "../src/sweep/sweep_flags.ts";
import { trainHere } from "../src/sweep/train_here.ts";

await runTask("sweep", () => Deno.args[0] === "status" ? showStatus(Deno.args.slice(1)) : sweep(Deno.args));

async function sweep(args: readonly string[]): Promise<number> {
  const { flags, runs, settings } = planFromFlags(parseArguments(makeSweepCommand(), args).flags);
  const {
    name,
    outDir = "experiments",
    launcher = "local",
    dryRun = false,
    cpusPerTask = 1,
    maxParallel,
    grace = 120,
  } = flags;
  const manifest = join(outDir, name, manifestName);
  checkManifest(manifest, runs);
  const unfinished = unfinishedRuns(manifest, runs);
  const threads = settings.threads || cpusPerTask, parallel = maxParallel === undefined ? {} : { maxParallel };

  switch (launcher) {
    case "local":
      if (dryRun) return print(formatManifest(runs));
      writeManifest(manifest, runs);
      return await trainHere(manifest, runs, unfinished, { jobs: flags.jobs, threads: settings.threads });
    case "kubernetes":
      if (!dryRun) {
        throw new UsageError(
          "Cannot start a sweep on Kubernetes from here: add --dry-run, look through what it prints, apply it",
        );
      }
      return print(kubernetesTemplate({ name, runs, cpusPerTask, threads, grace, ...parallel }));
    case "slurm": {
      if (unfinished.length === 0) return print(`All ${runs.length} runs are finished`);
      const { time, partition, memory, sbatch = [] } = flags;
      const options = {
        ...(time !== undefined && { time }),
        ...(partition !== undefined && { partition }),
        ...(memory !== undefined && { memory }),
        ...parallel,
        cpusPerTask,
        grace,
        further: sbatch,
      };
      const array = { name, manifest, threads, options };
      if (dryRun) {
        const indices = unfinished.map(({ index }) => index);
        return print(`${slurmScript({ ...array, indices })}\n${formatManifest(runs)}`);
      }
      const queue = await readQueue(manifest);
      const indices = unfinished.map(({ index }) => index).filter((index) => !queue.has(index));
      if (indices.length === 0) return print(`All ${unfinished.length} unfinished runs are in the queue already`);
      writeManifest(manifest, runs);
      const job = await submitToSlurm({ ...array, indices });
      console.log(
        `Submitted job ${job}: runs ${formatIndices(indices)} of ${runs.length}\nNext: deno task sweep status ${name}` +
          (flags.outDir === undefined ? "" : ` --out-dir ${outDir}`),
      );
      return 0;
    }
  }
}

async function showStatus(args: readonly string[]): Promise<number> {
  const command = makeCommand({
    task: "sweep status",
    summary:
      "Shows what has become of each run of a sweep: from its folder, and from Slurm's queue if it was submitted there.",
    examples: [["critic_lr", "the sweep in experiments/critic_lr"]],
  })
    .usage("<name> [flags]")
    .argument("<name>", "the sweep's folder within the out-dir")
    .addOption(valueFlag("out-dir", "DIR", "folder of all runs [default experiments]", readText("out-dir")))
    .option("--json", "print one JSON object a run, for programs");
  const { flags, positional } = parseArguments(command, args);
  const { outDir = "experiments", json = false } = flags as { outDir?: string; json?: boolean };
  const manifest = join(outDir, readFolderName(positional[0]!), manifestName);
  const statuses = readStatus(manifest, readManifest(manifest)), queue = await readQueue(manifest);
  if (json) {
    for (const { run: { index, folder, config: { steps } }, ...status } of statuses) {
      console.log(JSON.stringify({ index, folder, steps, ...status, queue: queue.get(index) }));
    }
    return 0;
  }
  const rows = statuses.map(({ run: { index, folder, config }, state, step, lastReturn, time }) => {
    const task = queue.get(index);
    return [
      String(index),
      folder,
      state,
      String(step),
      String(config.steps),
      lastReturn?.toFixed(1) ?? "–",
      time?.replace("T", " ").replace(/\.\d+Z$/, "Z") ?? "–",
      ...(queue.size > 0
        ? [task ? `${task.state} (job ${task.job}${task.reason === "None" ? "" : `, ${task.reason}`})` : ""]
        : []),
    ];
  });
  const header = [
    "index",
    "run",
    "state",
    "step",
    "of",
    "last return",
    "last event",
    ...(queue.size > 0 ? ["queue"] : []),
  ];
  console.log(formatTable(header, rows));
  for (const { run, fault } of statuses) if (fault) console.log(`${run.folder}: ${fault}`);
  console.log(`\n${countStates(statuses)}`);
  return 0;
}

function print(text: string): number {
  console.log(text.trimEnd());
  return 0;
}
