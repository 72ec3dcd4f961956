/** Rays into a MuJoCo model: which geom each one hits first, how far away, and the surface's normal there. */

import type { Physics } from "../env/mujoco_env.ts";

/** Rays with one common origin; `position[i] = origin + distances[i] · directions[i]`. */
export interface RayHits {
  /** The geom that each ray hits first, −1 for none, `[ray]`. */
  readonly geoms: Int32Array;
  /** In lengths of the ray's direction, −1 for none, `[ray]`. */
  readonly distances: Float64Array;
  /** Unit normals of the surfaces, outwards, zero for none, `[ray, 3]`. */
  readonly normals: Float64Array;
}

/** A point or a direction in the world: x forward, y into the picture, z up; metres. */
export type Vector = readonly [x: number, y: number, z: number];

/** What the rays may hit: everything; or only what can move, so that floors and rails are as air. */
export type Targets = "all" | "moving";

/**
 * Casts rays by MuJoCo's `mj_multiRay` on the pose that `mj_kinematics` computed last. The model's planes count as endless or not
 * as their `size` says.
 *
 * @param directions `[ray, 3]`, of any length
 */
export function castRays(
  { mujoco, model, data }: Physics,
  origin: Vector,
  directions: Float64Array,
  targets: Targets = "all",
): RayHits {
  const count = directions.length / 3;
  if (count === 0) return { geoms: new Int32Array(), distances: new Float64Array(), normals: new Float64Array() };
  using geoms = new mujoco.IntBuffer(count);
  using distances = new mujoco.DoubleBuffer(count);
  using normals = new mujoco.DoubleBuffer(3 * count);
  const list = (numbers: Vector | Float64Array) => numbers as unknown as number[]; // the bindings take any array-like
  const everyGroup = null as unknown as number[], noBody = -1, farthest = 1e10;
  mujoco.mj_multiRay(
    model,
    data,
    list(origin),
    list(directions),
    everyGroup,
    targets === "all",
    noBody,
    geoms,
    distances,
    normals,
    count,
    farthest,
  );
  return {
    geoms: (geoms.GetView() as Int32Array).slice(),
    distances: (distances.GetView() as Float64Array).slice(),
    normals: (normals.GetView() as Float64Array).slice(),
  };
}
