/** The camera: a pinhole beside the plane of motion, looking along +y, level or a little down. */

import type { Vector } from "./ray_caster.ts";

/** Half the picture's width and height at distance 1: tan(45° / 2). */
const halfExtent = Math.SQRT2 - 1;

/** How an environment is looked at. */
export interface View {
  /** From the x-z plane in which everything moves, m. */
  readonly distance: number;
  /** Above the world's origin, m. It stays: so the floor rests, and a body's hops show. */
  readonly height: number;
  /** Metres that the line of sight sinks per metre. */
  readonly slope: number;
  /** Whether the camera stays beside the model's centre of mass, or at x = 0. */
  readonly follows: boolean;
}

/** By environment: where Gymnasium's cameras are at an episode's start. */
export const views: Readonly<Record<string, View>> = {
  "HalfCheetah-v4": { distance: 3, height: 0.85, slope: 0, follows: true },
  "Hopper-v4": { distance: 3, height: 1, slope: 0, follows: true },
  "InvertedPendulum-v4": { distance: 2.5, height: 0.75, slope: 0.2, follows: false },
};

/** Makes the rays of a square picture; they do not depend on where the camera stands. */
export class Camera {
  readonly view: View;
  /** Pixels in a row and in a column. */
  readonly size: number;
  /** A pixel's width at distance 1. */
  readonly pixelExtent: number;

  constructor(view: View, size: number) {
    this.view = view;
    this.size = size;
    this.pixelExtent = 2 * halfExtent / size;
  }

  /** Where the camera stands when the centre of mass is at `x`. */
  position(x: number): Vector {
    const { distance, height, follows } = this.view;
    return [follows ? x : 0, -distance, height];
  }

  /**
   * Writes the ray through a point of the picture to `out[at]`…: the direction per metre along the line of sight's level part.
   *
   * @param row, column in pixels from the upper left corner; a pixel's centre is at ½
   */
  writeRay(row: number, column: number, out: Float64Array, at: number): void {
    const right = (column - this.size / 2) * this.pixelExtent, up = (this.size / 2 - row) * this.pixelExtent;
    const { slope } = this.view, length = Math.sqrt(1 + slope * slope);
    // The line of sight (0, 1, −slope) / length, and upright on it (0, slope, 1) / length.
    out[at] = right;
    out[at + 1] = (1 + up * slope) / length;
    out[at + 2] = (up - slope) / length;
  }
}
