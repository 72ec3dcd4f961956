/** From a run to a picture of what it learnt: an animated GIF of one episode, or a PNG of one or several of its moments. */

import { dirname } from "node:path";
import { encode as encodePng } from "fast-png";
import { UsageError } from "../errors.ts";
import { writeWholeFile } from "../run/whole_file.ts";
import { makeContactSheet } from "./contact_sheet.ts";
import { type Episode, replayEpisode, rolloutEpisode } from "./episode.ts";
import { FramePool } from "./frame_pool.ts";
import { chooseFrames } from "./frame_times.ts";
import { encodeGif } from "./gif.ts";
import { choosePalette } from "./palette.ts";

/** What to render, and how. */
export interface RenderOptions {
  /** A run's folder, or a `policy.safetensors`. */
  readonly run: string;
  /** The file to write, or its name given the episode. */
  readonly out: string | ((episode: Episode) => string);
  /** An animation (default) or a still picture. */
  readonly format?: "gif" | "png";
  /** Draws the initial state; default 0. */
  readonly episodeSeed?: number;
  /** Shows a recorded episode of the run instead: the training step, and which of its episodes. */
  readonly recording?: { readonly step: number; readonly episode: number };
  /** Pixels in a row and in a column; default 256. */
  readonly size?: number;
  /** Frames a second at most; default 25. Only whole steps are shown: HalfCheetah's, of 0.05 s, come 20 times a second. */
  readonly fps?: number;
  /** Bytes of a GIF at most; default 3 million. Frames are left out until it fits. */
  readonly maximumBytes?: number;
  /** A PNG's moment in simulated seconds from the start; without it, 12 moments evenly from first to last. */
  readonly time?: number;
  /** Default: one for each core. Changes no byte of the picture. */
  readonly workers?: number;
  /** Is told how many frames are drawn. */
  readonly onProgress?: (progress: RenderProgress) => void;
}

/** How far it is. */
export interface RenderProgress {
  /** Frames drawn. */
  readonly frames: number;
  /** Frames in all. */
  readonly totalFrames: number;
}

/** What was rendered. */
export interface Rendered {
  /** The file. */
  readonly path: string;
  /** Its size. */
  readonly bytes: number;
  /** What it shows. */
  readonly episode: Episode;
  /** Frames in the file. */
  readonly frames: number;
  /** Frames a second of a GIF. */
  readonly fps: number | undefined;
}

/** Pictures from which the palette is chosen, and moments in a PNG. */
const samples = 12;

/**
 * Shows one episode of a run's policy, acting deterministically, as a GIF or a PNG. Needs no GPU. The same run and options give the
 * same bytes.
 *
 * ```ts
 * import { renderRun } from "soft-actor-critic";
 * async function show(run: string) {
 *   const { frames, bytes } = await renderRun({ run, out: "hopper.gif", episodeSeed: 1 });
 *   console.log(`${frames} frames, ${bytes} bytes`);
 * }
 * ```
 *
 * @throws {UsageError} if the run or its recording cannot be read, or the file's folder is missing; nothing is written then
 * @throws {RunError} if the file cannot be written, or a worker dies
 */
export async function renderRun(options: RenderOptions): Promise<Rendered> {
  const { run, out, recording, format = "gif", size = 256, workers = navigator.hardwareConcurrency } = options;
  if (typeof out === "string") checkTarget(out);
  const episode = recording
    ? await replayEpisode(run, recording.step, recording.episode)
    : await rolloutEpisode(run, options.episodeSeed ?? 0);
  const path = typeof out === "string" ? out : out(episode);
  checkTarget(path);
  const pool = new FramePool({ env: episode.env, size }, Math.max(1, workers));
  try {
    const { content, frames, fps } = await (format === "gif" ? renderGif : renderPng)(episode, pool, size, options);
    writeWholeFile(path, [content]);
    return { path, bytes: content.length, episode, frames, fps };
  } finally {
    pool.dispose();
  }
}

interface Picture {
  readonly content: Uint8Array;
  readonly frames: number;
  readonly fps: number | undefined;
}

async function renderGif(episode: Episode, pool: FramePool, size: number, options: RenderOptions): Promise<Picture> {
  const { fps = 25, maximumBytes = 3_000_000, onProgress = () => {} } = options, { poses, dt } = episode;
  const length = poses.length - 1, { steps } = chooseFrames(length, dt, fps);
  const totalFrames = steps.length;
  const palette = choosePalette(await pool.paint(spread(steps, samples).map((step) => ({ pose: poses[step]! }))));
  const frames = await pool.paint(
    steps.map((step) => ({ pose: poses[step]!, palette })),
    (done) => onProgress({ frames: done, totalFrames }),
  );
  for (let sparser = 1;; sparser++) {
    const shown = chooseFrames(length, dt, fps, sparser);
    const content = encodeGif(frames.filter((_, i) => i % sparser === 0), shown.delays, size, palette);
    if (content.length <= maximumBytes || shown.steps.length === 1) {
      return { content, frames: shown.steps.length, fps: shown.fps };
    }
    // Each frame takes about as much as before: go to where it may fit.
    sparser = Math.max(sparser, Math.ceil(sparser * content.length / maximumBytes) - 1);
  }
}

async function renderPng(episode: Episode, pool: FramePool, size: number, options: RenderOptions): Promise<Picture> {
  const { time, onProgress = () => {} } = options, { poses, dt } = episode, last = poses.length - 1;
  if (time !== undefined && time > last * dt + 1e-9) {
    throw new UsageError(`Cannot show ${time} s: the episode ends after ${(last * dt).toFixed(2)} s`);
  }
  const steps = time === undefined ? spread(poses.map((_, step) => step), samples) : [Math.round(time / dt)];
  const pictures = await pool.paint(
    steps.map((step) => ({ pose: poses[step]! })),
    (done) => onProgress({ frames: done, totalFrames: steps.length }),
  );
  const { width, height, data } = makeContactSheet(pictures, size);
  return { content: encodePng({ width, height, data, channels: 3, depth: 8 }), frames: steps.length, fps: undefined };
}

/** `count` of the items at most, evenly from the first to the last. */
function spread<T>(items: readonly T[], count: number): T[] {
  const n = Math.min(count, items.length);
  return Array.from({ length: n }, (_, i) => items[n === 1 ? 0 : Math.round(i * (items.length - 1) / (n - 1))]!);
}

/** Before any work: whether a file can be made there. */
function checkTarget(path: string): void {
  const folder = dirname(path);
  if (!isFolder(folder)) throw new UsageError(`Cannot write "${path}": there is no folder "${folder}"; make it first`);
  if (isFolder(path)) throw new UsageError(`Cannot write "${path}": it is a folder, expected a file's name`);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw new UsageError(`Cannot write "${path}": ${(error as Error).message}`, { cause: error });
  }
}
