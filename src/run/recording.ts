/**
 * Recorded episodes, `videos/step_<step>.safetensors`: a first state and the actions, from which the deterministic physics gives
 * all the rest again. Some kilobytes an episode.
 *
 * | tensor, for each episode n = 0, 1, … | |
 * |---|---|
 * | `episode_<n>/initial_state` | float64, `Env.getState()` at the start |
 * | `episode_<n>/actions` | float32, `[length, action]` |
 *
 * `__metadata__` (all texts): `format`, `env`, `max_episode_steps`, `seed`, `step`, `episodes`. To show an episode again:
 * `env.setState(initialState)`, then `env.step(action)` for each row.
 */

import { UsageError } from "../errors.ts";
import type { RecordedEpisode } from "../evaluate.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";
import { readWholeFile, writeWholeFile } from "./whole_file.ts";

/** Recorded episodes and where they come from. */
export interface Recording {
  readonly env: string;
  readonly maxEpisodeSteps: number;
  readonly seed: number;
  /** Training steps of the policy that acts. */
  readonly step: number;
  readonly episodes: readonly RecordedEpisode[];
}

const format = "soft-actor-critic recording 1";
const maximumBytes = 1 << 28;

/**
 * Writes a recording as a whole file.
 *
 * @param actionSize numbers in an action
 * @throws {RunError} if it cannot be written
 */
export function writeRecording(path: string, recording: Recording, actionSize: number): void {
  const { env, maxEpisodeSteps, seed, step, episodes } = recording;
  const tensors: Record<string, Tensor> = {};
  for (const [n, { initialState, actions }] of episodes.entries()) {
    tensors[`episode_${n}/initial_state`] = { shape: [initialState.length], data: initialState };
    tensors[`episode_${n}/actions`] = { shape: [actions.length / actionSize, actionSize], data: actions };
  }
  const numbers = { max_episode_steps: maxEpisodeSteps, seed, step, episodes: episodes.length };
  const metadata = {
    format,
    env,
    ...Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, String(value)])),
  };
  writeWholeFile(path, encodeSafetensors({ metadata, tensors }));
}

/**
 * Reads a recording.
 *
 * @throws {UsageError} if it cannot be read or is no recording
 */
export function readRecording(path: string): Recording {
  const { metadata, tensors } = decodeSafetensors(readWholeFile(path, maximumBytes, "the recording"), path);
  const fail = (fault: string): never => {
    throw new UsageError(`Cannot use "${path}" as a recording: ${fault}`);
  };
  if (metadata.format !== format) {
    fail(`its format is ${JSON.stringify(metadata.format ?? "unknown")}, expected "${format}"`);
  }
  const count = (key: string): number => {
    const value = /^\d{1,16}$/.test(metadata[key] ?? "") ? Number(metadata[key]) : NaN;
    return Number.isSafeInteger(value) ? value : fail(`${key} in its metadata is not an integer`);
  };
  const episodes: RecordedEpisode[] = [];
  for (let n = 0, all = count("episodes"); n < all; n++) {
    const state = tensors[`episode_${n}/initial_state`]?.data, actions = tensors[`episode_${n}/actions`]?.data;
    if (!(state instanceof Float64Array) || !(actions instanceof Float32Array)) {
      return fail(`episode ${n} is missing or malformed`); // ends the loop also when the count is absurd
    }
    episodes.push({ initialState: Float64Array.from(state), actions: Float32Array.from(actions) });
  }
  return {
    env: metadata.env ?? fail("env is missing in its metadata"),
    maxEpisodeSteps: count("max_episode_steps"),
    seed: count("seed"),
    step: count("step"),
    episodes,
  };
}
