/**
 * The one schema of a run's settings: name, meaning, default and range of each. It reads flags and `config.json`, words the
 * errors and makes `--help`.
 *
 * A setting has one name in three spellings: `batchSize` in TypeScript, `batch_size` in `config.json` and in sweeps,
 * `--batch-size` on the command line.
 */

import { UsageError } from "./errors.ts";

/** The environments that come with this project. */
export const environmentIds = ["HalfCheetah-v4", "Hopper-v4", "InvertedPendulum-v4"] as const;

/** How one setting is read, checked and explained. `T` is its type in {@link Config}. */
export interface Field<T> {
  /** What it is, in a few words. */
  readonly meaning: string;
  /** What the values are, in words: "an integer from 1 to 10". */
  readonly expected: string;
  /** The same in short, for `--help`: "1 to 10". */
  readonly range: string;
  /** The placeholder in `--help`. */
  readonly placeholder: string;
  /** The default; some depend on the environment. */
  readonly default: T | ((env: string) => T);
  /** Makes the value from a flag's text; anything that `accepts` refuses stands for "cannot be read". */
  readonly parse: (text: string) => unknown;
  /** Whether a value may be used. */
  readonly accepts: (value: unknown) => boolean;
  /** False for settings that cannot change a byte of the logs or the policy, so that a run may go on with another value. */
  readonly decidesBytes: boolean;
}

type FieldOptions<T> = Pick<Field<T>, "meaning" | "default"> & { decidesBytes?: boolean };

function integer(minimum: number, maximum: number, options: FieldOptions<number>): Field<number> {
  const range = `${minimum} to ${maximum >= 1e6 && maximum % 1e6 === 0 ? maximum.toExponential() : maximum}`.replace(
    "e+",
    "e",
  );
  return {
    expected: `an integer from ${range}`,
    range,
    placeholder: "N",
    parse: readNumber,
    accepts: (value) => Number.isSafeInteger(value) && value as number >= minimum && value as number <= maximum,
    decidesBytes: true,
    ...options,
  };
}

function real(minimum: number, maximum: number, options: FieldOptions<number> & { open?: boolean }): Field<number> {
  const { open = false, ...rest } = options;
  const lowest = open ? `above ${minimum}` : `${minimum}`;
  const range = maximum === Infinity ? lowest : `${lowest}${open ? ", at most" : " to"} ${maximum}`;
  return {
    expected: `a number ${open ? range : `from ${range}`}`,
    range,
    placeholder: "X",
    parse: readNumber,
    accepts: (value) =>
      typeof value === "number" && Number.isFinite(value) && (open ? value > minimum : value >= minimum) &&
      value <= maximum,
    decidesBytes: true,
    ...rest,
  };
}

function choice<const T extends readonly string[]>(values: T, options: FieldOptions<T[number]>): Field<T[number]> {
  return {
    expected: `one of ${values.join(", ")}`,
    range: values.join(", "),
    placeholder: "NAME",
    parse: (text) => text,
    accepts: (value) => values.includes(value as string),
    decidesBytes: true,
    ...options,
  };
}

/** Decimal numbers only: `0x10`, an empty text or `1e400` are no number here. */
function readNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
}

const logStdBounds: Field<readonly [number, number]> = {
  meaning: "bounds of the policy's log standard deviation",
  expected: "two numbers, the smaller first, from -40 to 10, as in -20,2",
  range: "-40 to 10",
  placeholder: "LOW,HIGH",
  default: [-20, 2],
  parse: (text) => text.split(",").map(readNumber),
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((bound) =>
      Number.isFinite(bound) && bound >= -40 && bound <= 10
    ) &&
    value[0] < value[1],
  decidesBytes: true,
};

