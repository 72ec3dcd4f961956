/** Names, shapes and initial values of the learner's state, shared by all engines, so that any engine reads any run. */

import { naturalLogarithm } from "../normal_quantile.ts";
import { RandomStream } from "../random.ts";

/** A named array of float32 numbers, row-major. */
export interface Parameter {
  /** Sizes of its dimensions, the slowest first. */
  readonly shape: readonly number[];
  /** Its numbers, as many as the product of its sizes. */
  readonly data: Float32Array;
}

/**
 * Parameters by name. A dense layer is `<network>/<layer>/kernel` of shape `[in, out]` and `<network>/<layer>/bias` of `[out]`;
 * networks are `actor`, `q1`, `q2`, `q1_target`, `q2_target`; see {@link stateShapes} for all.
 */
export type ParameterSet = Record<string, Parameter>;

/** The sizes that shapes depend on. */
export interface NetworkSizes {
  /** Numbers in an observation. */
  readonly observationSize: number;
  /** Numbers in an action. */
  readonly actionSize: number;
  /** Units in each of the two hidden layers. */
  readonly hidden: number;
}

/** The layers of the actor, in order: two hidden ones, then two heads side by side. */
export const actorLayers = ["hidden1", "hidden2", "mean", "log_std"] as const;

/** The layers of a critic, in order. */
export const criticLayers = ["hidden1", "hidden2", "output"] as const;

/** The `[in, out]` of each layer of the actor: observation → hidden → hidden → mean and log-std heads. */
function actorShapes({ observationSize, actionSize, hidden }: NetworkSizes): Record<string, [number, number]> {
  return {
    hidden1: [observationSize, hidden],
    hidden2: [hidden, hidden],
    mean: [hidden, actionSize],
    log_std: [hidden, actionSize],
  };
}

/** The `[in, out]` of each layer of a critic: observation and action → hidden → hidden → 1. */
function criticShapes({ observationSize, actionSize, hidden }: NetworkSizes): Record<string, [number, number]> {
  return { hidden1: [observationSize + actionSize, hidden], hidden2: [hidden, hidden], output: [hidden, 1] };
}

function networkShapes(network: string, layers: Record<string, [number, number]>): [string, number[]][] {
  return Object.entries(layers).flatMap(([layer, [inputs, outputs]]): [string, number[]][] => [
    [`${network}/${layer}/kernel`, [inputs, outputs]],
    [`${network}/${layer}/bias`, [outputs]],
  ]);
}

/** Name and shape of each of the actor's parameters, in order. */
export function actorParameterShapes(sizes: NetworkSizes): [string, number[]][] {
  return networkShapes("actor", actorShapes(sizes));
}

/** Name and shape of everything that is trained by gradient, in order: actor, both critics, `log_alpha`. */
export function trainedShapes(sizes: NetworkSizes): [string, number[]][] {
  const critic = criticShapes(sizes);
  return [...actorParameterShapes(sizes), ...networkShapes("q1", critic), ...networkShapes("q2", critic), [
    "log_alpha",
    [1],
  ]];
}

/** Name and shape of a learner's whole state, in order. Counts are kept as two float32 halves: see {@link splitCount}. */
export function stateShapes(sizes: NetworkSizes): [string, number[]][] {
  const critic = criticShapes(sizes), trained = trainedShapes(sizes);
  return [
    ...trained,
    ...networkShapes("q1_target", critic),
    ...networkShapes("q2_target", critic),
    ...trained.map(([name, shape]): [string, number[]] => [`adam_m/${name}`, shape]),
    ...trained.map(([name, shape]): [string, number[]] => [`adam_v/${name}`, shape]),
    ["counts/updates", [2]],
    ["counts/policy_steps", [2]],
    ["last/losses", [6]],
  ];
}

/** A count as two float32 numbers that hold it exactly up to 2⁴⁸. */
export function splitCount(count: number): [number, number] {
  return [Math.floor(count / 16777216), count % 16777216];
}

/** The count in a parameter made by {@link splitCount}. */
export function joinCount(data: ArrayLike<number>): number {
  return data[0]! * 16777216 + data[1]!;
}

/** How many numbers a tensor of this shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Parameters of these names and shapes, all zero. */
export function emptyParameters(shapes: [string, number[]][]): ParameterSet {
  return Object.fromEntries(shapes.map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
}

/**
 * The state before the first update: weights and biases uniform in ±1/√fan_in (PyTorch's default for linear layers), drawn in
 * the order of {@link trainedShapes}; targets equal to their critics; moments zero.
 */
export function initialState(sizes: NetworkSizes, options: { seed: number; initialAlpha: number }): ParameterSet {
  const random = new RandomStream(options.seed, "initial parameters");
  const state = emptyParameters(stateShapes(sizes));
  let fanIn = 1;
  for (const [name, shape] of trainedShapes(sizes)) {
    if (name === "log_alpha") continue;
    if (name.endsWith("/kernel")) fanIn = shape[0]!;
    const bound = 1 / Math.sqrt(fanIn), { data } = state[name]!;
    for (let i = 0; i < data.length; i++) data[i] = random.uniform(-bound, bound);
  }
  state["log_alpha"]!.data[0] = naturalLogarithm(options.initialAlpha);
  for (const name of Object.keys(state)) {
    const match = /^(q[12])_target\/(.*)$/.exec(name);
    if (match) state[name]!.data.set(state[`${match[1]}/${match[2]}`]!.data);
  }
  return state;
}

/**
 * Checks that a state has exactly the names and shapes of {@link stateShapes}, and finite values.
 *
 * @throws {RangeError} naming the first that does not fit
 */
export function checkParameters(state: ParameterSet, expected: [string, number[]][]): void {
  for (const [name, shape] of expected) {
    const found = state[name];
    if (!found) throw new RangeError(`Cannot use these parameters: ${name} is missing`);
    if (found.shape.join() !== shape.join() || found.data.length !== sizeOf(shape)) {
      throw new RangeError(`Cannot use these parameters: ${name} has shape [${found.shape}], expected [${shape}]`);
    }
    if (!found.data.every(Number.isFinite)) {
      throw new RangeError(`Cannot use these parameters: ${name} holds a number that is not finite`);
    }
  }
  const names = new Set(expected.map(([name]) => name));
  const unknown = Object.keys(state).find((name) => !names.has(name));
  if (unknown !== undefined) throw new RangeError(`Cannot use these parameters: ${unknown} is unknown`);
}
