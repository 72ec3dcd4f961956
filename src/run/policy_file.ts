/**
 * `policy.safetensors`: the actor as PyTorch would save it, so that `safetensors.torch.load_file` gives a state dict.
 *
 * | tensor | shape |
 * |---|---|
 * | `trunk.0.weight`, `trunk.0.bias` | `[hidden, observation]`, `[hidden]` |
 * | `trunk.2.weight`, `trunk.2.bias` | `[hidden, hidden]`, `[hidden]` |
 * | `mean.weight`, `mean.bias`, `log_std.weight`, `log_std.bias` | `[action, hidden]`, `[action]` |
 * | `action_scale`, `action_bias` | `[action]`: the action is tanh(u)·scale + bias |
 *
 * `__metadata__` (all texts): `format`, `env`, `max_episode_steps`, `seed`, `step`, and as JSON `log_std_bounds`, `action_low`,
 * `action_high`.
 */

import { UsageError } from "../errors.ts";
import { actorLayers, actorParameterShapes, checkParameters, type ParameterSet } from "../learner/parameters.ts";
import { Policy, type PolicyOptions } from "../policy.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";
import { readWholeFile, writeWholeFile } from "./whole_file.ts";

/** A policy at rest: what makes a {@link Policy}, and where it comes from. */
export interface PolicyFile {
  readonly options: PolicyOptions;
  /** The actor's parameters, in the names of `parameters.ts`. */
  readonly parameters: ParameterSet;
  /** The environment that it was trained on, and that run's step limit, seed and length. */
  readonly env: string;
  readonly maxEpisodeSteps: number;
  readonly seed: number;
  readonly step: number;
}

const format = "soft-actor-critic policy 1";

/** Our layers in PyTorch's names: a `Sequential` of Linear, ReLU, Linear, ReLU, and two heads. */
const torchNames = { hidden1: "trunk.0", hidden2: "trunk.2", mean: "mean", log_std: "log_std" } as const;

/** Files larger than this are refused before they are read. */
const maximumBytes = 1 << 28;

/**
 * Writes a policy as a whole file.
 *
 * @throws {RunError} if it cannot be written
 */
export function writePolicyFile(path: string, { options, parameters, ...origin }: PolicyFile): void {
  const tensors: Record<string, Tensor> = {};
  for (const layer of actorLayers) {
    const kernel = parameters[`actor/${layer}/kernel`]!, bias = parameters[`actor/${layer}/bias`]!;
    const [inputs, outputs] = kernel.shape as [number, number];
    tensors[`${torchNames[layer]}.weight`] = {
      shape: [outputs, inputs],
      data: transpose(kernel.data, inputs, outputs),
    };
    tensors[`${torchNames[layer]}.bias`] = bias;
  }
  const low = Array.from(options.actionLow), high = Array.from(options.actionHigh);
  const shape = [options.actionSize];
  tensors.action_scale = { shape, data: Float32Array.from(low, (_, i) => (high[i]! - low[i]!) / 2) };
  tensors.action_bias = { shape, data: Float32Array.from(low, (_, i) => (high[i]! + low[i]!) / 2) };
  const metadata = {
    format,
    env: origin.env,
    max_episode_steps: String(origin.maxEpisodeSteps),
    seed: String(origin.seed),
    step: String(origin.step),
    log_std_bounds: JSON.stringify(options.logStdBounds),
    action_low: JSON.stringify(low),
    action_high: JSON.stringify(high),
  };
  writeWholeFile(path, encodeSafetensors({ metadata, tensors }));
}

/**
 * Reads the bytes of a `policy.safetensors`; needs no files, so that it works in a browser, too.
 *
 * @param source where the bytes come from, for the message
 * @throws {UsageError} naming the source and the fault
 */
export function decodePolicyFile(bytes: Uint8Array<ArrayBuffer>, source: string): PolicyFile {
  const { metadata, tensors } = decodeSafetensors(bytes, source);
  const fail = (fault: string): never => {
    throw new UsageError(`Cannot use "${source}" as a policy: ${fault}`);
  };
  if (metadata.format !== format) {
    fail(`its format is ${JSON.stringify(metadata.format ?? "unknown")}, expected "${format}"`);
  }
  const numbers = (key: string): number[] => {
    const value = parseJson(metadata[key]);
    const good = Array.isArray(value) && value.every(Number.isFinite);
    return good ? value : fail(`${key} in its metadata is not a list of numbers`);
  };
  const count = (key: string): number => {
    const value = /^\d{1,16}$/.test(metadata[key] ?? "") ? Number(metadata[key]) : NaN;
    return Number.isSafeInteger(value) ? value : fail(`${key} in its metadata is not an integer`);
  };

  const parameters: ParameterSet = {};
  for (const layer of actorLayers) {
    const weight = tensors[`${torchNames[layer]}.weight`], bias = tensors[`${torchNames[layer]}.bias`];
    if (weight?.shape.length !== 2 || !(weight.data instanceof Float32Array)) {
      return fail(`${torchNames[layer]}.weight is not a float32 matrix`);
    }
    if (!(bias?.data instanceof Float32Array)) return fail(`${torchNames[layer]}.bias is not a float32 vector`);
    const [outputs, inputs] = weight.shape as [number, number];
    parameters[`actor/${layer}/kernel`] = {
      shape: [inputs, outputs],
      data: transpose(weight.data, outputs, inputs),
    };
    parameters[`actor/${layer}/bias`] = { shape: bias.shape, data: Float32Array.from(bias.data) };
  }
  const [hidden, observationSize] = tensors["trunk.0.weight"]!.shape as [number, number];
  const actionSize = tensors["mean.weight"]!.shape[0]!;
  if (Math.min(hidden, observationSize, actionSize) < 1) fail("a layer of it is empty"); // and no file bounds its other side
  try {
    checkParameters(parameters, actorParameterShapes({ observationSize, actionSize, hidden }));
  } catch (error) {
    fail((error as Error).message);
  }
  const actionLow = numbers("action_low"), actionHigh = numbers("action_high"), bounds = numbers("log_std_bounds");
  if (
    actionLow.length !== actionSize || actionHigh.length !== actionSize ||
    !actionLow.every((a, i) => a < actionHigh[i]!)
  ) {
    fail(`action_low and action_high in its metadata are not the bounds of ${actionSize} numbers`);
  }
  if (bounds.length !== 2 || bounds[0]! >= bounds[1]!) {
    fail("log_std_bounds in its metadata is not a lower and an upper one");
  }
  return {
    options: { observationSize, actionSize, hidden, actionLow, actionHigh, logStdBounds: [bounds[0]!, bounds[1]!] },
    parameters,
    env: metadata.env ?? fail("env is missing in its metadata"),
    maxEpisodeSteps: count("max_episode_steps"),
    seed: count("seed"),
    step: count("step"),
  };
}

/**
 * Reads a `policy.safetensors`.
 *
 * @throws {UsageError} if it cannot be read or is no policy
 */
export function readPolicyFile(path: string): PolicyFile {
  return decodePolicyFile(readWholeFile(path, maximumBytes, "the policy"), path);
}

/**
 * Loads a trained policy, ready to act.
 *
 * @param path a run's `policy.safetensors`
 * @throws {UsageError} if it cannot be read or is no policy
 */
export async function loadPolicy(path: string): Promise<Policy> {
  return await makePolicy(readPolicyFile(path));
}

/** The one place where policies are made. */
export async function makePolicy({ options, parameters }: Pick<PolicyFile, "options" | "parameters">): Promise<Policy> {
  return await Policy.create(options, parameters);
}

function transpose(data: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns); // [columns, rows]
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j]!;
  return out;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
