import assert from "node:assert/strict";
import { type Config, resolveConfig } from "../src/config.ts";
import { train } from "../src/train.ts";
import { describeVerification, firstDifference, inspectVerifiableRun, verifyRun } from "../src/verify.ts";
import { runTask, withFolder } from "./helpers/task.ts";

const steps = 300;

/** Trains a tiny run with the fused engine: evaluations at 100 and 200, a row of losses every 10 steps. */
async function trainTiny(directory: string, settings: Partial<Config> = {}): Promise<void> {
  const config = resolveConfig({
    env: "InvertedPendulum-v4",
    steps,
    threads: 1,
    batchSize: 8,
    hidden: 8,
    bufferSize: 250,
    learningStarts: 50,
    evalFreq: 100,
    evalEpisodes: 2,
    logFreq: 10,
    videoFreq: 0,
    ...settings,
  });
  await train({ config, directory });
}

/** Rewrites a text file. */
function edit(path: string, change: (text: string) => string): void {
  const before = Deno.readTextFileSync(path), after = change(before);
  assert.notEqual(after, before);
  Deno.writeTextFileSync(path, after);
}

/** Puts another digit in the place of a line's last one. */
const changeDigit = (line: string) => line.replace(/\d(?=\D*$)/, (digit) => digit === "7" ? "3" : "7");

const changeLine = (number: number) => (text: string) =>
  text.split("\n").map((line, index) => index === number - 1 ? changeDigit(line) : line).join("\n");

/** Verifies the first `steps` steps on one thread. */
const verify = (directory: string, count: number) => verifyRun(inspectVerifiableRun(directory, count, 1));

/** A test on a tiny run of its own. */
function testRun(name: string, body: (directory: string) => Promise<void>): void {
  Deno.test(name, () =>
    withFolder(async (folder) => {
      const directory = `${folder}/InvertedPendulum-v4__seed_1`;
      await trainTiny(directory);
      await body(directory);
    }));
}

testRun("a run's first steps, and all of them, give the same bytes again", async (directory) => {
  for (const threads of [1, 2]) {
    const part = await verifyRun(inspectVerifiableRun(directory, 101, threads)); // steps 0 to 100
    assert.deepEqual(part.differences, []);
    assert.equal(part.rows.eval, 1);
    assert.equal(part.rows.losses, 5); // 60, 70, …, 100
    assert.ok(part.rows.train > 0);
  }

  const whole = await verify(directory, 1_000_000);
  assert.deepEqual(whole.differences, []);
  assert.equal(whole.rows.eval, 2);
  assert.match(describeVerification(whole), /: all 300 steps give the same bytes \(eval\.csv 2 rows, .*, policy\)$/);
});

testRun("a changed digit, row or byte is found, each in the first line that it touches", async (directory) => {
  const read = (name: string) => Deno.readTextFileSync(`${directory}/${name}`).split("\n");
  const losses = read("losses.csv");
  edit(`${directory}/losses.csv`, changeLine(3));
  const { differences: [digit, ...others], ...rest } = await verify(directory, 150);
  assert.deepEqual(digit, {
    file: "losses.csv",
    line: 3,
    there: changeDigit(losses[2]!) + "\n",
    anew: losses[2] + "\n",
  });
  assert.deepEqual(others, []);
  const text = describeVerification({ ...rest, differences: [digit!] });
  assert.ok(text.includes(`losses.csv, line 3\n    there: ${changeDigit(losses[2]!)}\n    anew:  ${losses[2]}`), text);

  // What comes after the steps that are trained anew is not looked at …
  Deno.writeTextFileSync(`${directory}/losses.csv`, losses.join("\n"));
  edit(`${directory}/losses.csv`, changeLine(losses.length - 1));
  assert.deepEqual((await verify(directory, 150)).differences, []);

  // … but all of a whole run is, and so is its policy.
  edit(`${directory}/eval.csv`, (text) => text.slice(0, -4)); // the last row is cut off
  edit(`${directory}/train.csv`, (text) => text.replace(/[^\n]*\n$/, "")); // the last row is gone
  const policy = Deno.readFileSync(`${directory}/policy.safetensors`);
  policy[policy.length - 5]! ^= 1;
  Deno.writeFileSync(`${directory}/policy.safetensors`, policy);
  const whole = await verify(directory, steps);
  const evalLines = read("eval.csv"), trainLines = read("train.csv");
  assert.deepEqual(
    whole.differences.map((difference) =>
      "byte" in difference ? [difference.file, difference.byte] : [difference.file, difference.line, difference.there]
    ),
    [
      ["eval.csv", 3, evalLines[2]],
      ["train.csv", trainLines.length, undefined],
      ["losses.csv", losses.length - 1, changeDigit(losses.at(-2)!) + "\n"],
      ["policy.safetensors", policy.length - 5],
    ],
  );
  const words = describeVerification(whole);
  assert.match(words, /\(cut off: no line end\)/);
  assert.match(words, /there: \(no such line\)/);
});