/** Every setting of a run, in the order in which `--help` and `config.json` show them. */
export const schema = {
  env: choice(environmentIds, { meaning: "environment", default: "Hopper-v4" }) as Field<string>,
  seed: integer(0, 4294967295, { meaning: "seed of every random stream", default: 1 }),
  steps: integer(1, 1e9, {
    meaning: "environment steps in all",
    default: (env) => env === "InvertedPendulum-v4" ? 50_000 : 200_000,
  }),
  engine: choice(["fused", "tfjs"], {
    meaning: "learner: fused is WASM kernels and fast, tfjs is TensorFlow.js and the reference",
    default: "fused",
  }),
  backend: choice(["auto", "webgpu", "wasm", "cpu"], {
    meaning: "where tfjs computes; auto: webgpu on a real GPU, else wasm",
    default: "auto",
  }),
  threads: integer(0, 64, {
    meaning: "threads of the fused engine, 0 for one per core, at most 8; changes no result",
    default: 0,
    decidesBytes: false,
  }),
  qLr: real(0, 1, { open: true, meaning: "learning rate of the critics and of the temperature", default: 3e-4 }),
  policyLr: real(0, 1, { open: true, meaning: "learning rate of the policy", default: 3e-4 }),
  gamma: real(0, 1, { meaning: "discount factor", default: 0.99 }),
  polyak: real(0, 1, { meaning: "share of the target critics kept at each step", default: 0.995 }),
  initialAlpha: real(0, Infinity, {
    open: true,
    meaning: "entropy temperature at the start; learnt from there",
    default: 1,
  }),
  batchSize: integer(1, 65536, { meaning: "transitions in an update", default: 256 }),
  bufferSize: integer(1, 1e8, { meaning: "transitions that the replay buffer keeps", default: 100_000 }),
  hidden: integer(1, 4096, { meaning: "units in each of the two hidden layers of every network", default: 256 }),
  learningStarts: integer(0, 1e9, {
    meaning: "steps with uniform random actions before learning starts",
    default: 2_000,
  }),
  policyFrequency: integer(1, 50, {
    meaning: "steps between policy updates; as many are then made in a row",
    default: 2,
  }),
  logStdBounds,
  maxEpisodeSteps: integer(1, 1e9, {
    meaning: "steps after which an episode is truncated",
    default: (env) => env === "HalfCheetah-v4" ? 150 : 1000,
  }),
  evalFreq: integer(1, 1e9, { meaning: "steps between evaluations", default: 1_000 }),
  evalEpisodes: integer(1, 10_000, { meaning: "deterministic episodes in an evaluation", default: 10 }),
  logFreq: integer(1, 1e9, { meaning: "steps between rows of losses.csv", default: 100 }),
  videoFreq: integer(0, 1e9, {
    meaning: "steps between recordings of 3 deterministic episodes; 0 for none",
    default: 10_000,
  }),
  checkpointFreq: integer(0, 1e9, {
    meaning: "steps between checkpoints; 0 for only when stopped",
    default: 10_000,
    decidesBytes: false,
  }),
} satisfies Record<string, Field<never> | Field<number> | Field<string> | Field<readonly [number, number]>>;

/** A setting's name in TypeScript. */
export type Setting = keyof typeof schema;

/** The resolved settings of a run. */
export type Config = { readonly [K in Setting]: (typeof schema)[K] extends Field<infer T> ? T : never };

const fields = Object.entries(schema) as [Setting, Field<unknown>][];

const separated = (separator: string) => (name: string) =>
  name.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase());

/** `batchSize` → `batch-size`, a flag without its dashes. */
export const flagName: (setting: string) => string = separated("-");

/** `batchSize` → `batch_size`, a key of `config.json`. */
export const keyName: (setting: string) => string = separated("_");

/** A value as `--flag` would take it; what no flag takes is named by its kind, however large or deep it is. */
function show(value: unknown): string {
  if (Array.isArray(value)) {
    const isFlat = value.length <= 10 && value.every((item) => typeof item !== "object" && typeof item !== "string");
    return isFlat ? value.join(",") : "a list";
  }
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? value.slice(0, 100) : String(value);
}

/**
 * Fills in defaults and checks every value.
 *
 * ```ts
 * import { resolveConfig } from "soft-actor-critic";
 * const config = resolveConfig({ env: "HalfCheetah-v4", seed: 3 });
 * console.log(config.maxEpisodeSteps); // 150
 * ```
 *
 * @param settings the values that differ from the defaults
 * @param options.environments the allowed values of `env`; a caller with an environment of its own names it here
 * @throws {UsageError} naming the first value out of its range
 */
