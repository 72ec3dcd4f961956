import assert from "node:assert/strict";
import { runTask, tinyRun, withFolder } from "./helpers/task.ts";

Deno.test("train --help lists every flag with meaning, range and default, and examples", async () => {
  const { code, stdout, stderr } = await runTask("train", "--help");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  for (
    const line of [
      /^Usage: deno task train \[flags\]$/m,
      /^ {2}--gamma <X> +discount factor \[0 to 1; default 0\.99\]$/m,
      /^ {2}--log-std-bounds <LOW,HIGH> +bounds of the policy's log standard deviation$/m,
      /^ {2}--out-dir <DIR> +folder of all runs \[default experiments\]$/m,
      /^ {2}--overwrite +/m,
      /^ {2}deno task train --env InvertedPendulum-v4 --seed 1$/m,
    ]
  ) assert.match(stdout, line);
  const tooLong = stdout.split("\n").filter((line) => line.length > 80);
  assert.deepEqual(tooLong, []);
});

for (
  const [args, message] of [
    [["--env", "Walker2d-v4"], /^Cannot use "Walker2d-v4" for --env: expected one of HalfCheetah-v4, Hopper-v4, /],
    [["--stps", "3"], /^Unknown flag --stps: did you mean --steps\?$/m],
    [["--gamma", "2"], /^Cannot use "2" for --gamma: expected a number from 0 to 1$/m],
    [["--batch-size", "0"], /^Cannot use "0" for --batch-size: expected an integer from 1 to 65536$/m],
    [["--steps", "abc"], /^Cannot use "abc" for --steps: expected an integer from 1 to 1e9$/m],
    [["--name", "../elsewhere"], /^Cannot use "..\/elsewhere" for --name: expected letters, /m],
  ] as const
) {
  Deno.test(`train ${args.join(" ")} is refused with exit code 2, and nothing is written`, () =>
    withFolder(async (folder) => {
      const { code, stdout, stderr } = await runTask("train", `--out-dir=${folder}/out`, ...args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.match(stderr, /^Run `deno task train --help` for all flags$/m);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("train refuses an out-dir that cannot be written with exit code 2", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "mine");
    const { code, stderr } = await runTask("train", ...tinyRun, `--out-dir=${folder}/file/out`);
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot use the folder .*file\/out/);
    assert.equal(Deno.readTextFileSync(`${folder}/file`), "mine");
  }));

Deno.test("train ends with a finished folder, leaves it alone, refuses other settings, and starts over when told", () =>
  withFolder(async (folder) => {
    const train = (...args: string[]) =>
      runTask("train", ...tinyRun, "--steps=120", `--out-dir=${folder}`, "--name=tiny", ...args);
    const directory = `${folder}/tiny/InvertedPendulum-v4__seed_1`;
    const read = () => Deno.readTextFileSync(`${directory}/eval.csv`);

    const first = await train();
    assert.equal(first.code, 0, first.stderr);
    assert.ok(first.stdout.includes(directory));
    assert.match(first.stdout, /^evaluation at step 100: return \d/m);
    assert.match(read(), /^step,episodic_return,episodic_length,return_std\n/);
    const { mtime } = Deno.statSync(`${directory}/policy.safetensors`);

    const again = await train();
    assert.equal(again.code, 0);
    assert.match(again.stdout, /finished/);
    assert.deepEqual(Deno.statSync(`${directory}/policy.safetensors`).mtime, mtime);

    const other = await train("--gamma=0.5");
    assert.equal(other.code, 2);
    assert.match(other.stderr, /gamma/);
    assert.deepEqual(Deno.statSync(`${directory}/policy.safetensors`).mtime, mtime);

    const before = read();
    const over = await train("--gamma=0.5", "--overwrite");
    assert.equal(over.code, 0, over.stderr);
    assert.notDeepEqual(Deno.statSync(`${directory}/policy.safetensors`).mtime, mtime);
    assert.equal(JSON.parse(Deno.readTextFileSync(`${directory}/config.json`)).gamma, 0.5);
    assert.equal(read().split("\n").length, before.split("\n").length);
  }));
