/** The actor's forward pass for one observation, on the CPU, whatever the engine that trains it. */

import type { ParameterSet } from "./learner/parameters.ts";

/** What a policy has to know besides its parameters. */
export interface PolicyOptions {
  readonly observationSize: number;
  readonly actionSize: number;
  readonly hidden: number;
  /** `[action]` */
  readonly actionLow: ArrayLike<number>;
  /** `[action]` */
  readonly actionHigh: ArrayLike<number>;
  readonly logStdBounds: readonly [number, number];
}

// TEMPORARY: plain TypeScript; the WASM kernels replace the inside. The interface stays.
export class Policy {
  readonly options: PolicyOptions;
  #parameters: ParameterSet = {};

  constructor(options: PolicyOptions) {
    this.options = options;
  }

  /** Takes over the actor's parameters (a copy). */
  load(parameters: ParameterSet): void {
    this.#parameters = structuredClone(parameters);
  }

  /**
   * Writes an action for `observation`, `[observation]`, into `action`, `[action]`: tanh(mean + std·noise)·scale + bias.
   *
   * @param noise standard normal numbers, `[action]`; without them the deterministic action, tanh(mean)·scale + bias
   */
  act(observation: ArrayLike<number>, action: Float32Array, noise?: ArrayLike<number>): void {
    const { actionLow, actionHigh, logStdBounds: [low, high] } = this.options;
    const dense = (x: ArrayLike<number>, layer: string, relu: boolean) => {
      const kernel = this.#parameters[`actor/${layer}/kernel`]!, bias = this.#parameters[`actor/${layer}/bias`]!;
      const [inputs, outputs] = kernel.shape as [number, number];
      const y = Float64Array.from(bias.data);
      for (let i = 0; i < inputs; i++) for (let o = 0; o < outputs; o++) y[o]! += x[i]! * kernel.data[i * outputs + o]!;
      return relu ? y.map((v) => Math.max(v, 0)) : y;
    };
    const h = dense(dense(observation, "hidden1", true), "hidden2", true);
    const mean = dense(h, "mean", false), logStd = dense(h, "log_std", false);
    for (let i = 0; i < action.length; i++) {
      const scale = (actionHigh[i]! - actionLow[i]!) / 2, bias = (actionHigh[i]! + actionLow[i]!) / 2;
      const std = Math.exp(low + (high - low) / 2 * (Math.tanh(logStd[i]!) + 1));
      action[i] = Math.tanh(mean[i]! + (noise ? std * noise[i]! : 0)) * scale + bias;
    }
  }
}
