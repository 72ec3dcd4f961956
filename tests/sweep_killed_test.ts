import assert from "node:assert/strict";
import { readResults, withFolder } from "./helpers/runs.ts";
import { runTask, startTask } from "./helpers/task.ts";
import { readManifest } from "../src/sweep/manifest.ts";
import { train } from "../src/train.ts";

const flags = [
  "--name=tiny",
  "--env=InvertedPendulum-v4",
  "--seeds=1..6",
  "--set=q_lr=3e-4,1e-3",
  "--hidden=8",
  "--batch-size=8",
  "--learning-starts=50",
  "--eval-freq=60",
  "--eval-episodes=1",
  "--log-freq=10",
  "--video-freq=0",
  "--checkpoint-freq=15",
];

/** With SAC_LONG_TESTS=1, runs of twenty times the length. */
const steps = Deno.env.get("SAC_LONG_TESTS") ? 3000 : 150;

Deno.test("a sweep of 12 runs, killed twice, ends with the bytes of runs that nobody disturbed", () =>
  withFolder(async (folder) => {
    const args = ["sweep", ...flags, `--steps=${steps}`, `--out-dir=${folder}`], sweepFolder = `${folder}/tiny`;
    const { code } = await runTask(...args, "--dry-run");
    assert.equal(code, 0);

    const lockHolder = (directory: string) => {
      try {
        return Number(Deno.readTextFileSync(`${directory}/lock`)) || undefined;
      } catch {
        return undefined;
      }
    };
    const isFile = (path: string) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    };
    /** Kills the sweep when `finished` runs are done and another is in the middle; `withRuns`: as a power cut would. */
    const killAt = async (finished: number, withRuns: boolean) => {
      const process = startTask(...args);
      const drained = Promise.all([process.stdout.cancel(), process.stderr.cancel()]);
      let hasEnded = false, victims: number[] = [];
      process.status.then(() => hasEnded = true);
      while (!hasEnded && victims.length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (!isFile(`${sweepFolder}/manifest.jsonl`)) continue;
        const folders = readManifest(`${sweepFolder}/manifest.jsonl`).map((run) => `${sweepFolder}/${run.folder}`);
        const done = folders.filter((run) => isFile(`${run}/policy.safetensors`)).length;
        const training = folders.filter((run) => lockHolder(run) && isFile(`${run}/events.jsonl`));
        if (done < finished || training.length === 0) continue;
        victims = [lockHolder(sweepFolder), ...withRuns ? training.map(lockHolder) : []].filter((id) =>
          id !== undefined
        );
      }
      assert.ok(!hasEnded, "the sweep ended before it could be killed");
      for (const id of victims) {
        try {
          Deno.kill(id, "SIGKILL");
        } catch {
          // It has just ended.
        }
      }
      await drained;
      assert.notEqual((await process.status).code, 0);
    };
    await killAt(2, false);
    await killAt(6, true);

    const last = await runTask(...args);
    assert.equal(last.code, 0, last.stdout + last.stderr);
    const finishedBefore = Number(/12 runs, (\d+) of them finished before/.exec(last.stdout)?.[1]);
    assert.ok(finishedBefore >= 6 && finishedBefore < 12, last.stdout);
    const runs = readManifest(`${sweepFolder}/manifest.jsonl`);
    assert.equal(runs.length, 12);
    for (const { index, folder: run, config } of runs) {
      await train({ directory: `${folder}/undisturbed/${index}`, config: { ...config, threads: 1 } });
      assert.deepEqual(readResults(`${sweepFolder}/${run}`), readResults(`${folder}/undisturbed/${index}`), run);
    }
  }));
