/** A sweep on a real Slurm: `deno task test:slurm`. Not part of `deno task test`: it needs root and Slurm's packages. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readResults, withFolder } from "../helpers/runs.ts";
import { root } from "../helpers/task.ts";
import { readEvents } from "../../src/run/events.ts";
import { readManifest } from "../../src/sweep/manifest.ts";
import { type Cluster, startCluster, until, whyNoCluster } from "./cluster.ts";

const flags = [
  "--name=tiny",
  "--env=InvertedPendulum-v4",
  "--seeds=1..2",
  "--set=q_lr=3e-4,1e-3",
  "--steps=500",
  "--learning-starts=50",
  "--eval-freq=100",
  "--eval-episodes=2",
  "--video-freq=200",
  "--checkpoint-freq=50",
];
const slurmFlags = ["--launcher=slurm", "--time=30", "--cpus-per-task=1", "--max-parallel=2", "--grace=60"];
const unavailable = whyNoCluster();

Deno.test({
  name:
    "a sweep in a job array of Slurm, its tasks requeued, stopped and cancelled in the middle, ends with the bytes of " +
    `a sweep on this machine${unavailable === undefined ? "" : ` (skipped: ${unavailable})`}`,
  ignore: unavailable !== undefined,
  fn: () =>
    withFolder(async (folder) => {
      const cluster = await startCluster();
      try {
        await compareSweeps(folder, cluster);
      } catch (error) {
        console.error(cluster.logs());
        throw error;
      } finally {
        await cluster.stop();
      }
    }),
});

async function compareSweeps(folder: string, { env, call }: Cluster): Promise<void> {
  const sweep = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "sweep", ...args],
      cwd: root,
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr) + decoder.decode(stdout));
    return decoder.decode(stdout);
  };
  const here = join(folder, "here"), there = join(folder, "there"), manifest = join(there, "tiny/manifest.jsonl");
  await sweep(...flags, `--out-dir=${here}`);

  const submitted = await sweep(...flags, ...slurmFlags, `--out-dir=${there}`);
  const [, job] = /^Submitted job (\d+): runs 0-3 of 4$/m.exec(submitted) ?? [];
  assert.ok(job, submitted);
  const runs = readManifest(manifest).map((run) => join(there, "tiny", run.folder));
  const status = () => sweep("status", "tiny", `--out-dir=${there}`);
  const eventsOf = (index: number) => readEvents(join(runs[index]!, "events.jsonl")).map(({ event }) => event);
  const hasCheckpoint = (index: number) =>
    Array.from(Deno.readDirSync(join(runs[index]!, "checkpoint"))).some(({ name }) => name.endsWith(".safetensors"));
  const queueState = (task: string) => call("squeue", "--noheader", `--jobs=${task}`, "--format=%T");
  const waits = async (index: number) => await queueState(`${job}_${index}`) === "PENDING";
  const log = (index: number) => Deno.readTextFileSync(join(there, `tiny/slurm/${index}.log`));

  // As a preempted task is: Slurm signals all its processes and requeues it by itself.
  await until("run 0 has a checkpoint", () => hasCheckpoint(0));
  await call("scontrol", "requeue", `${job}_0`);
  // As a task is that comes to its time limit: the shell alone is signalled, and has to do all the rest.
  await until("run 1 has a checkpoint", () => hasCheckpoint(1));
  Deno.kill(parentOf(Number(Deno.readTextFileSync(join(runs[1]!, "lock")))), "SIGTERM"); // scancel errs while others wait
  for (const index of [0, 1]) await until(`task ${index} waits in the queue`, () => waits(index));
  // A task that its user cancels must not come back.
  await until("run 2 has a checkpoint", () => hasCheckpoint(2));
  await call("scancel", `${job}_2`);
  await until("run 2 is stopped", () => eventsOf(2).at(-1) === "interrupted");

  for (const index of [0, 1, 2]) assert.equal(eventsOf(index).at(-1), "interrupted", log(index));
  const table = await status();
  assert.match(table, new RegExp(`^ +0 .* interrupted .* PENDING \\(job ${job}`, "m"));
  assert.match(table, new RegExp(`^ +1 .* interrupted .* PENDING \\(job ${job}`, "m"));
  assert.match(table, /^ +2 .* interrupted /m);

  // The same command submits only what is not in the queue.
  await until("task 2 has left the queue", async () => !(await queueState(job)).includes("COMPLETING"));
  const again = await sweep(...flags, ...slurmFlags, `--out-dir=${there}`);
  assert.match(again, /^Submitted job \d+: runs 2 of 4$/m);
  for (const index of [0, 1]) await call("scontrol", "update", `JobId=${job}_${index}`, "StartTime=now"); // not in 2 min
  await until("all runs are finished", () => runs.every((_, i) => eventsOf(i).at(-1) === "finished"), 180);
  for (const index of [0, 1, 2]) assert.ok(eventsOf(index).includes("resumed"), `run ${index}`);
  assert.match(await status(), /^4 finished$/m);
  assert.match(await sweep(...flags, ...slurmFlags, `--out-dir=${there}`), /^All 4 runs are finished$/m);

  assert.equal(Deno.readTextFileSync(manifest), Deno.readTextFileSync(join(here, "tiny/manifest.jsonl")));
  for (const { folder: run } of readManifest(manifest)) {
    assert.deepEqual(readResults(join(there, "tiny", run)), readResults(join(here, "tiny", run)), run);
  }
}

/** The process that started another. */
function parentOf(process: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${process}/status`))![1]);
}
