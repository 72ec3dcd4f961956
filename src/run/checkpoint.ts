/**
 * Checkpoints: all that a run needs to go on exactly, in one safetensors file `checkpoint/step_<steps made>.safetensors`.
 *
 * | in the file | |
 * |---|---|
 * | `learner/<name>` | the learner's state, see `parameters.ts` |
 * | `replay/<array>` | the transitions held, `[size, …]` |
 * | `environment` | `Env.getState()`, float64 |
 * | `__metadata__.sha256` | over the whole file, with 64 zeros in its own place |
 * | `__metadata__.state` | counters, random streams and log lengths, as JSON |
 *
 * The two newest stay: one is removed only when two newer ones are whole on the disk.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import type { ParameterSet } from "../learner/parameters.ts";
import type { RandomState } from "../random.ts";
import type { ReplayBuffer } from "../replay.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";
import { readWholeFile, removeIfThere, syncFolder, tryToWrite, writeWholeFile } from "./whole_file.ts";

/** A run between two steps. */
export interface Checkpoint {
  /** Steps made. */
  readonly step: number;
  /** Of the episode that has begun. */
  readonly episodicReturn: number;
  readonly episodicLength: number;
  /** Random streams by name. */
  readonly random: Readonly<Record<string, RandomState>>;
  /** Bytes of the logs by file name. */
  readonly logs: Readonly<Record<string, number>>;
  readonly replay: ReplayBuffer["state"];
  /** `Env.getState()` */
  readonly environment: Float64Array;
  /** `Learner.getState()` */
  readonly learner: ParameterSet;
}

const format = "soft-actor-critic checkpoint 1";
const kept = 2;
const maximumBytes = 2 ** 33; // the longest array: some 50 million transitions
const namePattern = /^step_(\d{9,10})\.safetensors$/;
const digestStart = 8 + '{"__metadata__":{"sha256":"'.length; // where sha256 stands in the file: it is the first key
const digestLength = 64;
const noDigest = "0".repeat(digestLength);
const replayArrays = ["observations", "actions", "rewards", "nextObservations", "terminated"] as const;

/** `10000` → `step_000010000.safetensors`, so that names sort by step. */
export function stepFileName(step: number): string {
  return `step_${String(step).padStart(9, "0")}.safetensors`;
}

/** The name of a number array with a NaN or an infinity in it, which would poison the run; undefined if there is none. */
export function findNotFinite(checkpoint: Checkpoint): string | undefined {
  return Object.entries(tensorsOf(checkpoint)).find(([, { data }]) => !allFinite(data))?.[0];
}

/**
 * Saves a checkpoint as the newest in `folder`. When it is whole, all others are removed but the one before it (also those of
 * later steps: they were damaged, else the run would have gone on from them).
 *
 * @throws {RunError} if it cannot be written; the earlier checkpoints are then still there
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint): void {
  writeCheckpoint(join(folder, stepFileName(checkpoint.step)), checkpoint);
  const steps = listCheckpoints(folder), keep = steps.filter((step) => step <= checkpoint.step).slice(0, kept);
  tryToWrite(folder, () => {
    for (const step of steps) if (!keep.includes(step)) removeIfThere(join(folder, stepFileName(step)));
    syncFolder(folder);
  });
}

/**
 * Writes a checkpoint to a file of its own, whatever it holds: also a state that went wrong, to look at.
 *
 * @throws {RunError} if it cannot be written
 */
export function writeCheckpoint(path: string, checkpoint: Checkpoint): void {
  const { environment: _environment, learner: _learner, replay: { size, next }, ...counters } = checkpoint;
  const state = JSON.stringify({ ...counters, replay: { size, next } });
  const pieces = encodeSafetensors({ metadata: { sha256: noDigest, format, state }, tensors: tensorsOf(checkpoint) });
  pieces[0]!.set(new TextEncoder().encode(digestOf(pieces)), digestStart);
  writeWholeFile(path, pieces);
}

/** The steps of the checkpoints in a folder, newest first. */
export function listCheckpoints(folder: string): number[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => namePattern.exec(name)?.[1])
      .filter((digits) => digits !== undefined).map(Number).sort((a, b) => b - a);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Restores the newest checkpoint that is whole. Damaged ones are named by `onDamaged` and passed over.
 *
 * @param restore takes a checkpoint over; if it throws, that checkpoint counts as damaged
 * @returns the steps of the checkpoint restored; undefined if there is none at all
 * @throws {UsageError} if there are some, but none can be used
 */
