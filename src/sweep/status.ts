/** What has become of each run of a sweep, as its folder shows it. */

import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { readEvents, type RunEvent } from "../run/events.ts";
import { lockName } from "../run/lock.ts";
import { inspectRun, runPaths } from "../run/run_folder.ts";
import { runDirectory } from "./manifest.ts";
import type { SweepRun } from "./plan.ts";

/**
 * `stopped` is a run whose process ended without a word (killed, or its machine went down); it goes on like an interrupted one.
 * `unusable` is a folder that holds something else.
 */
export type RunState = "not started" | "running" | "interrupted" | "stopped" | "failed" | "finished" | "unusable";

/** A run and how far it is. */
export interface RunStatus {
  readonly run: SweepRun;
  readonly state: RunState;
  /** The step of its last event. */
  readonly step: number;
  /** When that was, ISO 8601. */
  readonly time: string | undefined;
  /** Mean return of its last evaluation. */
  readonly lastReturn: number | undefined;
  /** Why it failed or cannot be used. */
  readonly fault: string | undefined;
}

/** Looks at the folder of each run of a manifest, and writes nothing. */
export function readStatus(manifest: string, runs: readonly SweepRun[]): RunStatus[] {
  return runs.map((run) => readRunStatus(run, runDirectory(manifest, run)));
}

function readRunStatus(run: SweepRun, directory: string): RunStatus {
  let events: RunEvent[], state: RunState, fault: string | undefined;
  try {
    events = readEvents(runPaths(directory).events);
    const condition = inspectRun(directory, run.config), last = events.at(-1);
    if (condition === "finished") state = "finished";
    else if (isTraining(directory)) state = "running";
    else if (last === undefined) state = "not started";
    else state = last.event === "interrupted" || last.event === "failed" ? last.event : "stopped";
    if (state === "failed" && typeof last?.message === "string") fault = last.message;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    events = [];
    state = "unusable";
    fault = error.message;
  }
  const last = events.at(-1), evaluation = events.findLast(({ event }) => event === "evaluation");
  return {
    run,
    state,
    step: state === "finished" ? run.config.steps : last?.step ?? 0,
    time: last?.time,
    lastReturn: typeof evaluation?.episodicReturn === "number" ? evaluation.episodicReturn : undefined,
    fault,
  };
}

const freshLock = 1_000; // milliseconds

/**
 * Whether a process trains in a run's folder. A lock can only be asked after by taking it for a moment, here shared; so that this
 * never keeps a run from starting, a lock file that has just been written counts as held.
 */
export function isTraining(directory: string): boolean {
  try {
    using file = Deno.openSync(join(directory, lockName), { read: true });
    const { mtime } = file.statSync();
    return mtime !== null && Date.now() - mtime.getTime() < freshLock || !file.tryLockSync(false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** `3 finished, 2 running, 7 not started`. */
export function countStates(statuses: readonly { state: RunState }[]): string {
  const counts = new Map<RunState, number>();
  for (const { state } of statuses) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}
