/** Finds run folders and reads their settings and evaluations: strict about what stands there, tolerant of what is not there yet. */

import { parse } from "csv-parse/sync";
import { basename, join, resolve } from "node:path";
import { type Config, configDifferences, configFromJson, keyName } from "../config.ts";
import { UsageError } from "../errors.ts";
import { logColumns, runPaths } from "../run/run_folder.ts";
import { exists } from "../run/whole_file.ts";
import type { Point } from "./statistics.ts";

/** One row of `eval.csv`: means over the episodes of an evaluation, and the standard deviation of their returns. */
export interface Evaluation {
  readonly step: number;
  readonly episodicReturn: number;
  readonly episodicLength: number;
  readonly returnStd: number;
}

/** A run as its folder shows it. */
export interface Run {
  readonly folder: string;
  /** The folder between the searched directory and the run's own: `long_run`, or empty. */
  readonly name: string;
  readonly env: string;
  readonly seed: number;
  readonly config: Config;
  /** In rising order of steps, at least one. */
  readonly evaluations: readonly Evaluation[];
}

/** Runs, and in words what is missing from them. */
export interface RunsAndNotes {
  readonly runs: readonly Run[];
  readonly notes: readonly string[];
}

/** A run's learning curve: mean return of each evaluation. */
export function learningCurve(run: Run): Point[] {
  return run.evaluations.map(({ step, episodicReturn }) => [step, episodicReturn]);
}

const columns = Object.keys(logColumns.eval);
const folderPattern = /^(.+)__seed_(\d+)$/;
const maximumDepth = 4; // folders of folders of runs: sweeps have one or two levels
const maximumBytes = 2 ** 26; // half a million evaluations

/**
 * Reads all runs below a directory; a directory that is itself a run's folder gives that run.
 *
 * @throws {UsageError} if the directory cannot be read, or a file of a run is malformed: file, line and fault are named
 */
export async function readRuns(directory: string): Promise<RunsAndNotes> {
  const runs: Run[] = [], notes: string[] = [];
  const folders = folderPattern.test(basename(resolve(directory)))
    ? [{ folder: directory, name: "" }]
    : await findRunFolders(directory, "", 0);
  for (const { folder, name } of folders) {
    const run = await readRun(folder, name, notes);
    if (run) runs.push(run);
  }
  runs.sort((a, b) => compareText(a.name, b.name) || compareText(a.env, b.env) || a.seed - b.seed);
  for (const run of runs) {
    const peer = runs.find(({ name, env }) => name === run.name && env === run.env)!;
    const different = configDifferences(peer.config, run.config).filter(({ setting }) => setting !== "seed");
    if (different.length > 0) {
      const list = different.map(({ setting, a, b }) => `${keyName(setting)} (${a}, ${b})`).join(", ");
      notes.push(`${peer.folder} and ${run.folder} differ in more than the seed: ${list}`);
    }
  }
  return { runs, notes };
}