testRun("a run that says to be of another seed differs from the first row on", async (directory) => {
  edit(`${directory}/config.json`, (text) => text.replace('"seed": 1', '"seed": 2'));
  const { differences } = await verify(directory, 101);
  assert.deepEqual(
    differences.map((difference) => "line" in difference && [difference.file, difference.line]),
    [["eval.csv", 2], ["train.csv", 2], ["losses.csv", 2]],
  );
});

Deno.test("a log must begin with its counterpart of fewer steps, and go on after them", () => {
  const header = "step,x\n", log = [header, "10,1\n", "20,2\n", "30,3\n"];
  assert.equal(firstDifference(log, [header, "10,1\n", "20,2\n"], 30), undefined);
  assert.equal(firstDifference(log, [header, "10,1\n", "20,2\n"], 31), 3); // row 30 is one too many
  assert.equal(firstDifference(log, [header, "10,1\n", "20,2\n"], Infinity), 3);
  assert.equal(firstDifference(log, log, Infinity), undefined);
  assert.equal(firstDifference(log.slice(0, 2), log, Infinity), 2); // row 20 is missing
  assert.equal(firstDifference(log.map((line) => line.replace("\n", "\r\n")), log, Infinity), 0);
});

Deno.test("verify reports each run, and its exit code is 1 if one differs", () =>
  withFolder(async (folder) => {
    const good = `${folder}/good`, changed = `${folder}/changed`;
    await trainTiny(good);
    await trainTiny(changed, { seed: 2 });
    const [, , row] = Deno.readTextFileSync(`${changed}/eval.csv`).split("\n");
    edit(`${changed}/eval.csv`, changeLine(3));

    const both = await runTask("verify", changed, good, "--threads=1");
    assert.equal(both.code, 1, both.stderr);
    assert.ok(both.stdout.includes(`${changed}: all 300 steps give other bytes\n  eval.csv, line 3\n`), both.stdout);
    assert.ok(both.stdout.includes(`    there: ${changeDigit(row!)}\n    anew:  ${row}\n`), both.stdout);
    assert.ok(both.stdout.includes(`${good}: all 300 steps give the same bytes`), both.stdout);

    const part = await runTask("verify", changed, good, "--steps=150");
    assert.equal(part.code, 0, part.stderr);
    assert.match(part.stdout, /^All 2 runs give the same bytes$/m);
  }));

Deno.test("verify refuses what is no finished run, and what this machine cannot compute, with exit code 2", () =>
  withFolder(async (folder) => {
    const refuse = async (message: RegExp, ...args: string[]) => {
      const { code, stdout, stderr } = await runTask("verify", ...args);
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.equal(stdout, ""); // nothing was trained
    };
    const run = `${folder}/run`;
    await trainTiny(run);
    await refuse(/^Cannot verify ".*nowhere": there is no such folder$/m, run, `${folder}/nowhere`);
    await refuse(/^Cannot verify ".*": it has no config.json, so it is no run's folder$/m, folder);
    await refuse(/^Cannot use "0" for --steps: expected an integer of at least 1$/m, run, "--steps=0");
    await refuse(/^Unknown flag --step: did you mean --steps\?$/m, run, "--step=3");
    edit(`${run}/config.json`, (text) => text.replace('"backend": "wasm"', '"backend": "webgpu"'));
    await refuse(/^Cannot use backend webgpu with engine fused/m, run);
    Deno.removeSync(`${run}/policy.safetensors`);
    await refuse(/^Cannot verify ".*run": the run is unfinished/m, run);
    Deno.writeTextFileSync(`${run}/config.json`, "{}");
    await refuse(/^Cannot use .*config.json: env is missing$/m, run);
  }));
