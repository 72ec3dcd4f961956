import assert from "node:assert/strict";
import { runTask, startTask, tinyRun, withFolder } from "./helpers/task.ts";

const results = ["eval.csv", "train.csv", "losses.csv", "policy.safetensors"];
const run = "InvertedPendulum-v4__seed_1";
const flags = [...tinyRun, "--steps=250", "--checkpoint-freq=20"];

/** Waits until `condition` holds or the process has ended. */
async function until(process: Deno.ChildProcess, condition: () => boolean): Promise<void> {
  let ended = false;
  process.status.then(() => ended = true);
  while (!ended && !condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(!ended, "the run ended before it could be stopped");
}

function hasCheckpoint(folder: string): boolean {
  try {
    return [...Deno.readDirSync(`${folder}/${run}/checkpoint`)].some(({ name }) => name.endsWith(".safetensors"));
  } catch {
    return false;
  }
}

function assertSameResults(a: string, b: string): void {
  for (const name of results) {
    assert.deepEqual(Deno.readFileSync(`${a}/${run}/${name}`), Deno.readFileSync(`${b}/${run}/${name}`), name);
  }
}

async function waitFor(process: Deno.ChildProcess): Promise<number> {
  await Promise.all([process.stdout.cancel(), process.stderr.cancel()]);
  return (await process.status).code;
}

/** The process id of the run itself: `deno task` stands between. */
function runningProcess(folder: string): number {
  return Number(Deno.readTextFileSync(`${folder}/${run}/lock`));
}

Deno.test("a run stopped by a signal leaves with its exit code, and the same command ends with the same bytes", (t) =>
  withFolder(async (folder) => {
    const whole = `${folder}/whole`;
    const complete = await runTask("train", ...flags, `--out-dir=${whole}`);
    assert.equal(complete.code, 0, complete.stderr);

    for (const [signal, code] of [["SIGKILL", 137], ["SIGTERM", 143], ["SIGINT", 130]] as const) {
      await t.step(signal, async () => {
        const stopped = `${folder}/${signal}`;
        const process = startTask("train", ...flags, `--out-dir=${stopped}`);
        await until(process, () => hasCheckpoint(stopped));
        Deno.kill(runningProcess(stopped), signal);
        assert.equal(await waitFor(process), code);

        const again = await runTask("train", ...flags, `--out-dir=${stopped}`);
        assert.equal(again.code, 0, again.stderr);
        assert.match(again.stdout, /step \d+/);
        assertSameResults(whole, stopped);
      });
    }
  }));