/** Order by UTF-16 code units, the same under every locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function findRunFolders(
  directory: string,
  name: string,
  depth: number,
): Promise<{ folder: string; name: string }[]> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) entries.push(entry);
  } catch (error) {
    throw cannotRead(directory, error, "a folder of runs");
  }
  entries.sort((a, b) => compareText(a.name, b.name));
  const found = [];
  for (const entry of entries) {
    if (!entry.isDirectory) continue; // links are not followed: no cycles
    const folder = join(directory, entry.name);
    if (folderPattern.test(entry.name)) found.push({ folder, name });
    else if (depth + 1 < maximumDepth) {
      found.push(...await findRunFolders(folder, name ? `${name}/${entry.name}` : entry.name, depth + 1));
    }
  }
  return found;
}

async function readRun(folder: string, name: string, notes: string[]): Promise<Run | undefined> {
  const [, env = "", digits = ""] = folderPattern.exec(basename(resolve(folder)))!;
  const seed = Number(digits);
  const { config: configFile, eval: evaluationFile, checkpoint } = runPaths(folder);
  const configText = await readTextFile(configFile), evaluationText = await readTextFile(evaluationFile);
  if (configText === undefined || evaluationText === undefined) {
    notes.push(`${folder} is left out: it has no ${configText === undefined ? "config.json" : "eval.csv"} yet`);
    return undefined;
  }
  const config = parseConfig(configText, configFile, env);
  if (config.env !== env || config.seed !== seed) {
    throw new UsageError(
      `Cannot use ${configFile}: env ${config.env} and seed ${config.seed} do not fit the folder's name`,
    );
  }
  const evaluations = parseEvaluations(evaluationText, evaluationFile, notes);
  const last = evaluations.at(-1);
  if (!last) {
    notes.push(`${folder} is left out: it has no evaluation yet`);
    return undefined;
  }
  if (last.step + config.evalFreq < config.steps || exists(checkpoint)) {
    notes.push(`${folder} is unfinished: evaluated up to step ${last.step} of ${config.steps}`);
  }
  return { folder, name, env, seed, config, evaluations };
}

function parseConfig(text: string, source: string, env: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`Cannot use ${source}: it is no JSON (${(error as Error).message})`);
  }
  return configFromJson(json, source, [env]); // environments of a user's own are welcome
}

/**
 * The rows of an `eval.csv`. A last line without its line break is half-written, even where it looks whole, and left out.
 *
 * @throws {UsageError} for another header, a field that is no number, steps that do not rise
 */
export function parseEvaluations(text: string, source: string, notes: string[]): Evaluation[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) notes.push(`The last row of ${source} is half-written and left out`);
  const evaluations: Evaluation[] = [];
  let line = 0, previous = -1;
  const take = (row: string[]): null => {
    line++;
    if (line === 1) {
      if (row.join() === columns.join()) return null;
      throw new UsageError(
        `Cannot use ${source}: expected the columns ${columns.join()}, found ${row.join().slice(0, 100)}`,
      );
    }
    const fault = (what: string) => new UsageError(`Cannot use ${source}, line ${line}: ${what}`);
    if (row.length !== columns.length) throw fault(`expected ${columns.length} fields, found ${row.length}`);
    const numbers = row.map((field, column) => {
      const value = field.trim() === "" ? NaN : Number(field);
      if (!Number.isFinite(value)) {
        throw fault(`${JSON.stringify(field.slice(0, 100))} for ${columns[column]} is no finite number`);
      }
      return value;
    });
    const [step, episodicReturn, episodicLength, returnStd] = numbers as [number, number, number, number];
    if (!Number.isSafeInteger(step) || step <= previous) {
      throw fault(`step ${step} after ${previous < 0 ? "the header" : previous}: expected rising whole numbers`);
    }
    previous = step;
    evaluations.push({ step, episodicReturn, episodicLength, returnStd });
    return null; // the parser need not keep it
  };
  try {
    parse(whole, { relax_column_count: true, max_record_size: 10_000, onRecord: take }); // ends at the first bad row
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`Cannot use ${source}: ${(error as Error).message}`);
  }
  return evaluations;
}

/** A file's text; undefined if there is none. Anything but a plain file of a sane size is refused before it is read. */
async function readTextFile(path: string): Promise<string | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new UsageError(`Cannot use ${path}: it is no plain file`);
    if (size > maximumBytes) {
      throw new UsageError(`Cannot use ${path}: it has ${size} bytes, expected at most ${maximumBytes}`);
    }
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error instanceof UsageError ? error : cannotRead(path, error, "a readable file");
  }
}

function cannotRead(path: string, error: unknown, expected: string): UsageError {
  const reason = error instanceof Deno.errors.NotFound
    ? "there is none"
    : error instanceof Deno.errors.NotADirectory
    ? "it is a file"
    : (error as Error).message;
  return new UsageError(`Cannot read ${path}: ${reason}, expected ${expected}`);
}
