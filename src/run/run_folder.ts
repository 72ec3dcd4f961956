/** A run's folder: what is in it, whether a run can begin or go on there, and its `config.json`. */

import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import {
  type Config,
  configDifferences,
  configFromJson,
  configToJson,
  environmentIds,
  flagName,
  keyName,
} from "../config.ts";
import { UsageError } from "../errors.ts";
import type { Learner } from "../learner/learner.ts";
import { readEvents } from "./events.ts";
import { lockName } from "./lock.ts";
import { exists, makeFolder, readWholeFile, removeIfThere, tryToWrite, writeWholeFile } from "./whole_file.ts";

/** The columns of the three logs, in order. */
export const logColumns = {
  eval: { step: "integer", episodic_return: "float64", episodic_length: "float64", return_std: "float64" },
  train: { step: "integer", episodic_return: "float64", episodic_length: "integer" },
  losses: {
    step: "integer",
    policy_loss: "float32",
    alpha_loss: "float32",
    q_loss: "float32",
    q1_loss: "float32",
    q2_loss: "float32",
    q1_values: "float32",
    q2_values: "float32",
    alpha: "float32",
  },
} as const;

/** The paths of a run's files. */
export interface RunPaths {
  readonly directory: string;
  readonly config: string;
  readonly eval: string;
  readonly train: string;
  readonly losses: string;
  readonly events: string;
  readonly policy: string;
  readonly checkpoint: string;
  readonly videos: string;
}

/** Where a run's files are in its folder. */
export function runPaths(directory: string): RunPaths {
  return {
    directory,
    config: join(directory, "config.json"),
    eval: join(directory, "eval.csv"),
    train: join(directory, "train.csv"),
    losses: join(directory, "losses.csv"),
    events: join(directory, "events.jsonl"),
    policy: join(directory, "policy.safetensors"),
    checkpoint: join(directory, "checkpoint"),
    videos: join(directory, "videos"),
  };
}

/** Whether a folder holds no run yet, one to go on with, or one that is done. */
export type RunCondition = "absent" | "unfinished" | "finished";

/**
 * Looks at a run's folder, and writes nothing.
 *
 * @param config the settings to train with
 * @param overwrite whether a run with other settings may be there
 * @throws {UsageError} if the folder is no run's, or its run has other settings
 */
export function inspectRun(directory: string, config: Config, overwrite = false): RunCondition {
  const paths = runPaths(directory);
  let names: string[];
  try {
    names = Array.from(Deno.readDirSync(directory), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    throw new UsageError(`Cannot use the folder "${directory}": ${(error as Error).message}`, { cause: error });
  }
  if (!names.includes("config.json")) {
    const foreign = names.find((name) => name !== lockName && !name.endsWith(".partial"));
    if (foreign === undefined) return "absent"; // empty, or a run that was killed before it began
    throw new UsageError(
      `Cannot train in "${directory}": it holds "${foreign}" but no config.json, so it is no run's folder; ` +
        `choose another --name or --out-dir`,
    );
  }
  const present = readConfig(paths.config), differences = configDifferences(present, config);
  if (differences.length > 0 && !overwrite) {
    const list = differences.map(({ setting, a, b }) => `  --${flagName(setting)}: ${a} there, ${b} now`);
    throw new UsageError(
      `Cannot go on with the run in "${directory}": it was begun with other settings\n${list.join("\n")}\n` +
        `Give it the same settings, choose another --name, or start over with --overwrite`,
    );
  }
  // The policy is written before the event, and the checkpoints go last: see finishRun.
  const done = exists(paths.policy) &&
    (!exists(paths.checkpoint) || readEvents(paths.events).at(-1)?.event === "finished");
  return done ? "finished" : "unfinished";
}

/**
 * Makes a run's folder, if there is none.
 *
 * @throws {UsageError} if it cannot be made
 */
export function makeRunFolder(directory: string): void {
  try {
    makeFolder(directory);
  } catch (error) {
    throw new UsageError(`Cannot make the folder "${directory}": ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Deletes what a run has written but its `config.json`, which still says what the folder is, and nothing else that lies there. In
 * an order that leaves a run to begin anew, never a damaged one, when it is stopped halfway: checkpoints before logs.
 *
 * @throws {RunError} if something cannot be deleted
 */
export function clearRun(paths: RunPaths): void {
  tryToWrite(paths.directory, () => {
    for (const path of [paths.checkpoint, paths.policy, paths.eval, paths.train, paths.losses, paths.events]) {
      removeIfThere(path);
    }
    if (!exists(paths.videos)) return;
    for (const { name } of Deno.readDirSync(paths.videos)) {
      if (/^step_\d+\.safetensors(\.partial)?$/.test(name)) removeIfThere(join(paths.videos, name));
    }
    if ([...Deno.readDirSync(paths.videos)].length === 0) Deno.removeSync(paths.videos);
  });
}

/**
 * Writes `config.json`: the settings as they were given, what they came to on this machine, and versions.
 *
 * @throws {RunError} if it cannot be written
 */
export function writeConfig(path: string, config: Config, learner: LearnerDescription): void {
  const json = {
    ...configToJson(config),
    learner: describeLearner(learner),
    versions: { ...versions },
  };
  writeWholeFile(path, [new TextEncoder().encode(JSON.stringify(json, null, 2) + "\n")]);
}

/** What a learner says of itself. */
type LearnerDescription = Pick<Learner, "engine" | "backend" | "details">;

/** What computes the updates on this machine, and what it runs at. */
export function describeLearner({ engine, backend, details }: LearnerDescription): Record<string, unknown> {
  return { engine, backend, ...details };
}

/** What can matter to a run's numbers: this project, Deno, V8, and the packages that compute. */
const versions: Readonly<Record<string, string>> = {
  [manifest.name]: manifest.version,
  deno: Deno.version.deno,
  v8: Deno.version.v8,
  ...Object.fromEntries(
    Object.values(manifest.imports)
      .map((target) => /^npm:(.+)@([^@]+)$/.exec(target))
      .filter((match) => match !== null && /mujoco|tensorflow/.test(match[1]!))
      .map((match) => [match![1]!, match![2]!]),
  ),
};

/**
 * Reads a run's settings.
 *
 * @throws {UsageError} if the file cannot be read, or is no `config.json`
 */
export function readConfig(path: string): Config {
  const json = readConfigJson(path);
  const env = (json as { env?: unknown } | null)?.env;
  return configFromJson(json, path, [...environmentIds, ...(typeof env === "string" ? [env] : [])]);
}

/**
 * Checks that a learner computes where the run's learner did: another backend gives other numbers.
 *
 * @throws {UsageError} naming both
 */
export function checkLearner(path: string, learner: Pick<Learner, "engine" | "backend">): void {
  const before = (readConfigJson(path) as { learner?: Record<string, unknown> }).learner ?? {};
  for (const name of ["engine", "backend"] as const) {
    const value = learner[name];
    if (before[name] === undefined || before[name] === value) continue;
    throw new UsageError(
      `Cannot go on with the run of "${path}": its ${keyName(name)} was ${show(before[name])}, here it is ${value}; ` +
        `go on with --${flagName(name)} ${show(before[name])}, or start over with --overwrite`,
    );
  }
}

/** A text that an engine goes by; anything else in its place is not worth showing. */
function show(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 100) : typeof value;
}

const maximumConfigBytes = 1 << 20;

function readConfigJson(path: string): unknown {
  const text = new TextDecoder().decode(readWholeFile(path, maximumConfigBytes));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`Cannot use "${path}": it is no JSON (${(error as Error).message})`, { cause: error });
  }
}
