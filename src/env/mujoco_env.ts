/**
 * The base of the MuJoCo environments: loads the official WASM bindings once per process, compiles a model and turns frame
 * skip, time limit, reset and state into the terms of {@link Env}. Follows `MujocoEnv`, `TimeLimit` and `OrderEnforcing`
 * of Gymnasium.
 *
 * Objects of the bindings live in WASM memory, out of the garbage collector's sight: `dispose` frees them. Reading
 * `data.qpos` makes a new view each time, so views are kept; they die (length 0) when the WASM memory grows and are renewed.
 */

import loadMujocoModule, { type MainModule, type MjData, type MjModel } from "mujoco-wasm";
import type { RandomStream } from "../random.ts";
import type { Env, StepResult } from "./env.ts";

let mujocoModule: Promise<MainModule> | undefined;

/** The MuJoCo bindings, loaded at the first call. Needs permission to read the npm cache. */
export function loadMujoco(): Promise<MainModule> {
  return mujocoModule ??= loadMujocoModule();
}

/** The bindings with one compiled model and its simulation state, for whoever looks closer than {@link Env} does. */
export interface Physics {
  readonly mujoco: MainModule;
  readonly model: MjModel;
  readonly data: MjData;
}

/**
 * Compiles a model in MJCF.
 *
 * @param file a name in `src/env/models`
 */
export async function loadPhysics(file: string): Promise<Physics> {
  const [mujoco, xml] = await Promise.all([
    loadMujoco(),
    Deno.readTextFile(new URL(`./models/${file}`, import.meta.url)),
  ]);
  const model = mujoco.MjModel.from_xml_string(xml);
  return { mujoco, model, data: new mujoco.MjData(model) };
}

/** What sets one MuJoCo environment apart, besides its observation, reward and end. */
export interface MujocoEnvOptions {
  readonly id: string;
  /** Physics steps in one step of the environment. */
  readonly frameSkip: number;
  readonly maxEpisodeSteps: number;
  readonly observationSize: number;
  /** The names of the reward's terms, all zero before the first step. */
  readonly rewardTerms: readonly string[];
}

/** A MuJoCo environment; subclasses say what is observed, rewarded and an end. */
export abstract class MujocoEnv implements Env {
  readonly id: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly actionLow: Float64Array;
  readonly actionHigh: Float64Array;
  readonly maxEpisodeSteps: number;
  /** Physics steps in one step of the environment. */
  readonly frameSkip: number;
  /** Simulated seconds in one step of the environment. */
  readonly dt: number;
  /** The compiled model and its state, to look at; `mj_kinematics` before looking at positions of bodies. */
  readonly physics: Physics;

  /** Joint positions, a view of `[nq]`. */
  protected qpos!: Float64Array;
  /** Joint velocities, a view of `[nv]`. */
  protected qvel!: Float64Array;
  /** Joint positions of the model as it is drawn, `[nq]`. */
  protected readonly initialQpos: Float64Array;
  /** Joint velocities at rest, `[nv]`. */
  protected readonly initialQvel: Float64Array;
  #ctrl!: Float64Array; // a view of [nu]
  readonly #result: StepResult;
  readonly #stateParts: number;
  readonly #stateSize: number;
  #elapsedSteps = 0;
  #started = false;
  #disposed = false;

