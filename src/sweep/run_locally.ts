/** A sweep on this machine: runs of a manifest as processes of their own, as many at once as there is room for. */

import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RunLock } from "../run/lock.ts";
import { inspectRun } from "../run/run_folder.ts";
import { type Job, type JobResult, type PoolOptions, runPool, trainDenoFlags, trainModule } from "../run_pool.ts";
import { runDirectory } from "./manifest.ts";
import type { SweepRun } from "./plan.ts";
import { isTraining } from "./status.ts";

/** A sweep to run here. */
export interface LocalSweep extends Pick<PoolOptions, "concurrency" | "onStart" | "onMessage" | "onEnd" | "signal"> {
  /** Its manifest, which has been written. */
  readonly manifest: string;
  /** The runs to train; a job is named by its run's folder. */
  readonly runs: readonly SweepRun[];
  /** Threads of each run. */
  readonly threads: number;
  /** Hears what a person should know. */
  readonly onNote?: (note: string) => void;
}

/** How often a run is started before it counts as failed. */
export const maximumAttempts = 2;

/**
 * The runs of a manifest that are not finished yet.
 *
 * @throws {UsageError} if the folder of a run cannot be used
 */
export function unfinishedRuns(manifest: string, runs: readonly SweepRun[]): SweepRun[] {
  return runs.filter((run) => inspectRun(runDirectory(manifest, run), run.config) !== "finished");
}

/**
 * Trains runs of a manifest, or goes on with them. One that fails is started once more, after the others.
 *
 * @returns how each ended, in their order
 * @throws {UsageError} if another process runs this sweep
 */
export async function runSweep(sweep: LocalSweep): Promise<JobResult[]> {
  const { manifest, runs, threads, signal, onNote } = sweep, folder = dirname(manifest);
  const lock = RunLock.acquire(folder);
  try {
    await waitForOrphans(runs.map((run) => runDirectory(manifest, run)), { signal, onNote });
    const jobs = runs.map((run): Job => ({
      name: run.folder,
      module: trainModule,
      args: [`--manifest=${manifest}`, `--index=${run.index}`, `--threads=${threads}`, "--json"],
      denoFlags: trainDenoFlags(runDirectory(manifest, run)),
    }));
    return await runPool(jobs, {
      ...sweep,
      retry: ({ code, attempts }) => code !== 0 && attempts < maximumAttempts,
    });
  } finally {
    lock.release();
  }
}

const orphansTime = 30_000; // milliseconds

/** Processes of a sweep that was killed end by themselves, with a checkpoint, once they find nobody listening. */
async function waitForOrphans(
  directories: readonly string[],
  { signal, onNote }: { signal: AbortSignal | undefined; onNote: ((note: string) => void) | undefined },
): Promise<void> {
  const end = performance.now() + orphansTime;
  let isNoted = false;
  while (directories.some(isTraining) && performance.now() < end && !signal?.aborted) {
    if (!isNoted) onNote?.("Waiting for processes that are still training in the sweep's folders");
    isNoted = true;
    await setTimeout(100);
  }
}
