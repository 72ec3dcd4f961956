/** The actor's forward pass for one observation, on the CPU in WASM, whatever the engine that trains it. */

import {
  compileKernels,
  instantiateKernels,
  type Kernels,
  makeMemory,
  reserveMemory,
} from "./learner/fused/kernels.ts";
import { makeActorSlots, writeSlots } from "./learner/fused/parameter_slots.ts";
import { actorParameterShapes, checkParameters, type ParameterSet } from "./learner/parameters.ts";

/** What a policy has to know besides its parameters. */
export interface PolicyOptions {
  /** Numbers in an observation. */
  readonly observationSize: number;
  /** Numbers in an action. */
  readonly actionSize: number;
  /** Units in each of the two hidden layers. */
  readonly hidden: number;
  /** `[action]` */
  readonly actionLow: ArrayLike<number>;
  /** `[action]` */
  readonly actionHigh: ArrayLike<number>;
  /** Bounds of the policy's log standard deviation. */
  readonly logStdBounds: readonly [number, number];
}

/** Chooses actions by the actor's parameters. */
export class Policy {
  /** What it was made with. */
  readonly options: PolicyOptions;
  readonly #kernels: Kernels;
  readonly #memory: Float32Array;
  readonly #observation: Float32Array;
  readonly #noise: Float32Array;
  readonly #action: Float32Array;

  /** Acts by the parameters in the kernels' memory, as it stands at each call; {@link Policy.create} makes a policy with a memory of its own. */
  constructor(options: PolicyOptions, kernels: Kernels, memory: WebAssembly.Memory) {
    const { observationSize, actionSize } = options;
    this.options = options;
    this.#kernels = kernels;
    this.#memory = new Float32Array(memory.buffer);
    this.#observation = new Float32Array(memory.buffer, kernels.observationAddress(), observationSize);
    this.#noise = new Float32Array(memory.buffer, kernels.noiseAddress(), actionSize);
    this.#action = new Float32Array(memory.buffer, kernels.actionAddress(), actionSize);
    const constants = new Float64Array(memory.buffer, kernels.constantsAddress(), 8 + 2 * actionSize);
    constants.set(options.logStdBounds, 2);
    for (let i = 0; i < actionSize; i++) {
      constants[8 + i] = (options.actionHigh[i]! - options.actionLow[i]!) / 2;
      constants[8 + actionSize + i] = (options.actionHigh[i]! + options.actionLow[i]!) / 2;
    }
  }

  /**
   * A policy with a copy of these parameters: names and shapes of `actorParameterShapes`.
   *
   * @throws {RangeError} if a parameter is missing, misshapen or not finite
   */
  static async create(options: PolicyOptions, parameters: ParameterSet): Promise<Policy> {
    const memory = makeMemory(), kernels = instantiateKernels(await compileKernels(), memory);
    reserveMemory(memory, kernels.configure(options.observationSize, options.actionSize, options.hidden, 0, 0));
    const policy = new Policy(options, kernels, memory);
    policy.load(parameters);
    return policy;
  }

  /**
   * Takes over other parameters (a copy).
   *
   * @throws {RangeError} if a parameter is missing, misshapen or not finite
   */
  load(parameters: ParameterSet): void {
    checkParameters(parameters, actorParameterShapes(this.options));
    writeSlots(makeActorSlots(this.#kernels, this.options), this.#memory, parameters);
  }

  /**
   * Writes an action for `observation`, `[observation]`, into `action`, `[action]`: tanh(mean + std·noise)·scale + bias.
   *
   * @param noise standard normal numbers, `[action]`; without them the deterministic action, tanh(mean)·scale + bias
   */
  act(observation: ArrayLike<number>, action: Float32Array | Float64Array, noise?: ArrayLike<number>): void {
    this.#observation.set(observation);
    if (noise) this.#noise.set(noise);
    this.#kernels.act(noise !== undefined);
    action.set(this.#action);
  }
}