  constructor(physics: Physics, options: MujocoEnvOptions) {
    const { mujoco, model } = physics;
    this.physics = physics;
    this.id = options.id;
    this.frameSkip = options.frameSkip;
    this.dt = model.opt.timestep * options.frameSkip;
    this.maxEpisodeSteps = options.maxEpisodeSteps;
    this.observationSize = options.observationSize;
    this.actionSize = model.nu;
    const range: Float64Array = model.actuator_ctrlrange; // [nu, 2]
    this.actionLow = Float64Array.from({ length: model.nu }, (_, i) => range[2 * i]!);
    this.actionHigh = Float64Array.from({ length: model.nu }, (_, i) => range[2 * i + 1]!);
    this.initialQpos = Float64Array.from(model.qpos0 as Float64Array);
    this.initialQvel = new Float64Array(model.nv);
    this.#result = {
      observation: new Float64Array(options.observationSize),
      reward: 0,
      terminated: false,
      truncated: false,
      rewardTerms: Object.fromEntries(options.rewardTerms.map((name) => [name, 0])),
    };
    // Time, positions, velocities, warm start, controls and all else that the next step depends on.
    this.#stateParts = mujoco.mjtState.mjSTATE_INTEGRATION.value;
    this.#stateSize = mujoco.mj_stateSize(model, this.#stateParts);
    this.#renewViews();
  }

  /** Draws the initial state through {@link setPositions}. */
  protected abstract resetModel(random: RandomStream): void;
  /** Writes what the agent sees, `[observation]`. */
  protected abstract writeObservation(observation: Float64Array): void;
  /** Sets the result's reward and its terms; `xBefore` is `qpos[0]` before the step. */
  protected abstract writeReward(result: StepResult, xBefore: number, action: ArrayLike<number>): void;
  /** Whether the task itself ended in the present state. */
  protected abstract isTerminated(): boolean;

  reset(random: RandomStream): Float64Array {
    this.#assertUsable();
    this.resetModel(random);
    return this.observe();
  }

  step(action: ArrayLike<number>): StepResult {
    if (!this.#started) {
      this.#assertUsable();
      throw new Error(`Cannot step ${this.id} before it has a state: call reset or setState first`);
    }
    this.#checkAction(action);
    this.#keepViews();
    const { mujoco, model, data } = this.physics;
    const ctrl = this.#ctrl;
    for (let i = 0; i < ctrl.length; i++) ctrl[i] = action[i]!;
    const xBefore = this.qpos[0]!;
    // A call through the bindings takes 0.03 µs of a physics step's 10 to 25: going around them would save nothing.
    for (let frame = 0; frame < this.frameSkip; frame++) mujoco.mj_step(model, data);
    this.#keepViews();
    this.#elapsedSteps++;
    const result = this.#result;
    this.writeObservation(result.observation);
    this.writeReward(result, xBefore, action);
    result.terminated = this.isTerminated();
    result.truncated = this.#elapsedSteps >= this.maxEpisodeSteps;
    return result;
  }

  observe(): Float64Array {
    this.#assertUsable();
    this.#keepViews();
    this.writeObservation(this.#result.observation);
    return this.#result.observation;
  }

  getState(): Float64Array {
    this.#assertUsable();
    const { mujoco, model, data } = this.physics;
    using buffer = new mujoco.DoubleBuffer(this.#stateSize);
    mujoco.mj_getState(model, data, buffer, this.#stateParts);
    const state = new Float64Array(1 + this.#stateSize);
    state[0] = this.#elapsedSteps;
    state.set(buffer.GetView() as Float64Array, 1);
    return state;
  }

  setState(state: Float64Array): void {
    this.#assertUsable();
    const length = 1 + this.#stateSize;
    if (state.length !== length) {
      throw new RangeError(`Cannot set ${this.id} to a state of ${state.length} numbers: expected ${length}`);
    }
    const { mujoco, model, data } = this.physics;
    // Clears what is not in the state (contacts, warnings), so that nothing of the past can matter.
    mujoco.mj_resetData(model, data);
    mujoco.mj_setState(model, data, state.subarray(1) as unknown as number[], this.#stateParts);
    this.#elapsedSteps = state[0]!;
    this.#started = true;
  }

  /**
   * Begins an episode at the given positions, `[nq]`, and velocities, `[nv]` (Gymnasium's `set_state` after a reset of the data).
   *
   * @throws {RangeError} if a length does not fit the model
   */
  setPositions(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.#assertUsable();
    const { mujoco, model, data } = this.physics;
    if (qpos.length !== model.nq || qvel.length !== model.nv) {
      throw new RangeError(
        `Cannot set ${this.id} to ${qpos.length} positions and ${qvel.length} velocities: expected ${model.nq} and ${model.nv}`,
      );
    }
    mujoco.mj_resetData(model, data);
    this.#keepViews();
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    mujoco.mj_forward(model, data);
    this.#elapsedSteps = 0;
    this.#started = true;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#started = false;
    this.physics.data.delete();
    this.physics.model.delete();
  }

  #checkAction(action: ArrayLike<number>): void {
    if (action.length !== this.actionSize) {
      throw new RangeError(
        `Cannot step ${this.id} with an action of ${action.length} numbers: expected ${this.actionSize}`,
      );
    }
    for (let i = 0; i < action.length; i++) {
      if (!Number.isFinite(action[i])) {
        throw new RangeError(`Cannot step ${this.id} with ${action[i]} for action[${i}]: expected a finite number`);
      }
    }
  }

  #assertUsable(): void {
    if (this.#disposed) throw new Error(`Cannot use ${this.id} after dispose: make a new one`);
  }

  #keepViews(): void {
    if (this.qpos.length === 0) this.#renewViews(); // the WASM memory grew and left the old buffer empty
  }

  #renewViews(): void {
    const { data } = this.physics;
    this.qpos = data.qpos;
    this.qvel = data.qvel;
    this.#ctrl = data.ctrl;
  }
}