export function resolveConfig(
  settings: Partial<Config>,
  options: { environments?: readonly string[]; spell?: (setting: string) => string } = {},
): Config {
  const { environments = environmentIds, spell = (setting) => setting } = options;
  for (const name of Object.keys(settings)) {
    if (!Object.hasOwn(schema, name)) {
      throw new UsageError(`Unknown setting ${name}: expected one of ${fields.map(([known]) => known).join(", ")}`);
    }
  }
  const env = settings.env ?? schema.env.default as string;
  const config: Record<string, unknown> = {};
  for (const [name, field] of fields) {
    const value = settings[name] ?? (typeof field.default === "function" ? field.default(env) : field.default);
    const known = name === "env" ? environments.includes(value as string) : field.accepts(value);
    if (!known) {
      const expected = name === "env" ? `one of ${environments.join(", ")}` : field.expected;
      const given = typeof value === "string" ? JSON.stringify(show(value)) : show(value);
      throw new UsageError(`Cannot use ${given} for ${spell(name)}: expected ${expected}`);
    }
    config[name] = value;
  }
  return config as Config;
}

/**
 * Reads the text of one flag's value.
 *
 * @throws {UsageError} if the text is not such a value
 */
export function parseSetting(setting: Setting, text: string, spell = `--${flagName(setting)}`): Config[Setting] {
  const field = schema[setting] as Field<unknown>;
  const value = field.parse(text);
  if (!field.accepts(value)) {
    throw new UsageError(`Cannot use ${JSON.stringify(text)} for ${spell}: expected ${field.expected}`);
  }
  return value as Config[Setting];
}

/** The settings as `config.json` spells them, in the schema's order. */
export function configToJson(config: Config): Record<string, unknown> {
  return Object.fromEntries(fields.map(([name]) => [keyName(name), config[name]]));
}

/**
 * The settings in a parsed `config.json`; keys that are no settings (versions, say) are passed over.
 *
 * @param source what the text was read from, for the message
 * @throws {UsageError} if it is no object, a setting is missing, or a value is out of its range
 */
export function configFromJson(json: unknown, source: string, environments?: readonly string[]): Config {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UsageError(`Cannot use ${source}: expected an object of settings`);
  }
  const settings: Record<string, unknown> = {};
  for (const [name] of fields) {
    const key = keyName(name);
    if (!Object.hasOwn(json, key)) throw new UsageError(`Cannot use ${source}: ${key} is missing`);
    settings[name] = (json as Record<string, unknown>)[key];
  }
  try {
    return resolveConfig(settings as Partial<Config>, { spell: keyName, ...(environments && { environments }) });
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`Cannot use ${source}: ${error.message}`);
    throw error;
  }
}

/** The settings in which two runs differ and that decide their bytes, with both values. */
export function configDifferences(a: Config, b: Config): { setting: Setting; a: string; b: string }[] {
  return fields
    .filter(([name, field]) => field.decidesBytes && show(a[name]) !== show(b[name]))
    .map(([setting]) => ({ setting, a: show(a[setting]), b: show(b[setting]) }));
}

/** What `--help` says of each setting: its placeholder, and its meaning with range and default. */
export function describeSettings(): { setting: Setting; placeholder: string; meaning: string }[] {
  return fields.map(([setting, field]) => ({
    setting,
    placeholder: field.placeholder,
    meaning: `${field.meaning} [${field.range}; default ${describeDefault(field)}]`,
  }));
}

/** A default in words: `200000, for InvertedPendulum-v4 50000` where it depends on the environment. */
function describeDefault(field: Field<unknown>): string {
  const of = (env: string) => show(typeof field.default === "function" ? field.default(env) : field.default);
  const usual = of(schema.env.default as string);
  return [usual, ...environmentIds.filter((env) => of(env) !== usual).map((env) => `for ${env} ${of(env)}`)].join(", ");
}
