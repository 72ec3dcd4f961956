/** The command line of `deno task sweep`: which runs, where, and what is asked of a scheduler for each. */

import { Option } from "commander";
import {
  addSettings,
  type Command,
  makeCommand,
  readFolderName,
  readInteger,
  readText,
  settingsOf,
  valueFlag,
} from "../command_line.ts";
import { type Config, flagName } from "../config.ts";
import { UsageError } from "../errors.ts";
import { manifestName } from "./manifest.ts";
import { planRuns, readEnvironments, readSeeds, readVariation, type SweepRun, type Variation } from "./plan.ts";
import { readSbatchFlag, readSlurmName, readSlurmTime } from "./slurm_flags.ts";

/** The flags of `deno task sweep`, but for the settings. */
export interface SweepFlags {
  readonly env?: string[];
  readonly seeds?: number[];
  readonly set?: Variation[];
  readonly name: string;
  readonly outDir?: string;
  readonly launcher?: Launcher;
  readonly dryRun?: boolean;
  readonly jobs?: number;
  readonly time?: string;
  readonly partition?: string;
  readonly memory?: string;
  readonly cpusPerTask?: number;
  readonly maxParallel?: number;
  readonly grace?: number;
  readonly sbatch?: string[];
}

/** Where a sweep can run. */
const launchers = ["local", "slurm", "kubernetes"] as const;
type Launcher = (typeof launchers)[number];

/** The flags that mean something for some launchers only. */
const launcherFlags: Readonly<Record<string, readonly Launcher[]>> = {
  jobs: ["local"],
  time: ["slurm"],
  partition: ["slurm"],
  memory: ["slurm"],
  sbatch: ["slurm"],
  cpusPerTask: ["slurm", "kubernetes"],
  maxParallel: ["slurm", "kubernetes"],
  grace: ["slurm", "kubernetes"],
};

/** A command with all flags of `deno task sweep`. */
export function makeSweepCommand(): Command {
  const command = makeCommand({
    task: "sweep",
    summary: "Trains every environment with every combination of settings and every seed, each run in its own folder " +
      `<out-dir>/<name>/[<setting>=<value>/]<env>__seed_<seed>. ${manifestName} there numbers the runs. The same command again ` +
      "goes on with them and leaves finished ones as they are.",
    examples: [
      ["--env Hopper-v4,HalfCheetah-v4 --seeds 1..10 --set q_lr=3e-4,1e-3 --name critic_lr", "40 runs on all cores"],
      ["--seeds 1..5 --set gamma=0.98,0.99 --set hidden=128,256 --name grid --dry-run", "print 20 runs, start none"],
      ["--seeds 1..5 --name five --launcher slurm --time 4:00:00 --max-parallel 4", "as a job array of Slurm"],
      ["status critic_lr", "what has become of each run"],
    ],
  })
    .usage("[flags]\n       deno task sweep status <name> [flags]")
    .addOption(valueFlag("name", "NAME", "the sweep's folder within the out-dir [required]", readFolderName))
    .addOption(valueFlag("env", "A,B", "environments [default Hopper-v4]", readEnvironments))
    .addOption(valueFlag("seeds", "1..N", "seeds: numbers and ranges [default 1..5]", readSeeds))
    .addOption(repeatedFlag("set", "SETTING=A,B", "vary a setting, spelled as in config.json", readVariation));
  addSettings(command, ["env", "seed"])
    .addOption(valueFlag("out-dir", "DIR", "folder of all runs [default experiments]", readText("out-dir")))
    .addOption(valueFlag("launcher", "WHERE", `${launchers.join(", ")} [default local]`, readLauncher))
    .option("--dry-run", "print the manifest, and the script or template; write and start nothing")
    .addOption(valueFlag("jobs", "N", "local: runs at once [default as many as cores]", readInteger("jobs", 1)))
    .addOption(valueFlag("time", "TIME", "slurm: time limit of a run, as 4:00:00 or 1-12", readSlurmTime))
    .addOption(valueFlag("partition", "NAME", "slurm: partition", readSlurmName("partition")))
    .addOption(valueFlag("memory", "SIZE", "slurm: memory of a run, as 2G", readSlurmName("memory")))
    .addOption(
      valueFlag("cpus-per-task", "N", "slurm, kubernetes: cores of a run [default 1]", readInteger("cpus-per-task", 1)),
    )
    .addOption(
      valueFlag("max-parallel", "N", "slurm, kubernetes: runs at once [default all]", readInteger("max-parallel", 1)),
    )
    .addOption(
      valueFlag(
        "grace",
        "SECONDS",
        "slurm, kubernetes: time for a checkpoint before a run is killed [default 120]",
        readInteger("grace", 1),
      ),
    )
    .addOption(repeatedFlag("sbatch", "FLAG", "slurm: any further flag, as --sbatch=--account=lab", readSbatchFlag));
  return command;
}

/**
 * The flags, the runs they mean and the settings among them.
 *
 * @throws {UsageError} if they do not go together
 */
export function planFromFlags(
  flags: Record<string, unknown>,
): { flags: SweepFlags; runs: SweepRun[]; settings: Partial<Config> } {
  const { env = ["Hopper-v4"], seeds = [1, 2, 3, 4, 5], set = [], name, launcher = "local" } = flags as Partial<
    SweepFlags
  >;
  if (name === undefined) {
    throw new UsageError("--name is missing: expected a name for the sweep's folder, as in --name critic_lr");
  }
  for (const [flag, meant] of Object.entries(launcherFlags)) {
    if (Object.hasOwn(flags, flag) && !meant.includes(launcher)) {
      throw new UsageError(
        `Cannot use --${flagName(flag)} with the launcher ${launcher}: it is for ${meant.join(" and ")}`,
      );
    }
  }
  const { env: _, ...settings } = settingsOf(flags);
  const runs = planRuns({ environments: env, variations: set, seeds, settings });
  return { flags: { ...flags, name }, runs, settings };
}

/** A flag that may be given several times: its values are collected. */
function repeatedFlag(name: string, placeholder: string, meaning: string, read: (text: string) => unknown): Option {
  return new Option(`--${name} <${placeholder}>`, `${meaning}; may be repeated`)
    .argParser((text: string, before: unknown[] | undefined) => [...before ?? [], read(text)]);
}

function readLauncher(text: string): Launcher {
  const launcher = launchers.find((known) => known === text);
  if (launcher) return launcher;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} for --launcher: expected one of ${launchers.join(", ")}`);
}
