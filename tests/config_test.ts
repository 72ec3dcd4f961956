import assert from "node:assert/strict";
import {
  type Config,
  configDifferences,
  configFromJson,
  configToJson,
  parseSetting,
  resolveConfig,
  type Setting,
} from "../src/config.ts";
import { UsageError } from "../src/errors.ts";
import { presets } from "../src/presets.ts";

const refuses = (action: () => unknown, message: string) =>
  assert.throws(action, (error) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.equal(error.message, message);
    return true;
  });

Deno.test("defaults are the original's", () => {
  const config = resolveConfig({});
  const expected: Partial<Config> = {
    gamma: 0.99,
    qLr: 3e-4,
    policyLr: 3e-4,
    polyak: 0.995,
    initialAlpha: 1,
    batchSize: 256,
    bufferSize: 100_000,
    hidden: 256,
    learningStarts: 2000,
    policyFrequency: 2,
    maxEpisodeSteps: 1000,
    evalFreq: 1000,
    evalEpisodes: 10,
    logFreq: 100,
    videoFreq: 10_000,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(config[name as Setting], value, name);
  assert.deepEqual(config.logStdBounds, [-20, 2]);
  assert.equal(resolveConfig({ env: "HalfCheetah-v4" }).maxEpisodeSteps, 150);
  assert.equal(resolveConfig({ env: "InvertedPendulum-v4" }).steps, 50_000);
});

Deno.test("the presets are the original's 11 runs", () => {
  const runs = Object.values(presets).flat().map(({ name, settings }) => {
    const { env, seed, steps, qLr } = resolveConfig(settings);
    return [name ?? "", env, seed, steps, qLr].join(" ");
  });
  assert.deepEqual(runs, [
    ...[1, 2, 3].map((seed) => ` HalfCheetah-v4 ${seed} 200000 0.0003`),
    ...[1, 2, 3].map((seed) => ` Hopper-v4 ${seed} 200000 0.0003`),
    ...[1, 2, 3].map((seed) => ` InvertedPendulum-v4 ${seed} 50000 0.0003`),
    "long_run Hopper-v4 3 500000 0.0003",
    "high_critic_lrate Hopper-v4 1 200000 0.001",
  ]);
});

Deno.test("texts out of range, and texts that are no number, are refused with what is expected", () => {
  const cases: [Setting, string, string][] = [
    ["gamma", "2", "a number from 0 to 1"],
    ["gamma", "NaN", "a number from 0 to 1"],
    ["qLr", "0", "a number above 0, at most 1"],
    ["initialAlpha", "1e400", "a number above 0"],
    ["batchSize", "0", "an integer from 1 to 65536"],
    ["batchSize", "1.5", "an integer from 1 to 65536"],
    ["steps", "abc", "an integer from 1 to 1e9"],
    ["steps", "0x10", "an integer from 1 to 1e9"],
    ["seed", "-1", "an integer from 0 to 4294967295"],
    ["engine", "torch", "one of fused, tfjs"],
    ["logStdBounds", "2,-20", "two numbers, the smaller first, from -40 to 10, as in -20,2"],
    ["logStdBounds", "-20", "two numbers, the smaller first, from -40 to 10, as in -20,2"],
  ];
  for (const [setting, text, expected] of cases) {
    const flag = setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    refuses(
      () => parseSetting(setting, text),
      `Cannot use ${JSON.stringify(text)} for --${flag}: expected ${expected}`,
    );
  }
});

Deno.test("a value that a script passes is checked like a flag's", () => {
  refuses(() => resolveConfig({ gamma: 2 }), "Cannot use 2 for gamma: expected a number from 0 to 1");
  refuses(
    () => resolveConfig({ env: "Walker2d-v4" }),
    'Cannot use "Walker2d-v4" for env: expected one of HalfCheetah-v4, Hopper-v4, InvertedPendulum-v4',
  );
  assert.throws(() => resolveConfig({ gama: 0.5 } as Partial<Config>), UsageError);
  assert.equal(resolveConfig({ env: "point" }, { environments: ["point"] }).env, "point");
});

Deno.test("config.json gives the settings back, and one that does not fit is named", () => {
  const config = resolveConfig({ env: "Hopper-v4", seed: 3, logStdBounds: [-5, 2] });
  const json = JSON.parse(JSON.stringify({ ...configToJson(config), versions: { deno: "2.9.6" } }));
  assert.deepEqual(configFromJson(json, "config.json"), config);
  const { batch_size: _, ...incomplete } = json;
  refuses(() => configFromJson(incomplete, "config.json"), "Cannot use config.json: batch_size is missing");
  refuses(
    () => configFromJson({ ...json, gamma: "high" }, "config.json"),
    'Cannot use config.json: Cannot use "high" for gamma: expected a number from 0 to 1',
  );
  refuses(() => configFromJson([], "config.json"), "Cannot use config.json: expected an object of settings");
});

Deno.test("two configurations differ in what decides a run's bytes, not in threads or checkpoints", () => {
  const a = resolveConfig({ seed: 1, threads: 1, checkpointFreq: 10 });
  assert.deepEqual(configDifferences(a, resolveConfig({ seed: 1, threads: 2, checkpointFreq: 20 })), []);
  assert.deepEqual(configDifferences(a, { ...a, gamma: 0.5 }), [{ setting: "gamma", a: "0.99", b: "0.5" }]);
});
