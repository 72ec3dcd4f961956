/** What a benchmark found, as tables for people. */

import { formatTable } from "../src/progress.ts";
import type { EnvironmentTiming } from "./env_bench.ts";
import { type Machine, machineLine, type Timing } from "./measure.ts";
import type { TrainingSummary } from "./run.ts";
import type { Anatomy, PartTiming, Scaling, UpdateTiming } from "./updates.ts";

/** All that `deno task bench` measures; `--json` writes it. */
export interface BenchReport {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly anatomy: Anatomy;
  readonly updates: readonly UpdateTiming[];
  readonly environments: readonly EnvironmentTiming[];
  readonly training: readonly TrainingSummary[];
  readonly scaling: Scaling;
}

const milliseconds = (value: number) => value.toFixed(value < 0.995 ? 3 : 2);
const percent = (share: number) => `${(100 * share).toFixed(0)}%`;
const optional = (value: number | undefined, digits: number) => value === undefined ? "–" : value.toFixed(digits);

/** The whole report. */
export function describeReport(report: BenchReport): string {
  const { machine, rounds, anatomy, updates, environments, training, scaling } = report;
  return [
    `${
      machineLine(machine)
    }\nMedians of ${rounds} interleaved rounds, and the best round; Hopper-v4's sizes, batch 256, width 256.`,
    section("Products of 256 × 256 matrices, one core, GFLOPS", describeProducts(anatomy)),
    section("An update on one thread, milliseconds", describeParts(anatomy)),
    section("Updates by engine and threads, milliseconds", describeUpdates(updates)),
    section("Environment steps, random actions", describeEnvironments(environments)),
    section("Whole training steps, in processes like that of deno task train", describeTraining(training)),
    section("Milliseconds per update by batch size, width 256", describeScaling(scaling.batch, "batchSize")),
    section("Milliseconds per update by width, batch 256", describeScaling(scaling.width, "hidden")),
  ].join("\n\n");
}

function section(title: string, body: string): string {
  return `${title}\n${body}`;
}

function describeProducts({ peak, tiles }: Anatomy): string {
  return formatTable(
    ["", "median", "best", "of the peak"],
    [peak, ...tiles].map(({ name, median, maximum }) => [
      name === peak.name ? name : `tile ${name}`,
      median.toFixed(1),
      maximum.toFixed(1),
      percent(median / peak.median),
    ]),
  );
}

function describeParts({ parts, update, targets, productShare, allProductsShare }: Anatomy): string {
  const row = (
    { part, megaflop, leftOutMegaflop, milliseconds: { median, minimum }, products, fixed }: PartTiming,
  ) => [
    part,
    megaflop.toFixed(0),
    leftOutMegaflop.toFixed(0),
    milliseconds(median),
    milliseconds(minimum),
    milliseconds(products.median),
    milliseconds(fixed.median),
    milliseconds(median - products.median - fixed.median),
  ];
  const table = formatTable(
    ["", "MFLOP", "left out", "median", "best", "products alone", "Adam, targets, transposing", "the rest"],
    [...parts, update].map(row),
  );
  const shares = ({ median, minimum }: Timing) =>
    `${percent(median)} of the update's time (best rounds: ${percent(minimum)})`;
  return `${table}
The products that were made would take alone ${shares(productShare)};
all products, had nothing been left out, ${shares(allProductsShare)}.
Target averages, within the critics: ${milliseconds(targets.median)} ms (best rounds: ${milliseconds(targets.minimum)}).
MFLOP counts two for each multiply-add of the matrix products, without padding. Left out is what ReLU's zeros would have multiplied,
here on transitions of Hopper-v4 under random actions. A whole update is the mean of one with two policy and temperature steps and one
without. Adam, targets, transposing: measured at a batch of 4, less its products. The rest: activations, sampling, gathering, finding and
packing what is not left out, and products of narrow matrices, which are slower than square ones.`;
}

function describeUpdates(updates: readonly UpdateTiming[]): string {
  return formatTable(
    ["engine", "threads", "critics", "best", "policy and temperature step", "best", "update", "best", "updates/s"],
    updates.map(({ engine, threads, critics, policy, update }) => [
      engine,
      engine === "fused" ? String(threads) : "–",
      ...[critics, policy, update].flatMap(({ median, minimum }) => [milliseconds(median), milliseconds(minimum)]),
      (1000 / update.median).toFixed(1),
    ]),
  );
}

function describeEnvironments(environments: readonly EnvironmentTiming[]): string {
  return formatTable(
    ["", "µs per step", "steps/s"],
    environments.map(({ env, microsecondsPerStep }) => [
      env,
      microsecondsPerStep.toFixed(1),
      (1e6 / microsecondsPerStep).toFixed(0),
    ]),
  );
}

function describeTraining(training: readonly TrainingSummary[]): string {
  return formatTable(
    ["", "steps/s", "best", "s to first update", "best", "peak MB"],
    training.map(({ name, stepsPerSecond, firstUpdateSeconds, peakMegabytes }) => [
      name,
      optional(stepsPerSecond?.median, 1),
      optional(stepsPerSecond?.maximum, 1),
      optional(firstUpdateSeconds?.median, 2),
      optional(firstUpdateSeconds?.minimum, 2),
      optional(peakMegabytes, 0),
    ]),
  );
}

function describeScaling(timings: readonly UpdateTiming[], key: "batchSize" | "hidden"): string {
  const sizes = [...new Set(timings.map((timing) => timing[key]))];
  const threads = [...new Set(timings.map(({ threads }) => threads))];
  return formatTable(
    ["threads", ...sizes.map(String)],
    threads.map((count) => [
      String(count),
      ...sizes.map((size) =>
        milliseconds(timings.find((timing) => timing.threads === count && timing[key] === size)!.update.median)
      ),
    ]),
  );
}
