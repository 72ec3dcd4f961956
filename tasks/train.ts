/** `deno task train`: one run. */

import { join } from "node:path";
import {
  addFolderFlags,
  addSettings,
  makeCommand,
  parseArguments,
  readFolderName,
  readInteger,
  readText,
  runFolder,
  runTask,
  settingsOf,
  stopOnSignals,
  valueFlag,
} from "../src/command_line.ts";
import { type Config, resolveConfig } from "../src/config.ts";
import { UsageError } from "../src/errors.ts";
import { formatDuration, type RunMessage, RunView, StatusLines } from "../src/progress.ts";
import { chooseManifestRun, indexVariables } from "../src/sweep/manifest_run.ts";
import { train, type TrainSummary } from "../src/train.ts";

await runTask("train", async () => {
  const command = makeCommand({
    task: "train",
    summary: "Trains Soft Actor-Critic: one run, in its own folder <out-dir>/[<name>/]<env>__seed_<seed>. " +
      "The same command again goes on with an interrupted run and leaves a finished one as it is.",
    examples: [
      ["--env InvertedPendulum-v4 --seed 1", "the shortest of the original's runs"],
      ["--env Hopper-v4 --seed 3 --steps 500000 --name long_run", "a longer one, in experiments/long_run"],
      ["--env InvertedPendulum-v4 --engine tfjs --out-dir /tmp/x", "with TensorFlow.js, elsewhere"],
      ["--manifest experiments/critic_lr/manifest.jsonl --index 7", "a run of a sweep"],
    ],
  });
  addFolderFlags(addSettings(command))
    .addOption(valueFlag("name", "NAME", "folder within the out-dir", readFolderName))
    .addOption(
      valueFlag("manifest", "FILE", "train a run of a sweep, with its settings, in its folder", readText("manifest")),
    )
    .addOption(
      valueFlag(
        "index",
        "N",
        `which run of the manifest [default ${indexVariables.join(", then ")}]`,
        readInteger("index", 0),
      ),
    )
    .option("--json", "print one JSON object a line, for programs");
  const { flags } = parseArguments(command, Deno.args);
  const { overwrite = false, json = false } = flags as TrainFlags;
  const { config, directory } = chooseRun(flags);

  const stop = stopOnSignals();
  const lines = new StatusLines(), view = new RunView(lines);
  const tell = (message: RunMessage) => {
    if (!json) view.show(message);
    else if (!printLine(JSON.stringify(message))) stop.abort(nobodyListens);
  };
  tell({ event: "message", text: describeRun(config, directory) });
  let summary: TrainSummary;
  try {
    summary = await train({
      config,
      directory,
      overwrite,
      signal: stop.signal,
      onProgress: (progress) => tell({ event: "progress", ...progress }),
      onEvaluation: (evaluation) => tell({ event: "evaluation", ...evaluation }),
      onMessage: (text) => tell({ event: "message", text }),
    });
  } finally {
    view.close();
  }
  if (json) tell({ event: "summary", ...summary });
  else console.log(describeEnd(summary));
  return summary.status === "interrupted" ? stop.signal.reason : 0;
});

/** The exit code of a run that stopped because the program that read its output is gone: 128 + SIGPIPE. */
const nobodyListens = 141;

/** Whether a line could be written to standard output. */
function printLine(line: string): boolean {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
    return true;
  } catch {
    return false;
  }
}

/** The run that the flags mean: their own, or one of a manifest. */
function chooseRun(flags: TrainFlags & Record<string, unknown>): { config: Config; directory: string } {
  const { manifest, index, outDir, name } = flags, settings = settingsOf(flags);
  if (manifest === undefined) {
    if (index !== undefined) throw new UsageError("Cannot use --index without --manifest: expected both or none");
    const config = resolveConfig(settings);
    return { config, directory: join(outDir ?? "experiments", runFolder(config, name)) };
  }
  if (name !== undefined) throw new UsageError("Cannot use --name with --manifest: the manifest says it; leave it out");
  return chooseManifestRun({ manifest, index, outDir, settings });
}

interface TrainFlags {
  outDir?: string;
  name?: string;
  manifest?: string;
  index?: number;
  overwrite?: boolean;
  json?: boolean;
}

function describeRun({ env, seed, steps, engine, backend, threads }: Config, directory: string): string {
  const where = engine === "tfjs" ? `backend ${backend}` : `threads ${threads === 0 ? "as many as cores" : threads}`;
  return `${env}, seed ${seed}, ${steps} steps, engine ${engine}, ${where}\nfolder ${directory}`;
}

function describeEnd({ status, alreadyFinished, directory, step, ...rates }: TrainSummary): string {
  if (alreadyFinished) return "This run is finished and stays as it is; --overwrite starts it over";
  if (status === "interrupted") return `Stopped at step ${step} with a checkpoint; the same command goes on from there`;
  const { stepsPerSecond, updatesPerSecond } = rates;
  return `Finished ${step} steps in ${formatDuration(step / stepsPerSecond)}: ${stepsPerSecond} steps/s, ` +
    `${updatesPerSecond} updates/s\nNext: deno task evaluate ${directory}`;
}