export function restoreNewest(
  folder: string,
  restore: (checkpoint: Checkpoint) => void,
  onDamaged: (message: string) => void,
): number | undefined {
  const steps = listCheckpoints(folder);
  const faults: string[] = [];
  for (const step of steps) {
    const path = join(folder, stepFileName(step));
    try {
      const checkpoint = readCheckpoint(path);
      if (checkpoint.step !== step) throw new RangeError(`it is of step ${checkpoint.step}`);
      restore(checkpoint);
      return step;
    } catch (error) {
      const { message } = error as Error;
      const fault = error instanceof UsageError ? message : `Cannot use "${path}" as a checkpoint: ${message}`;
      faults.push(fault);
      onDamaged(fault);
    }
  }
  if (faults.length === 0) return undefined;
  throw new UsageError(
    `Cannot go on: no checkpoint in "${folder}" can be used (${faults.join("; ")}). ` +
      `Bring a whole one back, or start over with --overwrite`,
  );
}

/**
 * Reads a checkpoint and checks every byte of it.
 *
 * @throws {UsageError} naming the file and the fault
 */
export function readCheckpoint(path: string): Checkpoint {
  return decodeCheckpoint(readWholeFile(path, maximumBytes, "the checkpoint"), path);
}

/**
 * The checkpoint in a file's bytes.
 *
 * @param source where the bytes come from, for the message
 * @throws {UsageError} naming the source and the fault
 */
export function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>, source: string): Checkpoint {
  const fail = (fault: string): never => {
    throw new UsageError(`Cannot use "${source}" as a checkpoint: ${fault}`);
  };
  const place = bytes.subarray(digestStart, digestStart + digestLength);
  const digest = new TextDecoder().decode(place);
  place.fill(0x30); // the zeros over which the digest was made
  if (digestOf([bytes]) !== digest) fail("it is damaged (its SHA-256 does not fit its content)");
  const { metadata, tensors } = decodeSafetensors(bytes, source);
  if (metadata.format !== format) fail(`its format is ${JSON.stringify(metadata.format)}, expected "${format}"`);

  const { replay: { size, next }, ...counters } = readCounters(metadata.state ?? "") ?? fail("its state is malformed");
  const float32 = (name: string) => {
    const data = tensors[name]?.data;
    return data instanceof Float32Array ? data : fail(`${name} is missing`);
  };
  const environment = tensors.environment?.data;
  const learner = Object.keys(tensors).filter((name) => name.startsWith("learner/"));
  return {
    ...counters,
    environment: environment instanceof Float64Array ? environment : fail("environment is missing"),
    replay: {
      size,
      next,
      data: {
        size,
        observations: float32("replay/observations"),
        actions: float32("replay/actions"),
        rewards: float32("replay/rewards"),
        nextObservations: float32("replay/nextObservations"),
        terminated: float32("replay/terminated"),
      },
    },
    learner: Object.fromEntries(
      learner.map((name) => [name.slice("learner/".length), { shape: tensors[name]!.shape, data: float32(name) }]),
    ),
  };
}

type Counters = Omit<Checkpoint, "replay" | "environment" | "learner"> & { replay: { size: number; next: number } };

/** The numbers of `__metadata__.state`; undefined if it does not have the form that {@link writeCheckpoint} gives it. */
function readCounters(text: string): Counters | undefined {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && value as number >= 0;
  const areEach = (value: unknown, check: (item: unknown) => boolean) =>
    typeof value === "object" && value !== null && Object.values(value).every(check);
  try {
    const state = JSON.parse(text), { step, episodicReturn, episodicLength, random, logs, replay } = state;
    const isGood = [step, episodicLength, replay.size, replay.next].every(isCount) && Number.isFinite(episodicReturn) &&
      areEach(logs, isCount) &&
      areEach(random, (stream) => Array.isArray(stream) && stream.length === 2 && stream.every(isCount));
    return isGood ? state : undefined;
  } catch {
    return undefined;
  }
}

function tensorsOf({ environment, learner, replay: { size, data } }: Checkpoint): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = { environment: { shape: [environment.length], data: environment } };
  for (const [name, parameter] of Object.entries(learner)) tensors[`learner/${name}`] = parameter;
  for (const name of replayArrays) {
    tensors[`replay/${name}`] = { shape: size === 0 ? [0] : [size, data[name].length / size], data: data[name] };
  }
  return tensors;
}

function allFinite(data: Float32Array | Float64Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

function digestOf(pieces: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
