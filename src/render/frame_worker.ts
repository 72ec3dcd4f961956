/**
 * A worker that paints frames with a MuJoCo of its own. Talks to `frame_pool.ts`: first message in {@link PainterSetup}, then for
 * each {@link FrameRequest} the frame's pixels go out. What is thrown here ends the worker and reaches the other side as an error.
 */

import { makeMujocoEnv } from "../env/make_env.ts";
import { views } from "./camera.ts";
import { Painter } from "./painter.ts";
import { ColourIndex, type Rgb } from "./palette.ts";

/** What to paint. */
export interface PainterSetup {
  readonly env: string;
  readonly size: number;
}

/** One frame: with a palette its indices, `[size · size]`, else red, green and blue, `[size · size, 3]`. */
export interface FrameRequest {
  readonly pose: Float64Array;
  /** Stays the same from the first time on. */
  readonly palette?: readonly Rgb[];
}

// The worker's global scope, which Deno types as a window's.
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<PainterSetup | FrameRequest>) => Promise<void>;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

let setup: PainterSetup;
let painter: Painter | undefined;
let colourIndex: ColourIndex | undefined;

scope.onmessage = async ({ data }) => {
  if ("env" in data) {
    setup = data;
    return;
  }
  const { pose, palette } = data;
  painter ??= new Painter((await makeMujocoEnv(setup.env)).physics, views[setup.env]!, setup.size);
  const picture = painter.paint(pose);
  const pixels = palette ? (colourIndex ??= new ColourIndex(palette)).map(picture) : picture;
  scope.postMessage(pixels, [pixels.buffer]);
};
