/** What every engine of the SAC update offers. The update rule: Haarnoja et al., "Soft actor-critic algorithms and applications", 2018. */

import type { Policy } from "../policy.ts";
import type { Batch } from "../replay.ts";
import type { ParameterSet } from "./parameters.ts";

/** What a learner has to know before the first update. */
export interface LearnerOptions {
  /** Numbers in an observation. */
  readonly observationSize: number;
  /** Numbers in an action. */
  readonly actionSize: number;
  /** `[action]` */
  readonly actionLow: ArrayLike<number>;
  /** `[action]` */
  readonly actionHigh: ArrayLike<number>;
  /** Units in each of the two hidden layers. */
  readonly hidden: number;
  /** Transitions in an update. */
  readonly batchSize: number;
  /** The discount factor γ. */
  readonly gamma: number;
  /** Share of the target critics kept at each update. */
  readonly polyak: number;
  /** Learning rate of the critics and of the temperature. */
  readonly qLr: number;
  /** Learning rate of the actor. */
  readonly policyLr: number;
  /** The temperature α before the first update. */
  readonly initialAlpha: number;
  /** Bounds of the policy's log standard deviation. */
  readonly logStdBounds: readonly [number, number];
  /** Policy and temperature steps made by an update that is told to make them. */
  readonly policySteps: number;
  /** Seed of the initial parameters (stream `initial parameters`) and of the noise (stream `policy noise`, index = update). */
  readonly seed: number;
}

/** Standard normal noise for one update, in the order in which the stream `policy noise` gives it. */
export interface UpdateNoise {
  /** For the critic target's next actions, `[batch, action]`. */
  readonly nextAction: Float32Array;
  /** For each policy step, `[policySteps][batch, action]`; empty for an update of the critics alone. */
  readonly actor: readonly Float32Array[];
  /** For each temperature step, `[policySteps][batch, action]`. */
  readonly alpha: readonly Float32Array[];
}

/** The figures of the last update (those of the policy and temperature: of the last such step). */
export interface Losses {
  /** mean(α log π − min Q) before the last policy step. */
  readonly policyLoss: number;
  /** −log α · mean(log π + target entropy) before the last temperature step. */
  readonly alphaLoss: number;
  /** Mean squared error of each critic against the target. */
  readonly q1Loss: number;
  /** Mean squared error of the second critic against the target. */
  readonly q2Loss: number;
  /** Mean value of each critic over the batch. */
  readonly q1Mean: number;
  /** Mean value of the second critic over the batch. */
  readonly q2Mean: number;
  /** The temperature α after the update. */
  readonly alpha: number;
}

/**
 * Trains the networks of Soft Actor-Critic. The engines differ in speed, not in what they compute.
 *
 * Methods that may have to wait for a device return a promise there, and a plain value elsewhere.
 */
export interface Learner {
  /** `fused` or `tfjs`. */
  readonly engine: string;
  /** Where it computes: `wasm`, `webgpu`, `cpu`. */
  readonly backend: string;
  /** Acts by the actor's present parameters without a copy of them; only engines whose memory allows it have one. */
  readonly policy?: Policy;
  /** What else `config.json` says of the engine: threads, tile and so on. They change no result. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Why it is slower than it could be, or not reproducible elsewhere, and how to mend it. */
  readonly hint?: string;
  /** Updates made so far. */
  readonly updates: number;
  /**
   * One update: critics, then (if `withPolicy`) `policySteps` times policy and temperature, then target critics.
   *
   * @param noise injected noise, for tests; by default it is drawn from the learner's own stream
   * @throws {RangeError} if the batch does not fit
   */
  update(batch: Batch, withPolicy: boolean, noise?: UpdateNoise): void | Promise<void>;
  /** The last update's figures. Reading them may cost a round trip to the device: only when they are logged. */
  losses(): Losses | Promise<Losses>;
  /**
   * Copies the actor's present parameters, in the names of `parameters.ts`, into `into` (from an earlier call) or into new arrays.
   */
  actorParameters(into?: ParameterSet): ParameterSet | Promise<ParameterSet>;
  /** Everything the future depends on: parameters, targets, Adam moments and counts, temperature, updates made. */
  getState(): ParameterSet | Promise<ParameterSet>;
  /**
   * Goes back to a state from `getState`, of any engine.
   *
   * @throws {RangeError} if a name or a shape does not fit this learner
   */
  setState(state: ParameterSet): void;
  /** Frees memory and ends threads. */
  dispose(): void;
}
