/** The time of an update: whole, by parts beside what its products alone would take, and as it grows. */

import type { EngineOptions } from "../src/learner/create_learner.ts";
import type { Tile } from "../src/learner/fused/choose_tile.ts";
import { timeTiles } from "../src/learner/fused/choose_tile.ts";
import type { Learner, LearnerOptions } from "../src/learner/learner.ts";
import { anyLearner, fusedLearner, hopperOptions, randomBatch, updateContenders } from "./learners.ts";
import { interleave, type Timing } from "./measure.ts";
import { countOperations } from "./operations.ts";
import { productContenders } from "./products.ts";

/** The speed of one core in products of 256 × 256 matrices, in GFLOPS; `maximum` is of the best round. */
export interface ProductSpeed {
  readonly name: string;
  readonly median: number;
  readonly maximum: number;
}

/** A part of an update on one thread, in milliseconds. */
export interface PartTiming {
  readonly part: string;
  readonly megaflop: number;
  readonly milliseconds: Timing;
  /** What its products alone would take at the speed that the product reached in the same rounds. */
  readonly products: Timing;
  /** What does not depend on the batch: Adam, target averages, transposed kernels, barriers. */
  readonly fixed: Timing;
}

/** Where an update's time goes, on one thread. */
export interface Anatomy {
  readonly peak: ProductSpeed;
  readonly tiles: readonly ProductSpeed[];
  readonly parts: readonly PartTiming[];
  /** A whole update, as the mean of one with policy steps and one without. */
  readonly update: PartTiming;
  /** Milliseconds of the target averages, by leaving them out; they belong to the critics. */
  readonly targets: Timing;
  /** Share of an update's time that its products alone would take, from the medians and from the best rounds. */
  readonly productShare: Timing;
}

/** The tile that is fastest here and now. */
export async function fastestTile(): Promise<Tile> {
  return (await timeTiles()).reduce((best, tile) => tile.gigaflops > best.gigaflops ? tile : best);
}

const smallBatch = 4; // rows that every matrix has at least

/** Times products, peak and an update's parts in turns on one thread. */
export async function dissectUpdate(tile: Tile, rounds: number): Promise<Anatomy> {
  const products = await productContenders();
  const options = hopperOptions, small = { ...options, batchSize: smallBatch }, still = { ...options, polyak: -1 };
  const [learner, smallLearner, stillLearner] = [
    await fusedLearner(options, tile, 1),
    await fusedLearner(small, tile, 1),
    await fusedLearner(still, tile, 1), // a negative share: the kernels leave the averages out
  ];
  smallLearner.update(randomBatch(small), true);
  const times = 4;
  const part = (target: typeof learner, number: 0 | 1 | 2) => ({
    name: `part ${number}`,
    units: times,
    run() {
      for (let i = 0; i < times; i++) target.updatePart(number);
    },
  });
  const contenders = [
    ...products,
    ...updateContenders("whole", learner, options, times), // ends with policy, as updatePart wants it
    part(learner, 0),
    part(learner, 1),
    part(learner, 2),
    ...updateContenders("small", smallLearner, small, times),
    part(smallLearner, 0),
    part(smallLearner, 1),
    part(smallLearner, 2),
    ...updateContenders("still", stillLearner, still, times), // so that its data are in the cache, as the first learner's are
    part(stillLearner, 0),
  ];
  const timings = await interleave(contenders, rounds);
  const speeds = products.map(({ name }, i): ProductSpeed => (
    { name, median: 1 / timings[i]!.median, maximum: 1 / timings[i]!.minimum }
  ));
  const [peak, ...tiles] = speeds as [ProductSpeed, ...ProductSpeed[]];
  const at = products.length, product = tiles[tile.number]!;
  const operations = countOperations(options), smallOperations = countOperations(small);
  const { policySteps } = options;

  const breakDown = (first: number, pick: keyof Timing) => {
    const [without, withPolicy, critics, policy, temperature] = timings.slice(first, first + 5).map((t) => t[pick]) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const inputs = without - critics, actor = withPolicy - without - policySteps * (policy + temperature);
    return { inputs, critics, actor, policy, temperature, update: without + (withPolicy - without) / policySteps };
  };
  const both = (of: (pick: keyof Timing) => number): Timing => ({ median: of("median"), minimum: of("minimum") });
  const productTime = (flop: number, pick: keyof Timing) =>
    flop / 1e6 / (pick === "median" ? product.median : product.maximum);
  const describe = (part: string, key: keyof ReturnType<typeof breakDown>, share = 1): PartTiming => {
    const [flop, smallFlop] = key === "inputs" ? [0, 0] : [operations[key] * share, smallOperations[key] * share];
    return {
      part,
      megaflop: flop / 1e6,
      milliseconds: both((pick) => breakDown(at, pick)[key] * share),
      products: both((pick) => productTime(flop, pick)),
      fixed: both((pick) => Math.max(0, breakDown(at + 5, pick)[key] * share - productTime(smallFlop, pick))),
    };
  };
  const update = describe("whole update", "update");
  for (const each of [learner, smallLearner, stillLearner]) each.dispose();
  return {
    peak,
    tiles,
    parts: [
      describe("inputs and noise", "inputs"),
      describe("critics and targets", "critics"),
      describe("actor's first forward pass", "actor", 1 / policySteps),
      describe("policy step", "policy"),
      describe("temperature step", "temperature"),
    ],
    update,
    targets: both((pick) => timings[at + 2]![pick] - timings.at(-1)![pick]),
    productShare: both((pick) => update.products[pick] / update.milliseconds[pick]),
  };
}

