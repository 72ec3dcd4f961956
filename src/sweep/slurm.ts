/** A sweep as a job array of Slurm: the script, its submission, and what the queue says. */

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RunError, UsageError } from "../errors.ts";
import { makeRunFolder } from "../run/run_folder.ts";
import { exists, tryToWrite, writeWholeFile } from "../run/whole_file.ts";
import { trainDenoFlags, trainModule } from "../run_pool.ts";

/** What is asked of Slurm for each run of a sweep; what is left out is the cluster's default. */
export interface SlurmOptions {
  readonly time?: string;
  readonly partition?: string;
  readonly memory?: string;
  readonly cpusPerTask: number;
  /** Runs at once. */
  readonly maxParallel?: number;
  /** Seconds before the time limit at which a run is told to stop. */
  readonly grace: number;
  /** Further flags of `sbatch`, such as `--account=lab`. */
  readonly further: readonly string[];
}

/** What a script is made for. */
export interface SlurmSweep {
  /** Its name, in the queue. */
  readonly name: string;
  readonly manifest: string;
  /** Numbers of the runs to train, rising. */
  readonly indices: readonly number[];
  readonly threads: number;
  readonly options: SlurmOptions;
}

const folderName = "slurm", jobsName = "jobs.jsonl";

/**
 * The script of a job array, one task for each run.
 *
 * A task that runs into its time limit is signalled `grace` seconds before; one that is preempted or requeued, when that happens. The run
 * then saves a checkpoint and leaves with 143, and goes on in a task of the same number.
 *
 * @throws {UsageError} if Slurm could not read the path of its log
 */
export function slurmScript({ name, manifest, indices, threads, options }: SlurmSweep): string {
  const path = resolve(manifest), folder = dirname(path), log = join(folder, folderName, "%a.log");
  // deno-lint-ignore no-control-regex
  if (/["\\%\x00-\x1f]/.test(folder)) {
    throw new UsageError(`Cannot use the folder ${JSON.stringify(folder)} with Slurm: expected no ", \\ or % in it`);
  }
  const { time, partition, memory, cpusPerTask, maxParallel, grace, further } = options;
  const flags = [
    `--job-name=${name}`,
    `--array=${formatIndices(indices)}${maxParallel === undefined ? "" : `%${maxParallel}`}`,
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(memory === undefined ? [] : [`--mem=${memory}`]),
    `--cpus-per-task=${cpusPerTask}`,
    `--signal=B:TERM@${grace}`,
    "--requeue",
    "--open-mode=append",
    `--output="${log}"`,
    ...further,
  ];
  const command = [
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-env=SLURM_ARRAY_TASK_ID",
    ...trainDenoFlags(folder),
    fileURLToPath(trainModule),
    `--manifest=${path}`,
    `--threads=${threads}`,
  ];
  return `#!/bin/bash
${flags.map((flag) => `#SBATCH ${flag}`).join("\n")}

# The run of the manifest that SLURM_ARRAY_TASK_ID numbers. Slurm signals this shell alone, and Bash acts on a signal only when the
# command in its foreground has ended: so the run goes in the background, is waited for, and gets each SIGTERM passed on.
signalled=
trap 'signalled=yes; kill -TERM "$run" 2>/dev/null' TERM
${command.map(quote).join(" \\\n  ")} &
run=$!
if [ "$signalled" ]; then kill -TERM "$run"; fi
while
  signalled=
  wait "$run"
  code=$?
  [ "$signalled" ]
do :; done

# 143: stopped by SIGTERM, after a checkpoint. A task that Slurm is requeueing or cancelling by itself is not RUNNING any more.
task="\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
if [ "$code" = 143 ] && [ "$(squeue --noheader --jobs="$task" --format=%T)" = RUNNING ]; then
  scontrol requeue "$task"
fi
exit "$code"
`;
}

/** A word for Bash. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Rising numbers as Slurm writes them: `0-3,7,9-11`. */
export function formatIndices(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const range = ranges.at(-1);
    if (range && index === range[1] + 1) range[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(",");
}

/**
 * Writes the script to the sweep's folder and submits it.
 *
 * @returns the job's number
 * @throws {UsageError} if there is no Slurm here, or it refuses the job
 */
export async function submitToSlurm(sweep: SlurmSweep): Promise<string> {
  const folder = join(dirname(sweep.manifest), folderName), script = join(folder, "job.sh");
  const text = slurmScript(sweep);
  makeRunFolder(folder);
  writeWholeFile(script, [new TextEncoder().encode(text)]);
  const { code, stdout, stderr } = await call("sbatch", ["--parsable", script]);
  const job = stdout.trim().split(";")[0]!; // number;cluster
  if (code !== 0 || !/^\d+$/.test(job)) {
    throw new UsageError(`Cannot submit "${script}": ${stderr.trim() || stdout.trim()}`);
  }
  const record = JSON.stringify({ time: new Date().toISOString(), job, indices: sweep.indices }) + "\n";
  const jobs = join(folder, jobsName);
  tryToWrite(jobs, () => Deno.writeTextFileSync(jobs, record, { append: true }));
  return job;
}

/** A task in the queue. */
export interface QueuedTask {
  readonly job: string;
  /** `PENDING`, `RUNNING`, … */
  readonly state: string;
  /** Why it waits. */
  readonly reason: string;
}

/**
 * The tasks of a sweep that Slurm still has, by the run's number. Empty for a sweep that was never submitted.
 *
 * @throws {UsageError} if it was submitted, but there is no Slurm here
 * @throws {RunError} if Slurm does not answer
 */
export async function readQueue(manifest: string): Promise<Map<number, QueuedTask>> {
  const jobs = readJobs(join(dirname(manifest), folderName, jobsName)), tasks = new Map<number, QueuedTask>();
  if (jobs.length === 0) return tasks;
  const { code, stdout, stderr } = await call("squeue", ["--noheader", "--array", "--me", "--format=%F|%K|%T|%r"]);
  if (code !== 0) throw new RunError(`Cannot ask Slurm for its queue: ${stderr.trim()}`);
  for (const line of stdout.split("\n")) {
    const [job, index, state, reason] = line.trim().split("|");
    if (jobs.includes(job!) && /^\d+$/.test(index ?? "")) {
      tasks.set(Number(index), { job: job!, state: state!, reason: reason! });
    }
  }
  return tasks;
}

function readJobs(path: string): string[] {
  if (!exists(path)) return [];
  return Deno.readTextFileSync(path).split("\n").flatMap((line) => {
    try {
      return [String(JSON.parse(line).job)];
    } catch {
      return []; // the last one, cut short
    }
  });
}

async function call(program: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable)) throw error;
    throw new UsageError(
      `Cannot find Slurm's ${program} on this machine: expected it on the PATH; run this on the cluster's login node, or ` +
        "leave out --launcher slurm",
    );
  }
}
