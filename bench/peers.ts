/** The same training work in this project and in its Python peers (`peers/`), in turns. */

import { fileURLToPath } from "node:url";
import { RunError } from "../src/errors.ts";
import { benchEnvironments } from "./env_bench.ts";
import { describeMachine, type Machine, machineLine, median, summarize, type Timing } from "./measure.ts";
import { ourProgram, runTogether, type Training, type TrainingProgram } from "./training.ts";

const peersFolder = fileURLToPath(new URL("peers", import.meta.url));
const venv = fileURLToPath(new URL("../.venv", import.meta.url)), python = `${venv}/bin/python`;

/** The programs that are compared, by name, with their files in `peers/`; the first is this project. */
const contenders = [
  ["this project", undefined],
  ["Stable-Baselines3", "sb3.py"],
  ["SBX", "sbx_jax.py"],
  ["PyTorch loop", "torch_loop.py"],
] as const;

/** What one program reached. */
export interface PeerResult {
  readonly name: string;
  /** Steps per second of one run on all cores, and of two side by side together; `maximum` is of the best round. */
  readonly single: { readonly median: number; readonly maximum: number };
  readonly pair: { readonly median: number; readonly maximum: number };
  /** Seconds from start to the tenth update, without steps before learning starts beyond 256. */
  readonly tenthUpdateSeconds: Timing;
  readonly peakMegabytes: number | undefined;
}

/** Microseconds per environment step, best rounds. */
export interface EnvironmentResult {
  readonly env: string;
  readonly ours: number;
  readonly gymnasium: number;
  /** MuJoCo's Python bindings alone: control and `mj_step`. */
  readonly bindings: number;
}

/** All that `deno task bench:peers` measures. */
export interface PeersReport {
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Record<string, string>;
  readonly rounds: number;
  readonly updates: number;
  readonly results: readonly PeerResult[];
  readonly environments: readonly EnvironmentResult[];
}

/**
 * Makes the Python environment in `.venv`, if it is not there, with the versions of `peers/requirements.txt`.
 *
 * @returns the versions of what counts
 * @throws {RunError} if that fails
 */
export async function preparePython(): Promise<Record<string, string>> {
  const isThere = await Deno.stat(python).then(() => true, () => false);
  if (!isThere) await run("python3", ["-m", "venv", venv]);
  await run(python, ["-m", "pip", "install", "--quiet", "-r", `${peersFolder}/requirements.txt`]);
  const names = ["stable-baselines3", "sbx-rl", "torch", "jax", "gymnasium", "mujoco"];
  const code = `import importlib.metadata, json, platform
print(json.dumps({"python": platform.python_version(), **{n: importlib.metadata.version(n) for n in ${
    JSON.stringify(names)
  }}}))`;
  return JSON.parse(await run(python, ["-c", code]));
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new RunError(`${command} ${args.join(" ")} failed:\n${decoder.decode(stderr).trimEnd()}`);
  return decoder.decode(stdout);
}

/** Measures everything, round by round in turns. */
export async function benchPeers(
  options: { rounds: number; updates: number; folder: string; onProgress: (what: string) => void },
): Promise<PeersReport> {
  const { rounds, updates, folder, onProgress } = options, warmUp = Math.min(50, updates);
  onProgress("Preparing Python");
  const versions = await preparePython(), machine = describeMachine(), date = new Date().toISOString();
  const program = (file: string | undefined, threads: number): TrainingProgram =>
    file === undefined
      ? ourProgram({
        settings: { env: "Hopper-v4", threads, evalFreq: 1e9, videoFreq: 0, checkpointFreq: 0 },
        warmUp,
        updates,
      }, folder)
      : {
        command: python,
        args: ["-W", "ignore", "-B", `${peersFolder}/${file}`, String(warmUp), String(updates), String(threads)],
      };
  const singles: Training[][] = contenders.map(() => []), pairs: number[][] = contenders.map(() => []);
  const half = Math.max(1, Math.floor(machine.cores / 2));
  for (let round = 1; round <= rounds; round++) {
    for (const [i, [name, file]] of contenders.entries()) {
      onProgress(`Round ${round} of ${rounds}: ${name}, one run`);
      singles[i]!.push(...await runTogether([program(file, machine.cores)]));
    }
    for (const [i, [name, file]] of contenders.entries()) {
      onProgress(`Round ${round} of ${rounds}: ${name}, two runs side by side`);
      const both = await runTogether([program(file, half), program(file, half)]);
      pairs[i]!.push(both.reduce((sum, { stepsPerSecond }) => sum + stepsPerSecond, 0));
    }
  }
  onProgress("Environment steps");
  const environments = await timeEnvironments();
  const results = contenders.map(([name], i): PeerResult => {
    const rates = singles[i]!.map(({ stepsPerSecond }) => stepsPerSecond);
    const peaks = singles[i]!.flatMap(({ peakMegabytes }) => peakMegabytes ?? []);
    return {
      name,
      single: { median: median(rates), maximum: Math.max(...rates) },
      pair: { median: median(pairs[i]!), maximum: Math.max(...pairs[i]!) },
      tenthUpdateSeconds: summarize(singles[i]!.map(({ tenthUpdateSeconds }) => tenthUpdateSeconds)),
      peakMegabytes: peaks.length > 0 ? Math.max(...peaks) : undefined,
    };
  });
  return { date, machine, versions, rounds, updates, results, environments };
}

