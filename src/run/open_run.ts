/** Begins a run in its folder, or goes on with it. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Learner } from "../learner/learner.ts";
import { restoreNewest } from "./checkpoint.ts";
import { checkLog } from "./csv_log.ts";
import { readEvents } from "./events.ts";
import { lockName, RunLock } from "./lock.ts";
import { type Measured, readMeasured } from "./meter.ts";
import {
  checkLearner,
  clearRun,
  describeLearner,
  inspectRun,
  logColumns,
  makeRunFolder,
  type RunPaths,
  writeConfig,
} from "./run_folder.ts";
import { type LogLengths, logNames, RunLogs } from "./run_logs.ts";
import { restoreCheckpoint, type TrainingState } from "./training_state.ts";
import { exists, makeFolder, removeIfThere, syncFolder, tryToWrite } from "./whole_file.ts";

/**
 * Takes the folder for this process, and makes it one with a `config.json` and a place for checkpoints.
 *
 * @returns the lock; undefined if the run is finished and nothing was done
 * @throws {UsageError} if the folder cannot be used, another process trains there, or the run there has other settings
 */
export function prepareRunFolder(
  { config, paths, overwrite, learner }: { config: Config; paths: RunPaths; overwrite: boolean; learner: Learner },
): RunLock | undefined {
  makeRunFolder(paths.directory);
  const lock = RunLock.acquire(paths.directory);
  try {
    let condition = inspectRun(paths.directory, config, overwrite);
    if (overwrite) {
      if (condition !== "absent") clearRun(paths);
      condition = "absent";
    }
    if (condition === "finished") {
      lock.release();
      return undefined;
    }
    if (condition === "unfinished") checkLearner(paths.config, learner);
    else writeConfig(paths.config, config, learner);
    tryToWrite(paths.checkpoint, () => makeFolder(paths.checkpoint));
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Removes what the process that finished a run had no time to remove. Where another process is at it, that one does. */
export function tidyFinishedRun({ directory, checkpoint }: RunPaths): void {
  if (!exists(checkpoint) && !exists(join(directory, lockName))) return;
  let lock: RunLock;
  try {
    lock = RunLock.acquire(directory);
  } catch {
    return; // held, or read-only: the run is finished all the same
  }
  try {
    removeIfThere(checkpoint);
  } finally {
    lock.release();
  }
}

/** A run that is ready for its next step. */
export interface OpenRun {
  /** Steps made. */
  readonly begin: number;
  /** Whether the state is a checkpoint's, in the middle of an episode. */
  readonly isRestored: boolean;
  readonly logs: RunLogs;
  /** Speed figures up to here, if they are known. */
  readonly measured: Measured | undefined;
}

/**
 * Restores the newest checkpoint that is whole into `state` and cuts the logs back to it. Without any checkpoint the run begins
 * anew; it gives the same bytes again.
 *
 * @throws {UsageError} if there are checkpoints, but none can be used; nothing has been changed then
 */
export function openRun(
  { paths, state, onMessage }: { paths: RunPaths; state: TrainingState; onMessage: (message: string) => void },
): OpenRun {
  let lengths: LogLengths = { eval: 0, train: 0, losses: 0 };
  const begin = restoreNewest(paths.checkpoint, (checkpoint) => {
    for (const name of logNames) checkLog(paths[name], logColumns[name], checkpoint.logs[name] ?? 0);
    restoreCheckpoint(state, checkpoint);
    lengths = checkpoint.logs as LogLengths;
  }, (message) => onMessage(`${message}; trying the checkpoint before it`));

  const earlier = readEvents(paths.events);
  tryToWrite(paths.directory, () => removeLeftovers(paths));
  const logs = new RunLogs(paths, lengths);
  const step = begin ?? 0, isNew = begin === undefined && earlier.length === 0;
  if (begin !== undefined) onMessage(`The run goes on from step ${begin}`);
  else if (!isNew) onMessage("The run goes on from step 0: it was stopped before its first checkpoint");
  try {
    tryToWrite(paths.directory, () => syncFolder(paths.directory)); // a checkpoint is worth nothing without the logs
    logs.events.append(isNew ? "started" : "resumed", step, describeLearner(state.learner));
  } catch (error) {
    logs.close();
    throw error;
  }
  const saved = earlier.findLast((event) => event.event === "checkpoint" && event.step === begin);
  return { begin: step, isRestored: begin !== undefined, logs, measured: readMeasured(saved?.measured) };
}

/** Removes what a killed process left half written. */
function removeLeftovers(paths: RunPaths): void {
  for (const folder of [paths.directory, paths.checkpoint, paths.videos]) {
    try {
      for (const { name } of Deno.readDirSync(folder)) {
        if (name.endsWith(".partial")) removeIfThere(`${folder}/${name}`);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // no videos yet
    }
  }
}
