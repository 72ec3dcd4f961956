/** The fast engine: the whole SAC update in WASM kernels, on as many threads as are given. */

import type { Batch } from "../../replay.ts";
import { RandomStream } from "../../random.ts";
import { Policy } from "../../policy.ts";
import { checkUpdate } from "../check_update.ts";
import type { Learner, LearnerOptions, Losses, UpdateNoise } from "../learner.ts";
import {
  actorParameterShapes,
  checkParameters,
  emptyParameters,
  initialState,
  joinCount,
  type ParameterSet,
  splitCount,
  stateShapes,
} from "../parameters.ts";
import { power } from "../power.ts";
import { compileKernels, instantiateKernels, type Kernels, makeMemory, reserveMemory } from "./kernels.ts";
import { makeActorSlots, makeLearnerSlots, readSlots, writeSlots } from "./parameter_slots.ts";
import type { Tile } from "./choose_tile.ts";
import { startThreads, type Threads } from "./threads.ts";

const BETA_1 = 0.9, BETA_2 = 0.999;

class FusedLearner implements Learner {
  readonly engine = "fused";
  readonly backend = "wasm";
  readonly policy: Policy;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly hint?: string;
  readonly #options: LearnerOptions;
  readonly #kernels: Kernels;
  readonly #threads: Threads | undefined;
  readonly #floats: Float32Array;
  readonly #orders: Int32Array;
  readonly #rates: Float32Array;
  readonly #results: Float32Array;
  #updates = 0;
  #policySteps = 0;

  constructor(
    options: LearnerOptions,
    kernels: Kernels,
    memory: WebAssembly.Memory,
    threads: Threads | undefined,
    setup: Setup,
  ) {
    this.#options = options;
    this.#kernels = kernels;
    this.#threads = threads;
    this.details = setup.details ?? {};
    if (setup.hint !== undefined) this.hint = setup.hint;
    this.#floats = new Float32Array(memory.buffer);
    this.policy = new Policy(options, kernels, memory);
    const constants = new Float64Array(memory.buffer, kernels.constantsAddress(), 5);
    constants[0] = options.gamma;
    constants[1] = options.polyak;
    constants[4] = -options.actionSize; // target entropy
    const orders = kernels.ordersAddress();
    this.#orders = new Int32Array(memory.buffer, orders, 8);
    this.#rates = new Float32Array(memory.buffer, orders, 16 + 8 * options.policySteps);
    this.#results = new Float32Array(memory.buffer, kernels.resultsAddress(), 6);
    const key = new RandomStream(options.seed, "policy noise").key;
    this.#orders.set(key, 3);
    this.setState(initialState(options, options));
  }

  get updates(): number {
    return this.#updates;
  }

