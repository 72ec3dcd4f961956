import assert from "node:assert/strict";
import { addSettings, flagsOf, makeCommand, parseArguments, settingsOf } from "../src/command_line.ts";
import { resolveConfig } from "../src/config.ts";
import { UsageError } from "../src/errors.ts";

function parse(...args: string[]) {
  const command = addSettings(makeCommand({ task: "train", summary: "Trains.", examples: [["--seed 1", "a run"]] }));
  return settingsOf(parseArguments(command, args).flags);
}

Deno.test("flags take their values after a space or an equals sign, negative ones too", () => {
  assert.deepEqual(parse("--log-std-bounds", "-20,2", "--gamma=0.5", "--q-lr", "1e-3"), {
    logStdBounds: [-20, 2],
    gamma: 0.5,
    qLr: 1e-3,
  });
  assert.deepEqual(parse("--log-std-bounds=-5,-1"), { logStdBounds: [-5, -1] });
});

Deno.test("settings written as flags are read back as the same settings", () => {
  const config = resolveConfig({ env: "HalfCheetah-v4", seed: 7, qLr: 1e-3, logStdBounds: [-3, 1.5], threads: 2 });
  assert.deepEqual(resolveConfig(parse(...flagsOf(config))), config);
});

for (
  const [args, message] of [
    ["--stps 3", /^Unknown flag --stps: did you mean --steps\?$/],
    ["--alpha 3", /^Unknown flag --alpha: did you mean --initial-alpha\?$/],
    ["--xyzzy", /^Unknown flag --xyzzy$/],
    ["-x", /^Unknown flag -x$/],
    ["--seed 1 --seed 2", /^Cannot use --seed twice: leave one of them out$/],
    ["--steps", /^--steps lacks its value: expected --steps <N>$/],
    ["--steps --seed 1", /^Cannot use "--seed" for --steps: expected an integer from 1 to 1e9$/],
    ["--steps=", /^Cannot use "" for --steps: expected an integer from 1 to 1e9$/],
    ["zz", /^Cannot use "zz": expected flags only, as in --seed 1$/],
    ["--seed=1 2", /^Cannot use "2": expected flags only, as in --seed 1$/],
  ] as const
) {
  Deno.test(`the command line "${args}" is refused`, () => {
    assert.throws(() => parse(...args.split(" ")), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}
