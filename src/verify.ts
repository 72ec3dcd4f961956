/**
 * Checks the promise that config and seed decide a run's bytes: trains its first steps anew, elsewhere, and compares the logs.
 *
 * What a run does in its first steps does not depend on how many it makes in all, so a short run's logs are the beginning of a
 * long one's; a policy, which is written at the end, can be compared after all steps only.
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Config, parseSetting } from "./config.ts";
import { RunError, UsageError } from "./errors.ts";
import { createLearner } from "./learner/create_learner.ts";
import type { LearnerOptions } from "./learner/learner.ts";
import { inspectRun, readConfig, type RunPaths, runPaths } from "./run/run_folder.ts";
import { logNames } from "./run/run_logs.ts";
import { exists } from "./run/whole_file.ts";
import { train, type TrainOptions } from "./train.ts";

/** A finished run, and how much of it is to be trained anew. */
export interface VerifiableRun {
  readonly directory: string;
  /** Its settings, with as many steps as are to be trained, on the backend that it was trained on. */
  readonly config: Config;
  /** Steps of the whole run. */
  readonly stepsInAll: number;
}

/** The first place where a file of the run and its counterpart that was trained anew are not the same. */
export type Difference =
  | {
    readonly file: string;
    /** From 1, the header. */
    readonly line: number;
    /** The two lines with their line ends; undefined where the file has ended. */
    readonly there: string | undefined;
    readonly anew: string | undefined;
  }
  | {
    readonly file: string;
    /** From 0. */
    readonly byte: number;
  };

/** What came of {@link verifyRun}. */
export interface Verification {
  readonly run: VerifiableRun;
  readonly isInterrupted: boolean;
  /** Rows of each log that were compared, without its header. */
  readonly rows: Readonly<Record<typeof logNames[number], number>>;
  /** The first one of each file that differs; empty if the bytes are the same. */
  readonly differences: readonly Difference[];
}

/**
 * Looks at a run that is to be verified, and writes nothing.
 *
 * @param steps how many are to be trained anew; a shorter run is trained whole
 * @param threads of the fused engine, 0 for one per core; they change no byte
 * @throws {UsageError} if there is no finished run, or a log is missing
 */
export function inspectVerifiableRun(directory: string, steps: number, threads = 0): VerifiableRun {
  const paths = runPaths(directory);
  if (!exists(directory)) throw cannotVerify(directory, "there is no such folder");
  if (!exists(paths.config)) throw cannotVerify(directory, "it has no config.json, so it is no run's folder");
  const config = readConfig(paths.config);
  if (inspectRun(directory, config) !== "finished") {
    throw cannotVerify(directory, "the run is unfinished; the command that began it goes on with it");
  }
  const missing = logNames.find((name) => !exists(paths[name]));
  if (missing) throw cannotVerify(directory, `${basename(paths[missing])} is missing`);
  return {
    directory,
    config: {
      ...config,
      steps: Math.min(steps, config.steps),
      backend: trainedBackend(paths, config),
      threads,
      checkpointFreq: 0, // there is nothing to go on with
    },
    stepsInAll: config.steps,
  };
}

/** `auto` may stand for another backend here than where the run was trained; `config.json` has noted what it stood for. */
function trainedBackend({ config: path }: RunPaths, { backend }: Config): Config["backend"] {
  const { learner } = JSON.parse(Deno.readTextFileSync(path)) as { learner?: { backend?: unknown } };
  return parseSetting("backend", String(learner?.backend ?? backend)) as Config["backend"];
}

/** What a verification tells while it trains. */
export type VerifyOptions = Pick<TrainOptions, "onProgress" | "onEvaluation" | "onMessage" | "signal">;

/**
 * Trains a run's first steps anew in a temporary folder, which is removed at the end, and compares what came out.
 *
 * @throws {UsageError} if this machine lacks the run's engine or backend
 * @throws {RunError} if training fails, or a log cannot be read
 */
