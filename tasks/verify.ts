/** `deno task verify`: trains the first steps of finished runs anew and compares the logs. */

import { readRuns } from "../src/analysis/read_runs.ts";
import { makeCommand, parseArguments, readInteger, runTask, stopOnSignals, valueFlag } from "../src/command_line.ts";
import { parseSetting } from "../src/config.ts";
import { RunError, UsageError } from "../src/errors.ts";
import { RunView, StatusLines } from "../src/progress.ts";
import { inspectRun, readConfig, runPaths } from "../src/run/run_folder.ts";
import { describeVerification, inspectVerifiableRun, type VerifiableRun, verifyRun } from "../src/verify.ts";

const experiments = "experiments";

await runTask("verify", async () => {
  const command = makeCommand({
    task: "verify",
    summary:
      "Trains the first steps of finished runs anew in a temporary folder and compares their logs byte by byte; where that " +
      "is a whole run, its policy too. Leaves with exit code 1 if a run differs.",
    examples: [
      ["experiments/Hopper-v4__seed_3", "the first 5000 steps of a run"],
      ["", `of every finished run in ${experiments}`],
      ["experiments/InvertedPendulum-v4__seed_1 --steps 50000", "a whole run"],
    ],
  })
    .usage("[run...] [flags]")
    .argument("[run...]", `folders of runs [default every finished run in ${experiments}]`)
    .addOption(
      valueFlag(
        "steps",
        "N",
        "steps to train, at most the run's own [at least 1; default 5000]",
        readInteger("steps", 1),
      ),
    )
    .addOption(
      valueFlag(
        "threads",
        "N",
        "threads of the fused engine [0 to 64; default 0: one per core]",
        (text) => parseSetting("threads", text),
      ),
    );
  const { flags, positional } = parseArguments(command, Deno.args);
  const { steps = 5000, threads = 0 } = flags as { steps?: number; threads?: number };
  const folders = positional.length > 0 ? positional : await finishedRuns();
  const runs = folders.map((folder) => inspectVerifiableRun(folder, steps, threads)); // all, before the first is trained

  const stop = stopOnSignals(), lines = new StatusLines();
  const codes = new Set<number>();
  for (const run of runs) {
    if (stop.signal.aborted) break;
    codes.add(await verify(run, lines, stop.signal));
  }
  if (stop.signal.aborted) return stop.signal.reason;
  if (runs.length > 1 && codes.size === 1 && codes.has(0)) console.log(`All ${runs.length} runs give the same bytes`);
  return [1, 2].find((code) => codes.has(code)) ?? 0;
});

/** Verifies one run and says what came of it; returns the exit code that this alone would give. */
async function verify(run: VerifiableRun, lines: StatusLines, signal: AbortSignal): Promise<number> {
  const view = new RunView(lines, `${run.directory}: `);
  try {
    const verification = await verifyRun(run, {
      signal,
      onProgress: (progress) => view.show({ event: "progress", ...progress }),
      onEvaluation: (evaluation) => view.show({ event: "evaluation", ...evaluation }),
      onMessage: (text) => view.show({ event: "message", text }),
    });
    view.close();
    console.log(describeVerification(verification));
    return verification.differences.length > 0 ? 1 : 0;
  } catch (error) {
    view.close();
    if (!(error instanceof UsageError || error instanceof RunError)) throw error;
    console.error(error.message); // the other runs can still be verified
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The finished runs among all that are there. */
async function finishedRuns(): Promise<string[]> {
  const { runs } = await readRuns(experiments);
  const finished = runs.map(({ folder }) => folder).filter((folder) =>
    inspectRun(folder, readConfig(runPaths(folder).config)) === "finished"
  );
  if (finished.length === 0) {
    throw new UsageError(
      `Cannot verify the runs in "${experiments}": none is finished; name a run's folder, or train one with ` +
        "`deno task train`",
    );
  }
  return finished;
}
