/**
 * Soft shadows on the ground, by MuJoCo's rays: the share of the sun's disk and of the sky's dome that each point of a grid on the
 * ground sees past the model. The sun's part gives a shadow that is sharp at the foot and soft further away; the dome's part the
 * darkness around what touches the ground.
 */

import type { Physics } from "../env/mujoco_env.ts";
import { castRays, type Vector } from "./ray_caster.ts";
import type { Scene } from "./scene.ts";

/** The grid's extent around the model's middle, and its cell: metres. It lies on multiples of the cell, so that shadows rest. */
const left = 1.9, right = 1.5, near = 0.9, far = 1.7, cell = 0.04;
const columns = Math.round((left + right) / cell) + 1, rows = Math.round((near + far) / cell) + 1;

/** How far light comes from, m: far enough for its rays to be parallel. */
const farAway = 40;

/** The sun's radius as seen from the ground, rad: about ten times the real one. */
const sunRadius = 0.05;

/** Points spread evenly over the disk of radius 1. */
function disk(pointsAcross: number): [number, number][] {
  const coordinates = Array.from({ length: pointsAcross }, (_, i) => (2 * i + 1) / pointsAcross - 1);
  return coordinates.flatMap((x) => coordinates.map((y): [number, number] => [x, y]))
    .filter(([x, y]) => x * x + y * y <= 1);
}

/** Directions towards the sun's disk, and towards the dome, the more of these the higher they stand (Malley's method). */
function lightDirections([x, y, z]: Vector): { sun: Vector[]; dome: Vector[] } {
  return {
    sun: disk(5).map(([a, b]) => [x + sunRadius * a, y + sunRadius * b, z]),
    dome: disk(6).map(([a, b]) => [a, b, Math.sqrt(1 - a * a - b * b)]),
  };
}

/** How much light reaches the ground. */
export class GroundLight {
  readonly #physics: Physics;
  readonly #height: number;
  readonly #directions: ReturnType<typeof lightDirections>;
  readonly #sun = new Float64Array(rows * columns); // share of the disk that is seen
  readonly #dome = new Float64Array(rows * columns);
  #x = 0; // of the grid's corner
  readonly #y = -near;

  constructor(physics: Physics, scene: Scene) {
    this.#physics = physics;
    this.#height = scene.ground.height;
    this.#directions = lightDirections(scene.sun);
  }

  /** Takes the light around `x` in the present pose. */
  update(x: number): void {
    this.#x = Math.floor((x - left) / cell) * cell;
    this.#gather(this.#directions.sun, this.#sun);
    this.#gather(this.#directions.dome, this.#dome);
  }

  #gather(directions: readonly Vector[], seen: Float64Array): void {
    seen.fill(1);
    for (const direction of directions) {
      const cells = this.#shadowedCells(direction), rays = new Float64Array(3 * cells.length);
      const origin: Vector = [
        this.#x + (columns - 1) / 2 * cell + farAway * direction[0],
        this.#y + (rows - 1) / 2 * cell + farAway * direction[1],
        this.#height + farAway * direction[2],
      ];
      for (const [i, at] of cells.entries()) {
        rays[3 * i] = this.#x + at % columns * cell - origin[0];
        rays[3 * i + 1] = this.#y + Math.floor(at / columns) * cell - origin[1];
        rays[3 * i + 2] = this.#height - origin[2];
      }
      const { geoms } = castRays(this.#physics, origin, rays, "moving");
      for (const [i, at] of cells.entries()) if (geoms[i]! >= 0) seen[at]! -= 1 / directions.length;
    }
  }

  /** The cells that can lie in the model's shadow: a rectangle around the shadows of the geoms' bounding spheres. */
  #shadowedCells([dx, dy, dz]: Vector): number[] {
    const { model, data } = this.#physics;
    const centres: Float64Array = data.geom_xpos, radii: Float64Array = model.geom_rbound;
    const bodies: Int32Array = model.geom_bodyid, roots: Int32Array = model.body_weldid;
    let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
    for (let geom = 0; geom < radii.length; geom++) {
      if (roots[bodies[geom]!] === 0) continue; // it cannot move
      const up = (centres[3 * geom + 2]! - this.#height) / dz, reach = radii[geom]! / dz + 2 * cell + up * dz / farAway;
      const x = centres[3 * geom]! - up * dx - this.#x, y = centres[3 * geom + 1]! - up * dy - this.#y;
      west = Math.min(west, x - reach), east = Math.max(east, x + reach);
      south = Math.min(south, y - reach), north = Math.max(north, y + reach);
    }
    const cells: number[] = [];
    const lastColumn = Math.min(columns - 1, Math.floor(east / cell)),
      lastRow = Math.min(rows - 1, Math.floor(north / cell));
    for (let row = Math.max(0, Math.ceil(south / cell)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.ceil(west / cell)); column <= lastColumn; column++) {
        cells.push(row * columns + column);
      }
    }
    return cells;
  }

  /** The shares of sun and dome seen at a point of the ground: 1 far from the model. */
  at(x: number, y: number): { sun: number; dome: number } {
    const column = (x - this.#x) / cell, row = (y - this.#y) / cell;
    const j = Math.floor(column), i = Math.floor(row);
    if (i < 0 || j < 0 || i >= rows - 1 || j >= columns - 1) return { sun: 1, dome: 1 };
    return {
      sun: this.#between(this.#sun, i, j, row - i, column - j),
      dome: this.#between(this.#dome, i, j, row - i, column - j),
    };
  }

  /** Bilinear interpolation. */
  #between(grid: Float64Array, i: number, j: number, down: number, across: number): number {
    const at = i * columns + j;
    const upper = grid[at]! + (grid[at + 1]! - grid[at]!) * across;
    const lower = grid[at + columns]! + (grid[at + columns + 1]! - grid[at + columns]!) * across;
    return upper + (lower - upper) * down;
  }
}
