import assert from "node:assert/strict";
import { mean, standardDeviation } from "../src/moments.ts";
import { runTask, tinyRun, withFolder } from "./helpers/task.ts";

Deno.test("evaluate prints each episode and mean ± sd, the same each time, as a table or as JSON", () =>
  withFolder(async (folder) => {
    const trained = await runTask("train", ...tinyRun, "--steps=60", `--out-dir=${folder}`);
    assert.equal(trained.code, 0, trained.stderr);
    const run = `${folder}/InvertedPendulum-v4__seed_1`;

    const table = await runTask("evaluate", run, "--episodes=3", "--seed=5");
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /^episode +return +length\n +1 +\d+\.\d\d +\d+\n +2 .*\n +3 .*\n$/m);
    assert.match(table.stdout, /^return \d+\.\d\d ± \d+\.\d\d, length .* of 3 episodes\)$/m);
    assert.equal((await runTask("evaluate", run, "--episodes=3", "--seed=5")).stdout, table.stdout);

    const json = await runTask("evaluate", `${run}/policy.safetensors`, "--episodes", "3", "--seed", "5", "--json");
    const { env, returns, lengths, meanReturn, returnStandardDeviation } = JSON.parse(json.stdout);
    assert.equal(env, "InvertedPendulum-v4");
    assert.deepEqual(returns, lengths); // a reward of 1 a step
    assert.equal(returns.length, 3);
    assert.equal(meanReturn, mean(returns));
    assert.equal(returnStandardDeviation, standardDeviation(returns, "population"));

    Deno.truncateSync(`${run}/policy.safetensors`, 1000);
    const damaged = await runTask("evaluate", run);
    assert.equal(damaged.code, 2);
    assert.match(damaged.stderr, /policy\.safetensors/);
  }));

Deno.test("evaluate refuses what is no policy with exit code 2", () =>
  withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/policy.safetensors`, "no policy");
    for (
      const [args, message] of [
        [[], /^The argument <run> is missing$/m],
        [[`${folder}/absent`], /^Cannot read ".*absent": /],
        [[`${folder}/policy.safetensors`], /^Cannot .*policy\.safetensors"/],
        [[folder, "--episodes=0"], /^Cannot use "0" for --episodes: expected an integer of at least 1$/m],
        [[folder, "--episode=1"], /^Unknown flag --episode: did you mean --episodes\?$/m],
      ] as const
    ) {
      const { code, stdout, stderr } = await runTask("evaluate", ...args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    }
  }));
