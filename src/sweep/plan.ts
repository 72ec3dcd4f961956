/** Which runs a sweep consists of: every environment with every combination of settings and every seed, in a fixed order. */

import { runFolder } from "../command_line.ts";
import { type Config, flagName, keyName, parseSetting, resolveConfig, schema, type Setting } from "../config.ts";
import { UsageError } from "../errors.ts";

/** One run of a sweep. */
export interface SweepRun {
  /** Its number, from 0. */
  readonly index: number;
  /** Its folder within the sweep's, such as `q_lr=0.001/Hopper-v4__seed_3`. */
  readonly folder: string;
  readonly config: Config;
}

/** A setting with the values that it takes in turn. */
export interface Variation {
  readonly setting: Setting;
  readonly values: readonly Config[Setting][];
}

/** What a sweep varies, and what it keeps. */
export interface SweepPlan {
  readonly environments: readonly string[];
  readonly variations: readonly Variation[];
  readonly seeds: readonly number[];
  /** Settings that all runs share. */
  readonly settings: Partial<Config>;
}

const maximumRuns = 100_000;

/**
 * The runs of a sweep. The environment changes slowest, then the settings in the order given, and the seed fastest. The folder names
 * the settings that vary, so that runs of one folder differ in nothing but the seed.
 *
 * @throws {UsageError} if a setting is varied and fixed, or varied twice, or there are too many runs
 */
export function planRuns({ environments, variations, seeds, settings }: SweepPlan): SweepRun[] {
  for (const [position, { setting }] of variations.entries()) {
    if (variations.findIndex((other) => other.setting === setting) < position) {
      throw new UsageError(
        `Cannot use --set ${keyName(setting)} twice: give its values together, as in ${keyName(setting)}=A,B`,
      );
    }
    if (Object.hasOwn(settings, setting)) {
      throw new UsageError(`Cannot use --${flagName(setting)} with --set ${keyName(setting)}: leave one of them out`);
    }
  }
  const count = environments.length * seeds.length *
    variations.reduce((product, { values }) => product * values.length, 1);
  if (count > maximumRuns) throw new UsageError(`Cannot plan ${count} runs: expected at most ${maximumRuns}`);
  const combinations = variations.reduce<readonly Partial<Config>[]>(
    (made, { setting, values }) => made.flatMap((one) => values.map((value) => ({ ...one, [setting]: value }))),
    [{}],
  );
  return environments.flatMap((env) =>
    combinations.flatMap((varied) => {
      const name = Object.entries(varied).map(([setting, value]) => `${keyName(setting)}=${value}`).join("__");
      return seeds.map((seed) => {
        const config = resolveConfig({ ...settings, ...varied, env, seed });
        return { folder: runFolder(config, name === "" ? undefined : name), config };
      });
    })
  ).map((run, index) => ({ index, ...run }));
}

/** Reads `Hopper-v4,HalfCheetah-v4`. @throws {UsageError} for an unknown environment, or one that is there twice */
export function readEnvironments(text: string): string[] {
  const names = text.split(",").map((name) => parseSetting("env", name, "--env") as string);
  refuseTwice(names, text, "--env");
  return names;
}

/**
 * Reads seeds: numbers and ranges with both ends, as in `1..10` or `1,2,5..9`.
 *
 * @throws {UsageError} for anything else, an empty range, a seed that is there twice
 */
export function readSeeds(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(part) ?? [];
    if (first === undefined) {
      throw new UsageError(
        `Cannot use ${JSON.stringify(text)} for --seeds: expected seeds and ranges, as in 1..10 or 1,2,5..9`,
      );
    }
    const [begin, end] = [first, last ?? first].map((seed) => parseSetting("seed", seed, "--seeds") as number);
    const length = end! - begin! + 1;
    if (length < 1) {
      throw new UsageError(`Cannot use "${part}" for --seeds: the range is empty; expected the smaller seed first`);
    }
    if (length > maximumRuns) throw new UsageError(`Cannot plan ${length} runs: expected at most ${maximumRuns}`);
    return Array.from({ length }, (_, i) => begin! + i);
  });
  refuseTwice(seeds, text, "--seeds");
  return seeds;
}

/**
 * Reads a setting and its values, as in `q_lr=3e-4,1e-3`; the setting may be spelled as in `config.json`, as a flag or as in TypeScript.
 * Values that have a comma themselves follow each other: `log_std_bounds=-20,2,-5,2` has two.
 *
 * @throws {UsageError} if there is no such setting, it cannot be varied, or a value is out of its range or there twice
 */
export function readVariation(text: string): Variation {
  const [name = "", ...rest] = text.split("="), values = rest.join("=");
  if (rest.length === 0) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)} for --set: expected a setting and its values, as in q_lr=3e-4,1e-3`,
    );
  }
  const setting = findSetting(name), spelled = `--set ${keyName(setting)}`;
  if (setting === "env" || setting === "seed") {
    throw new UsageError(
      `Cannot use ${spelled}: expected ${setting === "env" ? "--env A,B" : "--seeds 1..10"} instead`,
    );
  }
  if (!schema[setting].decidesBytes) {
    throw new UsageError(
      `Cannot use ${spelled}: it changes no result, so that the runs would be the same; give all one value with ` +
        `--${flagName(setting)}`,
    );
  }
  const parts = values.split(","), inValue = setting === "logStdBounds" ? 2 : 1;
  const texts = Array.from(
    { length: Math.ceil(parts.length / inValue) },
    (_, i) => parts.slice(i * inValue, (i + 1) * inValue).join(),
  );
  const read = texts.map((value) => parseSetting(setting, value, spelled));
  refuseTwice(read.map(String), values, spelled);
  return { setting, values: read };
}

function refuseTwice(values: readonly (string | number)[], text: string, flag: string): void {
  const seen = new Set<string | number>();
  for (const value of values) {
    if (seen.has(value)) {
      throw new UsageError(`Cannot use ${JSON.stringify(text)} for ${flag}: ${value} is there twice`);
    }
    seen.add(value);
  }
}

function findSetting(name: string): Setting {
  const settings = Object.keys(schema) as Setting[];
  const known = settings.find((setting) => [setting, keyName(setting), flagName(setting)].includes(name));
  if (known) return known;
  const distances = settings.map((setting) => editDistance(name.toLowerCase().replaceAll("-", "_"), keyName(setting)));
  const smallest = Math.min(...distances), nearest = keyName(settings[distances.indexOf(smallest)]!);
  throw new UsageError(
    `Cannot use ${JSON.stringify(name)} for --set: there is no such setting` +
      (smallest <= nearest.length / 2
        ? `; did you mean ${nearest}?`
        : `; expected one of ${settings.map(keyName).join(", ")}`),
  );
}

/** Letters to insert, delete or replace to make one text the other (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i); // distances of a's beginning to b's beginnings
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