/** A whole update, in milliseconds; `critics` is one without policy steps, `policy` what each policy and temperature step adds. */
export interface UpdateTiming {
  readonly engine: string;
  readonly threads: number;
  readonly batchSize: number;
  readonly hidden: number;
  readonly critics: Timing;
  readonly policy: Timing;
  readonly update: Timing;
}

/** What to time a learner of: engine and threads, and what differs from {@link hopperOptions}. */
export interface UpdateCase extends EngineOptions {
  readonly batchSize?: number;
  readonly hidden?: number;
}

/** Times whole updates of several learners in turns. */
export async function timeUpdates(
  cases: readonly UpdateCase[],
  { rounds, times = 2 }: { rounds: number; times?: number },
): Promise<UpdateTiming[]> {
  const learners: [Learner, LearnerOptions, UpdateCase][] = [];
  try {
    for (const one of cases) {
      const { batchSize = hopperOptions.batchSize, hidden = hopperOptions.hidden } = one;
      const options = { ...hopperOptions, batchSize, hidden };
      learners.push([await anyLearner(options, one), options, one]);
    }
    const timings = await interleave(
      learners.flatMap(([learner, options]) => updateContenders(learner.engine, learner, options, times)),
      rounds,
    );
    return learners.map(([learner, { batchSize, hidden, policySteps }, { threads = 1 }], i) => {
      const [without, withPolicy] = [timings[2 * i]!, timings[2 * i + 1]!];
      const combine = (how: (without: number, withPolicy: number) => number): Timing => ({
        median: how(without.median, withPolicy.median),
        minimum: how(without.minimum, withPolicy.minimum),
      });
      return {
        engine: learner.engine === "tfjs" ? `tfjs ${learner.backend}` : learner.engine,
        threads,
        batchSize,
        hidden,
        critics: without,
        policy: combine((a, b) => (b - a) / policySteps),
        update: combine((a, b) => a + (b - a) / policySteps),
      };
    });
  } finally {
    for (const [learner] of learners) learner.dispose();
  }
}

/** How an update grows: by batch size, by width, each with every number of threads. */
export interface Scaling {
  readonly batch: readonly UpdateTiming[];
  readonly width: readonly UpdateTiming[];
}

/** Times updates of growing batches and widths. */
export async function timeScaling(
  options: { sizes: readonly number[]; threads: readonly number[]; rounds: number },
): Promise<Scaling> {
  const { sizes, threads, rounds } = options;
  const cases = (key: "batchSize" | "hidden") =>
    threads.flatMap((threads) => sizes.map((size): UpdateCase => ({ engine: "fused", threads, [key]: size })));
  return {
    batch: await timeUpdates(cases("batchSize"), { rounds }),
    width: await timeUpdates(cases("hidden"), { rounds }),
  };
}