  update(batch: Batch, withPolicy: boolean, noise?: UpdateNoise): void {
    checkUpdate(this.#options, batch, withPolicy, noise);
    const { policySteps } = this.#options;
    const floats = this.#floats, kernels = this.#kernels;
    floats.set(batch.observations, kernels.inputObservationsAddress() / 4);
    floats.set(batch.actions, kernels.inputActionsAddress() / 4);
    floats.set(batch.rewards, kernels.inputRewardsAddress() / 4);
    floats.set(batch.nextObservations, kernels.inputNextObservationsAddress() / 4);
    floats.set(batch.terminated, kernels.inputTerminatedAddress() / 4);
    if (noise) {
      let at = kernels.noiseForUpdateAddress() / 4;
      const arrays = [noise.nextAction];
      for (let k = 0; withPolicy && k < policySteps; k++) arrays.push(noise.actor[k]!, noise.alpha[k]!);
      for (const array of arrays) {
        floats.set(array, at);
        at += array.length;
      }
    }
    this.#orders[0] = withPolicy ? 1 : 0;
    this.#orders[1] = noise ? 0 : 1;
    this.#orders[2] = this.#updates;
    this.#setRates(withPolicy);
    if (this.#threads) this.#threads.update(kernels);
    else kernels.updateAlone();
    this.#updates++;
    if (withPolicy) this.#policySteps += policySteps;
  }

  /** Adam's rates for this update: learning rate ÷ (1 − β₁ᵗ) and 1 ÷ √(1 − β₂ᵗ), see `orders` in `assembly/update.ts`. */
  #setRates(withPolicy: boolean): void {
    const { qLr, policyLr, policySteps } = this.#options, rates = this.#rates;
    const rate = (learningRate: number, t: number) => learningRate / (1 - power(BETA_1, t));
    const varianceScale = (t: number) => 1 / Math.sqrt(1 - power(BETA_2, t));
    rates[9] = rate(qLr, this.#updates + 1);
    rates[10] = varianceScale(this.#updates + 1);
    for (let k = 0; withPolicy && k < policySteps; k++) {
      const t = this.#policySteps + k + 1, at = 16 + 8 * k;
      rates[at + 1] = rate(policyLr, t);
      rates[at + 2] = rates[at + 5] = varianceScale(t);
      rates[at + 4] = rate(qLr, t);
    }
  }

  /** For timing, after an update with the policy: a part of it again, on this thread alone; 0 critics, 1 policy, 2 temperature. */
  updatePart(part: 0 | 1 | 2): void {
    this.#kernels.updatePart(part);
  }

  /**
   * For timing: multiply-adds of the second layers' products so far, on this thread; those that were made, and those there would have been
   * if none had been left out for its zero.
   */
  countMultiplyAdds(): { made: number; all: number } {
    const columns = Math.ceil(this.#options.hidden / 16) * 16;
    return { made: this.#kernels.takenSteps(false) * columns, all: this.#kernels.takenSteps(true) * columns };
  }

  losses(): Losses {
    const [policyLoss, alphaLoss, q1Loss, q2Loss, q1Mean, q2Mean] = this.#results as unknown as Losses6;
    return {
      policyLoss,
      alphaLoss,
      q1Loss,
      q2Loss,
      q1Mean,
      q2Mean,
      alpha: this.#floats[this.#kernels.temperatureAddress() / 4 + 3]!,
    };
  }

  actorParameters(into: ParameterSet = emptyParameters(actorParameterShapes(this.#options))): ParameterSet {
    readSlots(makeActorSlots(this.#kernels, this.#options), this.#floats, into);
    return into;
  }

  getState(): ParameterSet {
    const state = emptyParameters(stateShapes(this.#options));
    readSlots(makeLearnerSlots(this.#kernels, this.#options), this.#floats, state);
    state["counts/updates"]!.data.set(splitCount(this.#updates));
    state["counts/policy_steps"]!.data.set(splitCount(this.#policySteps));
    state["last/losses"]!.data.set(this.#results);
    return state;
  }

  setState(state: ParameterSet): void {
    checkParameters(state, stateShapes(this.#options));
    writeSlots(makeLearnerSlots(this.#kernels, this.#options), this.#floats, state);
    this.#updates = joinCount(state["counts/updates"]!.data);
    this.#policySteps = joinCount(state["counts/policy_steps"]!.data);
    this.#results.set(state["last/losses"]!.data);
    this.#kernels.refresh();
  }

  dispose(): void {
    this.#threads?.stop();
  }
}

type Losses6 = [number, number, number, number, number, number];

/** What a learner needs besides its options: the tile to compute with, how many threads, what to say of itself. */
interface Setup {
  readonly tile: Tile;
  readonly threads: number;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly hint?: string;
}

/** Makes a fused learner with this tile on this many threads; `create.ts` chooses the tile. */
export async function makeFusedLearner(options: LearnerOptions, setup: Setup): Promise<FusedLearner> {
  const module = await compileKernels(), memory = makeMemory(), kernels = instantiateKernels(module, memory);
  const { observationSize, actionSize, hidden, batchSize, policySteps } = options, { tile, threads } = setup;
  const sizes = [observationSize, actionSize, hidden, batchSize, policySteps] as const;
  const base = kernels.configure(...sizes);
  reserveMemory(memory, base + kernels.threadBytes(threads));
  kernels.setThread(0, threads, base);
  kernels.setTile(tile.number);
  const helpers = threads > 1
    ? await startThreads({ module, memory, sizes, base, tile: tile.number, threads })
    : undefined;
  return new FusedLearner(options, kernels, memory, helpers, setup);
}