/** Ours and Python's in turns, too: the best of three rounds of each. */
async function timeEnvironments(): Promise<EnvironmentResult[]> {
  const results = new Map<string, EnvironmentResult>();
  for (let round = 0; round < 3; round++) {
    const ours = await benchEnvironments({ steps: 1000, rounds: 4 });
    const theirs: Record<string, { gymnasium: number; bindings: number }> = JSON.parse(
      await run(python, ["-W", "ignore", "-B", `${peersFolder}/environment_steps.py`, "1000", "4"]),
    );
    for (const { env, microsecondsPerStep } of ours) {
      const { gymnasium, bindings } = theirs[env]!, before = results.get(env);
      results.set(env, {
        env,
        ours: Math.min(microsecondsPerStep, before?.ours ?? Infinity),
        gymnasium: Math.min(gymnasium, before?.gymnasium ?? Infinity),
        bindings: Math.min(bindings, before?.bindings ?? Infinity),
      });
    }
  }
  return [...results.values()];
}

/** The report as Markdown. */
export function describePeers({ machine, versions, rounds, updates, results, environments }: PeersReport): string {
  const [ours] = results as [PeerResult, ...PeerResult[]];
  const ratio = (a: number, b: number) => `${(a / b).toPrecision(2)}×`;
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const best = ({ median, maximum }: PeerResult["single"]) => `${median.toFixed(0)} (${maximum.toFixed(0)})`;
  const memory = (megabytes: number | undefined) => megabytes === undefined ? "–" : megabytes.toFixed(0);
  return [
    machineLine(machine) + ";",
    Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ") + ".",
    `Hopper-v4, batch 256, two hidden layers of 256, one update a step; ${updates} steps after warm-up in each of ${rounds} ` +
    `interleaved rounds; medians, in brackets the best round; behind → this project ÷ the other.`,
    "",
    row([
      "",
      "one run on all cores, steps/s",
      "two side by side, steps/s together",
      "start to 10th update, s",
      "peak memory, MB",
    ]),
    row(["---", "---:", "---:", "---:", "---:"]),
    ...results.map((result) => {
      const { name, single, pair, tenthUpdateSeconds: { median: start, minimum }, peakMegabytes } = result;
      const behind = (text: string) => result === ours ? "" : ` → ${text}`;
      return row([
        name,
        best(single) + behind(ratio(ours.single.median, single.median)),
        best(pair) + behind(ratio(ours.pair.median, pair.median)),
        `${start.toFixed(1)} (${minimum.toFixed(1)})` + behind(ratio(ours.tenthUpdateSeconds.median, start)),
        memory(peakMegabytes) + behind(ratio(ours.peakMegabytes ?? NaN, peakMegabytes ?? NaN)),
      ]);
    }),
    "",
    row(["µs per environment step, best rounds", "this project", "Gymnasium", "MuJoCo's Python bindings alone"]),
    row(["---", "---:", "---:", "---:"]),
    ...environments.map(({ env, ours, gymnasium, bindings }) =>
      row([env, ours.toFixed(0), gymnasium.toFixed(0), bindings.toFixed(0)])
    ),
  ].join("\n");
}
