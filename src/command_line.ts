/**
 * What every task's command line shares: flags made from the schema of settings, `--help`, the wording of errors, exit codes.
 *
 * | exit code | meaning |
 * |---|---|
 * | 0 | done |
 * | 1 | a run failed, or something unexpected happened (with its stack) |
 * | 2 | the input cannot be used; nothing was written |
 * | 130, 143 | stopped by SIGINT, SIGTERM after a checkpoint |
 */

import { Command, CommanderError, Option } from "commander";
import { type Config, describeSettings, flagName, parseSetting, schema, type Setting } from "./config.ts";
import { RunError, UsageError } from "./errors.ts";

export type { Command };

/** A command line's name, as in `deno task <name>`, what it does, and how it is used. */
export interface CommandOptions {
  readonly task: string;
  readonly summary: string;
  /** Command lines to copy, each with what it does. */
  readonly examples: readonly (readonly [flags: string, meaning: string])[];
}

/** A command line without flags of its own yet: `--help` and errors as everywhere in this project. */
export function makeCommand({ task, summary, examples }: CommandOptions): Command {
  const command = new Command(`deno task ${task}`).description(summary).usage("[flags]");
  const lines = examples.map(([flags, meaning]) => `  deno task ${`${task} ${flags}`.trimEnd()}\n      ${meaning}`);
  return command
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}`)
    .configureHelp({ styleTitle: (title) => title === "Options:" ? "Flags:" : title })
    // Errors are worded and printed by runTask; colours would need leave to read the environment.
    .configureOutput({ outputError: () => {}, getOutHasColors: () => false, getErrHasColors: () => false })
    .exitOverride();
}

/** A flag `--name VALUE` with a value of its own kind; `read` checks the text and throws UsageError. Given twice, it is refused. */
export function valueFlag(name: string, placeholder: string, meaning: string, read: (text: string) => unknown): Option {
  let seen = false;
  return new Option(`--${name} <${placeholder}>`, meaning).argParser((text: string) => {
    if (seen) throw new UsageError(`Cannot use --${name} twice: leave one of them out`);
    seen = true;
    return read(text);
  });
}

/** Reads a text that stands for a path or a name; a text like another flag means that the value was forgotten. */
export function readText(flag: string): (text: string) => string {
  return (text) => {
    if (text === "" || text.startsWith("--")) {
      throw new UsageError(`Cannot use ${JSON.stringify(text)} for --${flag}: expected a value that is not a flag`);
    }
    return text;
  };
}

/** Reads an integer of at least `minimum`. */
export function readInteger(flag: string, minimum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new UsageError(
        `Cannot use ${JSON.stringify(text)} for --${flag}: expected an integer of at least ${minimum}`,
      );
    }
    return value;
  };
}

/** Reads the name of a folder within the out-dir: one path segment that means the same on every system. */
export function readFolderName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)} for --name: expected letters, digits, dots, dashes and underscores, ` +
        "beginning with a letter or a digit",
    );
  }
  return text;
}

/** Adds a flag for each setting of a run, but for `without`. */
export function addSettings(command: Command, without: readonly Setting[] = []): Command {
  for (const { setting, placeholder, meaning } of describeSettings()) {
    if (without.includes(setting)) continue;
    command.addOption(valueFlag(flagName(setting), placeholder, meaning, (text) => parseSetting(setting, text)));
  }
  return command;
}

/** Adds the flags that say where runs lie, and what becomes of those that are there. */
export function addFolderFlags(command: Command): Command {
  return command
    .addOption(valueFlag("out-dir", "DIR", "folder of all runs [default experiments]", readText("out-dir")))
    .option("--overwrite", "start over: delete what such a run has written before");
}

/** A run's folder within the out-dir. */
export function runFolder({ env, seed }: Pick<Config, "env" | "seed">, name?: string): string {
  return [...(name === undefined ? [] : [name]), `${env}__seed_${seed}`].join("/");
}

/** The settings among a command's parsed flags. */
export function settingsOf(flags: Record<string, unknown>): Partial<Config> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => Object.hasOwn(schema, name)));
}

/** Settings as flags that read back as the same settings, for a process that trains with them. */
export function flagsOf(settings: Partial<Config>): string[] {
  return Object.entries(settings).map(([name, value]) => `--${flagName(name)}=${value}`);
}

/**
 * Reads a task's arguments: its flags, under their names in camelCase, and its positional arguments.
 *
 * @throws {UsageError} for an unknown or repeated flag, a value that is missing or cannot be used, an argument too many
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
): { flags: Record<string, unknown>; positional: string[] } {
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    throw error instanceof CommanderError && error.exitCode !== 0 ? new UsageError(reword(error, command)) : error;
  }
  return { flags: command.opts(), positional: command.args };
}

/** The parser's complaint in this project's words. */
function reword(error: CommanderError, command: Command): string {
  const quoted = /'([^'=]*)/.exec(error.message)?.[1] ?? ""; // `--stps=3` is about `--stps`
  switch (error.code) {
    case "commander.unknownOption": {
      const nearest = /Did you mean (?:one of )?(.*)\?/.exec(error.message)?.[1] ?? containing(quoted, command);
      return `Unknown flag ${quoted}` + (nearest ? `: did you mean ${nearest}?` : "");
    }
    case "commander.optionMissingArgument":
      return `${quoted.split(" ")[0]} lacks its value: expected ${quoted}`;
    case "commander.missingArgument":
      return `The argument <${quoted}> is missing`;
    case "commander.excessArguments": {
      const extra = command.args.slice(command.registeredArguments.length);
      return `Cannot use ${JSON.stringify(extra[0])}: expected ${
        command.registeredArguments.length === 0 ? "flags only" : "one argument and flags"
      }, as in --seed 1`;
    }
    default:
      return error.message.replace(/^error: /, "");
  }
}

/** Known flags of whose name an unknown one is a part: `--alpha` → `--initial-alpha`. */
function containing(flag: string, command: Command): string {
  const word = flag.replace(/^-+/, "");
  const known = command.options.map(({ long }) => long ?? "");
  return word.length < 2 ? "" : known.filter((name) => name.slice(2).split("-").includes(word)).join(" or ");
}

/** Runs a task and leaves with its exit code; errors go to standard error, those that a user can mend as their message alone. */
export async function runTask(task: string, main: () => Promise<number>): Promise<never> {
  let code: number;
  try {
    code = await main();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) Deno.exit(0); // --help
    code = error instanceof UsageError ? 2 : 1;
    if (error instanceof UsageError) {
      console.error(`${error.message}\nRun \`deno task ${task} --help\` for all flags`);
    } else console.error(error instanceof RunError ? error.message : error);
  }
  Deno.exit(code);
}

/** Exit codes of a task that a signal stopped: 128 + the signal's number. */
const signalCodes = [["SIGINT", 130], ["SIGTERM", 143]] as const;

/** A controller that SIGINT and SIGTERM abort, with the exit code as the reason. A second signal changes nothing. */
export function stopOnSignals(): AbortController {
  const controller = new AbortController();
  for (const [name, code] of signalCodes) Deno.addSignalListener(name, () => controller.abort(code));
  return controller;
}
