import assert from "node:assert/strict";
import manifest from "../deno.json" with { type: "json" };
import { v8Flags } from "../src/learner/fused/v8_flags.ts";
import { runTask, startTask, tinyRun, withFolder } from "./helpers/task.ts";

const flags = tinyRun.filter((flag) => !flag.startsWith("--env"));

Deno.test("train:inverted-pendulum goes on after a run that fails, and reports all of them", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/InvertedPendulum-v4__seed_2`);
    Deno.writeTextFileSync(`${folder}/InvertedPendulum-v4__seed_2/notes.txt`, "mine");
    const { code, stdout } = await runTask("train:inverted-pendulum", ...flags, "--steps=120", `--out-dir=${folder}`);
    assert.equal(code, 2); // the one that failed cannot use its folder
    assert.match(stdout, /^InvertedPendulum-v4__seed_1: evaluation at step 100: return \d/m);
    assert.match(stdout, /^InvertedPendulum-v4__seed_2: Cannot train in .* no config\.json/m);
    const table = stdout.slice(stdout.lastIndexOf("\n\n"));
    assert.match(table, /seed_1 +finished +120 /);
    assert.match(table, /seed_2 +failed with exit code 2 /);
    assert.match(table, /seed_3 +finished +120 /);
    assert.equal(Deno.readTextFileSync(`${folder}/InvertedPendulum-v4__seed_2/notes.txt`), "mine");
    for (const seed of [1, 3]) Deno.statSync(`${folder}/InvertedPendulum-v4__seed_${seed}/policy.safetensors`);
  }));

Deno.test("train:… stopped by SIGTERM waits for its runs' checkpoints and leaves with 143", () =>
  withFolder(async (folder) => {
    const process = startTask("train:high-critic-lrate", ...flags, "--checkpoint-freq=20", `--out-dir=${folder}`);
    const directory = `${folder}/high_critic_lrate/Hopper-v4__seed_1`;
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += chunk.value;
      if (text.includes("evaluation at step")) process.kill("SIGTERM");
    }
    await process.stderr.cancel();
    assert.equal((await process.status).code, 143);
    assert.match(text, /Hopper-v4__seed_1 +interrupted +\d+ /);
    const events = Deno.readTextFileSync(`${directory}/events.jsonl`).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(events.at(-1).event, "interrupted");
  }));

Deno.test("train:… refuses bad flags before it starts anything", () =>
  withFolder(async (folder) => {
    for (
      const [flag, message] of [
        ["--seed=1", /^Unknown flag --seed$/m],
        ["--gamma=2", /^Cannot use "2" for --gamma/],
        ["--jobs=0", /^Cannot use "0" for --jobs: expected an integer of at least 1$/m],
      ] as const
    ) {
      const { code, stderr } = await runTask("train:hopper", flag, `--out-dir=${folder}/out`);
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("tasks name their permissions, and a pool's processes have the V8 flags of the task train", () => {
  const { test: _, "test:slurm": __, ...tasks } = manifest.tasks;
  for (const [name, command] of Object.entries(tasks)) {
    assert.doesNotMatch(command, /(^| )(-A|--allow-all|--allow-net|--allow-env)( |$)/, name);
  }
  assert.ok(manifest.tasks.train.includes(`${v8Flags} `));
});
