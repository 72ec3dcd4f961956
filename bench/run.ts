/** The whole benchmark: what is measured, and how thoroughly. */

import type { Config } from "../src/config.ts";
import { benchEnvironments } from "./env_bench.ts";
import { describeMachine, median, summarize, threadCounts, type Timing } from "./measure.ts";
import type { BenchReport } from "./report.ts";
import { ourProgram, runTogether, type Training } from "./training.ts";
import { dissectUpdate, fastestTile, timeScaling, timeUpdates } from "./updates.ts";

/** What processes that trained in one way measured. */
export interface TrainingSummary {
  readonly name: string;
  readonly stepsPerSecond?: { readonly median: number; readonly maximum: number };
  /** From the process's start, without steps before learning starts. */
  readonly firstUpdateSeconds?: Timing;
  /** The greatest of all rounds. */
  readonly peakMegabytes?: number;
}

/** How thoroughly to measure. */
interface Effort {
  readonly rounds: number;
  /** Updates of each learner before it is timed. */
  readonly warmUp: number;
  readonly sizes: readonly number[];
  readonly scalingRounds: number;
  readonly tfjsRounds: number;
  readonly environment: { readonly steps: number; readonly rounds: number };
  readonly training: { readonly rounds: number; readonly warmUp: number; readonly updates: number };
}

const thorough: Effort = {
  rounds: 40,
  warmUp: 50,
  sizes: [64, 128, 256, 512, 1024],
  scalingRounds: 8,
  tfjsRounds: 3,
  environment: { steps: 1000, rounds: 15 },
  training: { rounds: 3, warmUp: 100, updates: 1000 },
};

/** Enough to see that everything runs; its figures mean nothing. */
const quickly: Effort = {
  rounds: 1,
  warmUp: 1,
  sizes: [16, 32],
  scalingRounds: 1,
  tfjsRounds: 1,
  environment: { steps: 20, rounds: 1 },
  training: { rounds: 1, warmUp: 2, updates: 4 },
};

/**
 * Measures everything.
 *
 * @param options.onProgress is told what comes next
 * @param options.folder where runs may be trained; it is left with them
 */
export async function runBench(
  options: { quick: boolean; folder: string; onProgress: (what: string) => void },
): Promise<BenchReport> {
  const { quick, folder, onProgress } = options, effort = quick ? quickly : thorough;
  const machine = describeMachine(), threads = threadCounts(machine.cores), date = new Date().toISOString();
  onProgress("products and the parts of an update");
  const { warmUp } = effort, anatomy = await dissectUpdate(await fastestTile(), effort);
  onProgress("updates by engine and threads");
  const updates = [
    ...await timeUpdates(threads.map((threads) => ({ engine: "fused", threads })), effort),
    ...await timeUpdates([{ engine: "tfjs", backend: "wasm" }], { rounds: effort.tfjsRounds, warmUp: 1, times: 1 }),
  ];
  onProgress("environment steps");
  const environments = await benchEnvironments(effort.environment);
  onProgress("training runs");
  const training = await timeTraining(effort.training, folder);
  onProgress("how an update's time grows");
  const scaling = await timeScaling({ sizes: effort.sizes, threads, warmUp, rounds: effort.scalingRounds });
  return { date, machine, rounds: effort.rounds, anatomy, updates, environments, training, scaling };
}

/** No evaluation, no recording, no checkpoint. */
const bare: Partial<Config> = { evalFreq: 1e9, videoFreq: 0, checkpointFreq: 0 };
/** Half of each, twice as often as by default, so that the timed updates see two of them. */
const asInRuns: Partial<Config> = { evalFreq: 500, evalEpisodes: 5, videoFreq: 0, checkpointFreq: 0 };

async function timeTraining(
  { rounds, warmUp, updates }: Effort["training"],
  folder: string,
): Promise<TrainingSummary[]> {
  const long = { env: "HalfCheetah-v4", maxEpisodeSteps: 1000 };
  const cases = [
    { name: "Hopper-v4, without evaluations", settings: { env: "Hopper-v4", ...bare } },
    { name: "Hopper-v4, evaluated as in a run", settings: { env: "Hopper-v4", ...asInRuns } },
    { name: "HalfCheetah-v4, episodes of 1000 steps, without evaluations", settings: { ...long, ...bare } },
    { name: "HalfCheetah-v4, episodes of 1000 steps, evaluated", settings: { ...long, ...asInRuns } },
  ];
  const measured: Training[][] = cases.map(() => []), starts: Training[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [i, { settings }] of cases.entries()) {
      measured[i]!.push(...await runTogether([ourProgram({ settings, warmUp, updates }, folder)]));
    }
    const fresh = { settings: { env: "Hopper-v4", learningStarts: 1 }, warmUp: 10, updates: 1 };
    starts.push(...await runTogether([ourProgram(fresh, folder)]));
  }
  // Memory is at its peak with a full replay buffer, an evaluation under way and a checkpoint just written.
  const learningStarts = updates > 100 ? 100_000 : 256;
  const full = { settings: { ...asInRuns, learningStarts, bufferSize: 100_000, checkpointFreq: learningStarts + 200 } };
  const [filled] = await runTogether([ourProgram({ ...full, warmUp: 2, updates: Math.min(updates, 520) }, folder)]);
  return [
    ...cases.map(({ name }, i): TrainingSummary => {
      const rates = measured[i]!.map(({ stepsPerSecond }) => stepsPerSecond);
      return {
        name,
        stepsPerSecond: { median: median(rates), maximum: Math.max(...rates) },
        ...peakOf(measured[i]!),
      };
    }),
    {
      name: "Hopper-v4, learning starts at step 1",
      firstUpdateSeconds: summarize(starts.map(({ firstUpdateSeconds }) => firstUpdateSeconds)),
    },
    { name: "Hopper-v4, replay buffer full", ...peakOf([filled!]) },
  ];
}

function peakOf(training: readonly Training[]): Pick<TrainingSummary, "peakMegabytes"> {
  const peaks = training.flatMap(({ peakMegabytes }) => peakMegabytes ?? []);
  return peaks.length > 0 ? { peakMegabytes: Math.max(...peaks) } : {};
}