export async function verifyRun(run: VerifiableRun, options: VerifyOptions = {}): Promise<Verification> {
  const directory = await Deno.makeTempDir({ prefix: "verify-" });
  try {
    const { status } = await train({ ...options, config: run.config, directory, makeLearner: makeSameLearner(run) });
    const isInterrupted = status === "interrupted";
    return isInterrupted
      ? { run, isInterrupted, rows: { eval: 0, train: 0, losses: 0 }, differences: [] }
      : { run, isInterrupted, ...compare(run, runPaths(directory)) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Makes a run's learner, if this machine can compute the same bytes. */
function makeSameLearner({ directory, config }: VerifiableRun): NonNullable<TrainOptions["makeLearner"]> {
  return async (options: LearnerOptions) => {
    const learner = await createLearner({ ...options, ...config });
    if (learner.details?.reproducible !== false) return learner;
    learner.dispose();
    throw cannotVerify(directory, `${learner.hint}; verify it on a machine with fused multiply-add`);
  };
}

function compare(
  { directory, config: { steps }, stepsInAll }: VerifiableRun,
  anewPaths: RunPaths,
): Pick<Verification, "rows" | "differences"> {
  const paths = runPaths(directory), isWhole = steps === stepsInAll;
  const differences: Difference[] = [], rows: Record<string, number> = {};
  for (const name of logNames) {
    const there = readLines(paths[name]), anew = readLines(anewPaths[name]);
    const line = firstDifference(there, anew, isWhole ? Infinity : steps);
    if (line !== undefined) {
      differences.push({ file: basename(paths[name]), line: line + 1, there: there[line], anew: anew[line] });
    }
    rows[name] = anew.length - 1;
  }
  if (isWhole) {
    const there = read(paths.policy), anew = read(anewPaths.policy);
    const byte = there.findIndex((value, index) => value !== anew[index]);
    if (!there.equals(anew)) differences.push({ file: basename(paths.policy), byte: byte < 0 ? there.length : byte });
  }
  return { rows: rows as Verification["rows"], differences };
}

/**
 * The index of the first line that is not the same in a log and in its counterpart of `steps` steps: another text, a row that is
 * missing, or one too many.
 */
export function firstDifference(there: readonly string[], anew: readonly string[], steps: number): number | undefined {
  const index = anew.findIndex((line, index) => line !== there[index]);
  if (index >= 0) return index;
  const next = there[anew.length]; // of a longer run
  return next === undefined || Number(next.split(",")[0]) >= steps ? undefined : anew.length;
}

/** A file's lines with their line ends, so that no byte goes uncompared; each byte is one character. */
function readLines(path: string): string[] {
  return read(path).toString("latin1").match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function read(path: string) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new RunError(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** A verification's outcome in words, one or more lines. */
export function describeVerification({ run, isInterrupted, rows, differences }: Verification): string {
  const { directory, config: { steps }, stepsInAll } = run, isWhole = steps === stepsInAll;
  const extent = isWhole ? `all ${steps} steps` : `the first ${steps} of ${stepsInAll} steps`;
  if (isInterrupted) return `${directory}: stopped before ${extent} were made`;
  if (differences.length === 0) {
    const parts = logNames.map((name) => `${name}.csv ${rows[name]} ${rows[name] === 1 ? "row" : "rows"}`);
    return `${directory}: ${extent} give the same bytes (${[...parts, ...(isWhole ? ["policy"] : [])].join(", ")})`;
  }
  return [`${directory}: ${extent} give other bytes`, ...differences.map(describeDifference)].join("\n");
}

function describeDifference(difference: Difference): string {
  if ("byte" in difference) return `  ${difference.file}, from byte ${difference.byte} on`;
  const { file, line, there, anew } = difference;
  return `  ${file}, line ${line}\n    there: ${show(there)}\n    anew:  ${show(anew)}`;
}

/** A line as it can be read; what else cannot be seen is escaped. */
function show(line: string | undefined): string {
  if (line === undefined) return "(no such line)";
  const text = JSON.stringify(line.replace(/\n$/, "").slice(0, 300)).slice(1, -1);
  return line.endsWith("\n") ? text : `${text} (cut off: no line end)`;
}

function cannotVerify(directory: string, why: string): UsageError {
  return new UsageError(`Cannot verify "${directory}": ${why}`);
}
