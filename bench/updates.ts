/** The time of an update: whole, by parts beside what its products alone would take, and as it grows. */

import type { EngineOptions } from "../src/learner/create_learner.ts";
import type { Tile } from "../src/learner/fused/choose_tile.ts";
import { timeTiles } from "../src/learner/fused/choose_tile.ts";
import { anyLearner, fusedLearner, hopperOptions, type TimedLearner, updateContenders } from "./learners.ts";
import { type Contender, interleave, type Timing } from "./measure.ts";
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
  /** Of all its matrix products. */
  readonly megaflop: number;
  /** What of them was left out, as it would have added zeros. */
  readonly leftOutMegaflop: number;
  readonly milliseconds: Timing;
  /** What the products that were made would take alone, at the speed that the product reached in the same rounds. */
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
  /** What its products would take alone, as a share of an update's time; from the medians and from the best rounds. */
  readonly productShare: Timing;
  /** The same of all products, with nothing left out. */
  readonly allProductsShare: Timing;
}

/** The tile that is fastest here and now. */
export async function fastestTile(): Promise<Tile> {
  return (await timeTiles()).reduce((best, tile) => tile.gigaflops > best.gigaflops ? tile : best);
}

/** How many rounds to time, and how many updates to make before. */
export interface Thoroughness {
  readonly rounds: number;
  readonly warmUp: number;
}

type FusedTimed = Awaited<ReturnType<typeof fusedLearner>>;

const smallBatch = 4; // rows that every matrix has at least
const repetitions = 4; // in a round

/** What is timed of a learner: an update without and with policy, then its parts. */
function anatomyContenders(name: string, timed: FusedTimed): Contender[] {
  const part = (number: 0 | 1 | 2) => ({
    name: `${name}, part ${number}`,
    units: repetitions,
    run() {
      for (let i = 0; i < repetitions; i++) timed.learner.updatePart(number);
    },
  });
  return [...updateContenders(name, timed, repetitions), part(0), part(1), part(2)]; // the second ends with policy, as updatePart wants it
}

/** Of five figures, one for each of {@link anatomyContenders}, those of an update's parts. */
function breakDown(figures: readonly number[], policySteps: number) {
  const [without, withPolicy, critics, policy, temperature] = figures as [number, number, number, number, number];
  const inputs = without - critics, actor = withPolicy - without - policySteps * (policy + temperature);
  return { inputs, critics, actor, policy, temperature, update: without + (withPolicy - without) / policySteps };
}

/** Floating-point operations that one unit of a contender's work leaves out. */
async function countLeftOut({ learner }: FusedTimed, { run, units }: Contender): Promise<number> {
  const before = learner.countMultiplyAdds();
  await run();
  const { all, made } = learner.countMultiplyAdds();
  return 2 * (all - before.all - (made - before.made)) / units;
}

/** Times products, peak and an update's parts in turns on one thread, after `warmUp` updates. */
export async function dissectUpdate(tile: Tile, { rounds, warmUp }: Thoroughness): Promise<Anatomy> {
  const products = await productContenders();
  const options = hopperOptions, small = { ...options, batchSize: smallBatch }, still = { ...options, polyak: -1 };
  const learners = [
    await fusedLearner(options, tile, 1, warmUp),
    await fusedLearner(small, tile, 1, warmUp),
    await fusedLearner(still, tile, 1, warmUp), // a negative share: the kernels leave the averages out
  ] as const;
  const [whole, smallOne, stillOne] = learners, ofWhole = anatomyContenders("whole", whole);
  const contenders = [
    ...products,
    ...ofWhole,
    ...anatomyContenders("small", smallOne),
    ...anatomyContenders("still", stillOne).slice(0, 3), // the updates first, so that its data are in the cache, as the others' are
  ];
  const timings = await interleave(contenders, rounds);
  const leftOutOf = async (timed: FusedTimed, contenders: Contender[]) => {
    const figures: number[] = [];
    for (const contender of contenders) figures.push(await countLeftOut(timed, contender));
    return { ...breakDown(figures, options.policySteps), inputs: 0 };
  };
  const leftOut = await leftOutOf(whole, ofWhole),
    smallLeftOut = await leftOutOf(smallOne, anatomyContenders("small", smallOne));
  for (const { learner } of learners) learner.dispose();

  const speeds = products.map(({ name }, i): ProductSpeed => (
    { name, median: 1 / timings[i]!.median, maximum: 1 / timings[i]!.minimum }
  ));
  const [peak, ...tiles] = speeds as [ProductSpeed, ...ProductSpeed[]];
  const at = products.length, product = tiles[tile.number]!;
  const operations = countOperations(options), smallOperations = countOperations(small), { policySteps } = options;
  const timesOf = (first: number, pick: keyof Timing) =>
    breakDown(timings.slice(first, first + 5).map((timing) => timing[pick]), policySteps);
  const both = (of: (pick: keyof Timing) => number): Timing => ({ median: of("median"), minimum: of("minimum") });
  const productTime = (flop: number, pick: keyof Timing) =>
    flop / 1e6 / (pick === "median" ? product.median : product.maximum);
  const describe = (part: string, key: keyof ReturnType<typeof breakDown>, share = 1): PartTiming => {
    const flop = key === "inputs" ? 0 : operations[key] * share, out = leftOut[key] * share;
    const smallFlop = key === "inputs" ? 0 : (smallOperations[key] - smallLeftOut[key]) * share;
    return {
      part,
      megaflop: flop / 1e6,
      leftOutMegaflop: out / 1e6,
      milliseconds: both((pick) => timesOf(at, pick)[key] * share),
      products: both((pick) => productTime(flop - out, pick)),
      fixed: both((pick) => Math.max(0, timesOf(at + 5, pick)[key] * share - productTime(smallFlop, pick))),
    };
  };
  const update = describe("whole update", "update");
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
    allProductsShare: both((pick) => productTime(1e6 * update.megaflop, pick) / update.milliseconds[pick]),
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
  { rounds, warmUp, times = 2 }: Thoroughness & { times?: number },
): Promise<UpdateTiming[]> {
  const learners: [TimedLearner, UpdateCase][] = [];
  try {
    for (const one of cases) {
      const { batchSize = hopperOptions.batchSize, hidden = hopperOptions.hidden } = one;
      learners.push([await anyLearner({ ...hopperOptions, batchSize, hidden }, one, warmUp), one]);
    }
    const timings = await interleave(
      learners.flatMap(([timed]) => updateContenders(timed.learner.engine, timed, times)),
      rounds,
    );
    return learners.map(([{ learner, options: { batchSize, hidden, policySteps } }, { threads = 1 }], i) => {
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
    for (const [{ learner }] of learners) learner.dispose();
  }
}

/** How an update grows: by batch size, by width, each with every number of threads. */
export interface Scaling {
  readonly batch: readonly UpdateTiming[];
  readonly width: readonly UpdateTiming[];
}

/** Times updates of growing batches and widths. */
export async function timeScaling(
  options: Thoroughness & { sizes: readonly number[]; threads: readonly number[] },
): Promise<Scaling> {
  const { sizes, threads, ...thoroughness } = options;
  const cases = (key: "batchSize" | "hidden") =>
    threads.flatMap((threads) => sizes.map((size): UpdateCase => ({ engine: "fused", threads, [key]: size })));
  return {
    batch: await timeUpdates(cases("batchSize"), thoroughness),
    width: await timeUpdates(cases("hidden"), thoroughness),
  };
}
