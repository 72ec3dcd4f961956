/** A sweep on this machine, as a person at the console sees it. */

import { resolve } from "node:path";
import { stopOnSignals } from "../command_line.ts";
import { drawStatus, formatDuration, formatTable, indent, type RunMessage, StatusLines } from "../progress.ts";
import type { TrainSummary } from "../run/pace.ts";
import type { SweepRun } from "./plan.ts";
import { maximumAttempts, runSweep } from "./run_locally.ts";
import { SweepProgress } from "./sweep_progress.ts";

/** Trains the unfinished runs of a manifest in processes of this machine; returns the exit code. */
export async function trainHere(
  manifest: string,
  runs: readonly SweepRun[],
  unfinished: readonly SweepRun[],
  { jobs, threads }: { jobs: number | undefined; threads: number | undefined },
): Promise<number> {
  const cores = navigator.hardwareConcurrency, concurrency = Math.max(1, Math.min(jobs ?? cores, unfinished.length));
  const threadsEach = threads || Math.max(1, Math.floor(cores / concurrency));
  const stop = stopOnSignals(), lines = new StatusLines(), progress = new SweepProgress(runs, concurrency);
  const summaries = new Map<string, TrainSummary>(), attempts = new Map<string, number>(), total = "total";
  for (const run of runs) if (!unfinished.includes(run)) progress.end(run.folder, "finished");
  let announced = 0; // in twentieths of all steps, where lines cannot be rewritten
  const showTotal = () => {
    const twentieths = Math.floor(20 * progress.share);
    if (lines.isTerminal) lines.set(total, progress.describe());
    else if (twentieths > announced) lines.print(progress.describe());
    announced = Math.max(announced, twentieths);
  };
  lines.print(
    `${runs.length} runs, ${runs.length - unfinished.length} of them finished before; ${concurrency} at once, ` +
      `${threadsEach} ${threadsEach === 1 ? "thread" : "threads"} each\nmanifest ${manifest}`,
  );
  const results = await runSweep({
    manifest: resolve(manifest),
    runs: unfinished,
    concurrency,
    threads: threadsEach,
    signal: stop.signal,
    onNote: (note) => lines.print(note),
    onStart: ({ name }) => {
      attempts.set(name, (attempts.get(name) ?? 0) + 1);
      progress.start(name);
      lines.print(`${name}: ${attempts.get(name)! > 1 ? "started once more" : "started"}`);
      showTotal();
    },
    onMessage: ({ name }, message) => {
      if (typeof message === "string") return lines.print(`${name}: ${message}`);
      const told = message as RunMessage;
      if (told.event === "summary") summaries.set(name, told);
      if (told.event !== "progress") return;
      progress.update(name, told);
      lines.set(name, `${name}: ${drawStatus(told)}`);
      showTotal();
    },
    onEnd: ({ job: { name }, code, errors, attempts }) => {
      const isAgain = code !== 0 && attempts < maximumAttempts && !stop.signal.aborted;
      progress.end(name, code === 0 ? "finished" : isAgain ? "to be retried" : "failed");
      lines.remove(name);
      lines.print(`${name}: ${outcome(code, summaries.get(name))}${isAgain ? "; it will be started once more" : ""}`);
      if (errors !== "") lines.print(indent(errors, `${name}: `));
      showTotal();
    },
  });
  lines.clear();

  if (results.length > 0) {
    const rows = results.map(({ job: { name }, code, seconds, attempts }) => [
      name,
      outcome(code, summaries.get(name)),
      String(attempts),
      String(summaries.get(name)?.step ?? "–"),
      formatDuration(seconds),
      summaries.get(name)?.evaluationReturn?.toFixed(1) ?? "–",
    ]);
    console.log("\n" + formatTable(["run", "outcome", "starts", "step", "time", "last return"], rows));
  } else console.log(`All ${runs.length} runs are finished`);
  if (stop.signal.aborted) {
    console.log("Stopped; the same command goes on from here");
    return stop.signal.reason;
  }
  const failed = results.filter(({ code }) => code !== 0);
  if (failed.length === 0) return 0;
  console.error(`\n${failed.length} of ${runs.length} runs failed:`);
  for (const { job: { name }, code, errors } of failed) {
    console.error(indent(errors.split("\n").at(-1) || `exit code ${code}`, `  ${name}: `));
  }
  return failed.every(({ code }) => code === 2) ? 2 : 1;
}

function outcome(code: number | undefined, summary: TrainSummary | undefined): string {
  if (code === undefined) return "not started";
  if (code === 0) return "finished";
  return summary?.status === "interrupted" ? "interrupted" : `failed with exit code ${code}`;
}
