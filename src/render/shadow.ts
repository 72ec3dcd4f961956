/**
 * Soft shadows on the ground, by MuJoCo's rays: the share of a light that each point of a grid on the ground sees past the model.
 * The light is a set of directions. Those of the sun's disk give a shadow that is sharp at the foot and softer further away, those
 * of the sky's dome the darkness around what comes near the ground.
 */

import type { Physics } from "../env/mujoco_env.ts";
import { castRays, type Vector } from "./ray_caster.ts";

/** The sun's radius as seen from the ground, rad: about eight times the real one. */
const sunRadius = 0.035;

/** Directions towards points spread evenly over the sun's disk. */
export function sunDirections([x, y, z]: Vector): Vector[] {
  return disk(4).map(([a, b]) => [x + sunRadius * a, y + sunRadius * b, z]);
}

/** Directions towards the sky, the more the higher they stand, as a level ground receives its light (Malley's method). */
export function domeDirections(): Vector[] {
  return disk(5).map(([a, b]) => [a, b, Math.sqrt(1 - a * a - b * b)]);
}

/** Points spread evenly over the disk of radius 1. */
function disk(pointsAcross: number): [number, number][] {
  const coordinates = Array.from({ length: pointsAcross }, (_, i) => (2 * i + 1) / pointsAcross - 1);
  return coordinates.flatMap((x) => coordinates.map((y): [number, number] => [x, y]))
    .filter(([x, y]) => x * x + y * y <= 1);
}

/** The grid's extent around the model's middle, m. */
const left = 1.9, right = 1.5, near = 1.2, far = 1.7;

/** How far light comes from, m: far enough for its rays to be parallel. */
const farAway = 40;

/** What the ground sees of one light. */
export class LightOnGround {
  readonly #physics: Physics;
  readonly #height: number;
  readonly #directions: readonly Vector[];
  readonly #cell: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #seen: Float64Array; // the share of the light, [rows, columns]
  #x = 0; // of the grid's first column
  readonly #y = -near; // of its first row

  /**
   * @param height the ground's z, m
   * @param directions towards the light, all of one length
   * @param cell the grid's spacing, m
   */
  constructor(physics: Physics, height: number, directions: readonly Vector[], cell: number) {
    this.#physics = physics;
    this.#height = height;
    this.#directions = directions;
    this.#cell = cell;
    this.#columns = Math.ceil((left + right) / cell) + 1;
    this.#rows = Math.ceil((near + far) / cell) + 1;
    this.#seen = new Float64Array(this.#rows * this.#columns);
  }

  /** Takes the light around `x` in the present pose. The grid lies on multiples of its cell, so that resting shadows rest. */
  update(x: number): void {
    const cell = this.#cell, columns = this.#columns;
    this.#x = Math.floor((x - left) / cell) * cell;
    this.#seen.fill(1);
    for (const direction of this.#directions) {
      const points = this.#pointsInReach(direction), rays = new Float64Array(3 * points.length);
      const origin: Vector = [
        x + farAway * direction[0],
        farAway * direction[1],
        this.#height + farAway * direction[2],
      ];
      for (const [i, point] of points.entries()) {
        rays[3 * i] = this.#x + point % columns * cell - origin[0];
        rays[3 * i + 1] = this.#y + Math.floor(point / columns) * cell - origin[1];
        rays[3 * i + 2] = this.#height - origin[2];
      }
      const { geoms } = castRays(this.#physics, origin, rays, "moving");
      for (const [i, point] of points.entries()) if (geoms[i]! >= 0) this.#seen[point]! -= 1 / this.#directions.length;
    }
  }

  /** The grid's points that can lie in shadow: a rectangle around the shadows of all moving geoms' bounding spheres. */
  #pointsInReach([dx, dy, dz]: Vector): number[] {
    const { model, data } = this.#physics, cell = this.#cell;
    const centres: Float64Array = data.geom_xpos, radii: Float64Array = model.geom_rbound;
    const bodies: Int32Array = model.geom_bodyid, roots: Int32Array = model.body_weldid;
    let west = Infinity, east = -Infinity, south = Infinity, north = -Infinity;
    for (let geom = 0; geom < radii.length; geom++) {
      if (roots[bodies[geom]!] === 0) continue; // it cannot move
      const up = centres[3 * geom + 2]! - this.#height;
      const reach = (radii[geom]! + 0.1 * up) / dz + cell; // the light is not quite parallel
      const x = centres[3 * geom]! - up * dx / dz - this.#x, y = centres[3 * geom + 1]! - up * dy / dz - this.#y;
      west = Math.min(west, x - reach), east = Math.max(east, x + reach);
      south = Math.min(south, y - reach), north = Math.max(north, y + reach);
    }
    const points: number[] = [];
    const lastColumn = Math.min(this.#columns - 1, Math.floor(east / cell));
    const lastRow = Math.min(this.#rows - 1, Math.floor(north / cell));
    for (let row = Math.max(0, Math.ceil(south / cell)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.ceil(west / cell)); column <= lastColumn; column++) {
        points.push(row * this.#columns + column);
      }
    }
    return points;
  }

  /** The share of the light that a point of the ground sees, from the four grid points around it; 1 outside of the grid. */
  at(x: number, y: number): number {
    const column = (x - this.#x) / this.#cell, row = (y - this.#y) / this.#cell;
    const j = Math.floor(column), i = Math.floor(row), columns = this.#columns, seen = this.#seen;
    if (i < 0 || j < 0 || i >= this.#rows - 1 || j >= columns - 1) return 1;
    const point = i * columns + j, across = column - j;
    const nearer = seen[point]! + (seen[point + 1]! - seen[point]!) * across;
    const farther = seen[point + columns]! + (seen[point + columns + 1]! - seen[point + columns]!) * across;
    return nearer + (farther - nearer) * (row - i);
  }
}
