/** Many jobs as processes of their own, some at once. One that fails does not stop the others. */

import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { flagsOf, runFolder } from "./command_line.ts";
import { type Config, resolveConfig } from "./config.ts";
import { v8Flags } from "./learner/fused/v8_flags.ts";

/** A program to run: a module with its arguments and permissions. */
export interface Job {
  /** Its name in messages; unique within a pool. */
  readonly name: string;
  /** The module, a file URL or path. */
  readonly module: string | URL;
  readonly args: readonly string[];
  /** Flags of `deno run`: permissions, V8 flags. `--no-prompt` is always given. */
  readonly denoFlags: readonly string[];
}

/** How a job ended. */
export interface JobResult {
  readonly job: Job;
  /** The process's exit code; undefined for a job that was not started because the pool was stopped first. */
  readonly code: number | undefined;
  /** The last lines of its standard error. */
  readonly errors: string;
  readonly seconds: number;
  /** How often it has been started. */
  readonly attempts: number;
}

/** What a pool is given besides its jobs. */
export interface PoolOptions {
  /** Jobs at once. */
  readonly concurrency: number;
  /** Hears of each job that starts. */
  readonly onStart?: (job: Job) => void;
  /** Hears each line of a job's standard output, parsed as JSON; a line that is no JSON comes as a string. */
  readonly onMessage?: (job: Job, message: unknown) => void;
  /** Hears of each job's end, also when it is to run once more. */
  readonly onEnd?: (result: JobResult) => void;
  /** Whether a job that ended so is to run once more, after all others; by default none is. */
  readonly retry?: (result: JobResult) => boolean;
  /** Stops the pool when aborted: running jobs get SIGTERM and are waited for, others are not started. */
  readonly signal?: AbortSignal;
}

const keptErrorLines = 20;

/** Runs all jobs and returns how each ended last, in their order. */
export async function runPool(jobs: readonly Job[], options: PoolOptions): Promise<JobResult[]> {
  const { concurrency, onEnd, retry, signal } = options;
  const results: JobResult[] = jobs.map((job) => ({ job, code: undefined, errors: "", seconds: 0, attempts: 0 }));
  const queue = [...jobs.keys()];
  const worker = async () => {
    while (queue.length > 0 && !signal?.aborted) {
      const index = queue.shift()!;
      const result = { ...await runJob(jobs[index]!, options), attempts: results[index]!.attempts + 1 };
      results[index] = result;
      if (!signal?.aborted && retry?.(result)) queue.push(index);
      onEnd?.(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, worker));
  return results;
}

async function runJob(
  job: Job,
  { onStart, onMessage, signal }: PoolOptions,
): Promise<Omit<JobResult, "attempts">> {
  const begin = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...job.denoFlags, String(job.module), ...job.args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => {
    try {
      process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
  };
  signal?.addEventListener("abort", stop);
  onStart?.(job);
  const errors: string[] = [];
  const [{ code }] = await Promise.all([
    process.status,
    eachLine(process.stdout, (line) => onMessage?.(job, parseMessage(line))),
    eachLine(process.stderr, (line) => {
      errors.push(line);
      if (errors.length > keptErrorLines) errors.shift();
    }),
  ]);
  signal?.removeEventListener("abort", stop);
  return { job, code, errors: errors.join("\n"), seconds: (performance.now() - begin) / 1000 };
}

async function eachLine(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: Readable.fromWeb(stream as never) })) take(line);
}

function parseMessage(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** A run to train in a process of its own. */
export interface TrainingRun {
  readonly settings: Partial<Config>;
  readonly outDir: string;
  /** Folder within the out-dir. */
  readonly name?: string;
  readonly overwrite?: boolean;
}

/** The job that trains a run: it may read, and write to the run's own folder only. Its messages are those of `deno task train --json`. */
export function trainingJob({ settings, outDir, name, overwrite = false }: TrainingRun): Job {
  const folder = runFolder(resolveConfig(settings), name);
  return {
    name: folder,
    module: trainModule,
    args: [
      ...flagsOf(settings),
      `--out-dir=${outDir}`,
      ...(name === undefined ? [] : [`--name=${name}`]),
      ...(overwrite ? ["--overwrite"] : []),
      "--json",
    ],
    denoFlags: trainDenoFlags(join(outDir, folder)),
  };
}

/** The module behind `deno task train`. */
export const trainModule = new URL("../tasks/train.ts", import.meta.url);

/** Flags of `deno run` for a process that trains: it may read, and write to one folder only. */
export function trainDenoFlags(writable: string): string[] {
  return [
    `--config=${fileURLToPath(new URL("../deno.json", import.meta.url))}`,
    "--ignore-env",
    "--allow-read",
    `--allow-write=${writable.replaceAll(",", ",,")}`,
    v8Flags,
  ];
}
