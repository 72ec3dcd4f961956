/** Training processes that are killed, stopped, started twice, or lose a worker. */

import assert from "node:assert/strict";
import { RandomStream } from "../../src/random.ts";
import { exists } from "../../src/run/whole_file.ts";
import { inFolder } from "./disk_faults.ts";
import type { Sabotage } from "./sabotage.ts";
import { readAll } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";
import { outcomeOf, runTraining, shortRun, shortRunFolder, startTraining } from "./train_task.ts";

/** The bytes of a run that nothing disturbed. */
export async function trainShortRun(): Promise<string> {
  return await inFolder(async (folder) => {
    const { code, stderr } = await runTraining([...shortRun, `--out-dir=${folder}`]);
    assert.equal(code, 0, stderr);
    return JSON.stringify(readAll(shortRunFolder(folder)));
  });
}

const killsPerRun = 10, atOnce = 4;
const operations = 700; // on the disk in a whole short run, about
const places = {
  checkpoint: "SIGKILL within or just before a write of a checkpoint",
  log: "SIGKILL within or just before an append to a log",
  elsewhere: "SIGKILL at another call to the disk",
  time: "SIGKILL at a random time",
} as const;

/**
 * Kills runs `count` times, each again and again until one of its processes comes to the end; half of the runs have two threads.
 * A third of the kills comes at a random time, the others at or within a random call to the disk.
 */
export async function killProcesses(whole: string, count: number, seed = 1): Promise<Row[]> {
  const tallies = Object.fromEntries(
    Object.entries(places).map(([place, fault]) => [place, new Tally(fault, "goes on from the last checkpoint")]),
  ) as Record<keyof typeof places, Tally>;
  const lock = new Tally("lock left behind by a dead process", "taken over");
  let left = count, run = 0;
  const killRuns = async () => {
    while (left > 0) {
      const share = Math.min(left, killsPerRun);
      left -= share;
      left += share - await killRun(run++, share);
    }
  };
  const killRun = (run: number, most: number) =>
    inFolder(async (folder) => {
      const args = [...shortRun, `--threads=${1 + run % 2}`, `--out-dir=${folder}`], directory = shortRunFolder(folder);
      const random = new RandomStream(seed, "kills", run), hits: [Tally, string][] = [];
      let locks = 0, end = { code: 0, stdout: "", stderr: "" };
      while (true) {
        const isLast = hits.length >= most, isTimed = random.integer(3) === 0;
        const at = random.integer(operations), within = random.integer(2) === 1, delay = 300 * random.uniform();
        const process = startTraining(args, isLast || isTimed ? {} : { killAt: at, within });
        if (isTimed && !isLast) await killLater(process, directory, delay);
        end = await outcomeOf(process);
        if (end.code !== 137) break;
        if (exists(`${directory}/lock`)) locks++;
        const place = isTimed ? "time" : placeOf(end.stderr);
        hits.push([tallies[place], isTimed ? `after ${delay} ms` : end.stderr.trim()]);
      }
      const verify = () => {
        assert.equal(end.code, 0, end.stderr);
        return JSON.stringify(readAll(directory)) === whole;
      };
      for (const [tally, name] of hits) await tally.try(`run ${run}: ${name}`, verify);
      for (let i = 0; i < locks; i++) await lock.try(`run ${run}`, verify);
      return hits.length;
    });
  await Promise.all(Array.from({ length: atOnce }, killRuns));
  return [...Object.values(tallies), lock].map(({ row }) => row).filter(({ tries }) => tries > 0);
}

/** Kills a process so many milliseconds after it has taken the folder, unless it has ended before. */
async function killLater(process: Deno.ChildProcess, directory: string, delay: number): Promise<void> {
  let ended = false;
  process.status.then(() => ended = true);
  while (!ended && !exists(`${directory}/lock`)) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, delay));
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function placeOf(hit: string): "checkpoint" | "log" | "elsewhere" {
  if (/^write .*\/checkpoint\//m.test(hit)) return "checkpoint";
  return /^write .*\.(csv|jsonl)$/m.test(hit) ? "log" : "elsewhere";
}

const failures: readonly [fault: string, outcome: string, Sabotage, threads: number, code: number, message: RegExp][] =
  [
    [
      "SIGTERM during an evaluation",
      "waits for it, saves a checkpoint, exit code 143",
      { terminateAtEvaluation: 4 },
      1,
      143,
      /^Stopped at step \d+ with a checkpoint; the same command goes on from there$/m,
    ],
    [
      "evaluation worker that throws",
      "exit code 1, says so; goes on from the last checkpoint",
      { evaluationThrowsAt: 5 },
      1,
      1,
      /^The evaluation worker died: .*out of order/m,
    ],
    [
      "helper thread of the fused engine that dies",
      "exit code 1, says so; goes on from the last checkpoint",
      { threadTraps: true },
      2,
      1,
      /^A thread of the fused engine (died|stopped)/im,
    ],
  ];

/** Processes that are stopped within an evaluation, or lose a worker. */
export async function breakProcesses(whole: string, tries: number): Promise<Row[]> {
  return await Promise.all(failures.map(async ([fault, outcome, sabotage, threads, code, message]) => {
    const tally = new Tally(fault, outcome);
    for (let i = 0; i < tries; i++) {
      await tally.try(`try ${i}`, () =>
        inFolder(async (folder) => {
          const args = [...shortRun, `--threads=${threads}`, `--out-dir=${folder}`];
          const broken = await runTraining(args, sabotage);
          assert.equal(broken.code, code, broken.stderr);
          assert.match(broken.stdout + broken.stderr, message);
          const again = await runTraining(args);
          assert.equal(again.code, 0, again.stderr);
          return JSON.stringify(readAll(shortRunFolder(folder))) === whole;
        }));
    }
    return tally.row;
  }));
}

/** Two processes that are started on one folder at once. */
export async function startTwice(whole: string, tries: number): Promise<Row> {
  const tally = new Tally("two processes on one folder", "one trains, the other leaves with exit code 2");
  for (let i = 0; i < tries; i++) {
    await tally.try(`try ${i}`, () =>
      inFolder(async (folder) => {
        const args = [...shortRun, "--threads=1", `--out-dir=${folder}`];
        const both = await Promise.all([runTraining(args), runTraining(args)]);
        const codes = both.map(({ code }) => code).sort();
        const refused = both.find(({ code }) => code === 2);
        if (refused) assert.match(refused.stderr, /process \d+ is training there; wait until it ends/);
        else assert.ok(both.some(({ stdout }) => /This run is finished/.test(stdout)), "both trained");
        assert.ok(codes.join() === "0,2" || codes.join() === "0,0", codes.join());
        return JSON.stringify(readAll(shortRunFolder(folder))) === whole;
      }));
  }
  return tally.row;
}
