/** Paints one pose of a model: rays say what each pixel shows, this file which colour that has. */

import type { Physics } from "../env/mujoco_env.ts";
import { Camera, type View } from "./camera.ts";
import { castRays, type Vector } from "./ray_caster.ts";
import { type Colour, mix, readScene, type Scene, toByte } from "./scene.ts";
import { domeDirections, LightOnGround, sunDirections } from "./shadow.ts";

/** Rays across and down a pixel in which two things meet. */
const raysAcross = 4;
/** The distance at which the ground has half faded into the horizon, m. */
const hazeDistance = 14;
/** Light on what faces it: of the whole sky, and of the sun. */
const skyLight = 0.45, sunLight = 0.7;

/** Paints pictures of one model, all of one size. */
export class Painter {
  readonly camera: Camera;
  readonly #physics: Physics;
  readonly #scene: Scene;
  readonly #sun: LightOnGround;
  readonly #dome: LightOnGround;
  readonly #rays: Float64Array; // through the pixels' centres, [size · size, 3]

  /** @param size pixels in a row and in a column */
  constructor(physics: Physics, view: View, size: number) {
    this.camera = new Camera(view, size);
    this.#physics = physics;
    this.#scene = readScene(physics);
    const { ground, sun } = this.#scene;
    this.#sun = new LightOnGround(physics, ground.height, sunDirections(sun), 0.03);
    this.#dome = new LightOnGround(physics, ground.height, domeDirections(), 0.06);
    this.#rays = new Float64Array(3 * size * size);
    for (let pixel = 0; pixel < size * size; pixel++) {
      this.camera.writeRay(Math.floor(pixel / size) + 0.5, pixel % size + 0.5, this.#rays, 3 * pixel);
    }
  }

  /**
   * Paints the model at joint positions `qpos`, `[nq]`.
   *
   * @returns red, green and blue of each pixel, `[size, size, 3]`
   */
  paint(qpos: ArrayLike<number>): Uint8Array<ArrayBuffer> {
    const { mujoco, model, data } = this.#physics;
    (data.qpos as Float64Array).set(qpos);
    mujoco.mj_kinematics(model, data); // not mj_forward: that would change the solver's warm start
    mujoco.mj_comPos(model, data);
    const centre: number = data.subtree_com[0], origin = this.camera.position(centre);
    this.#sun.update(centre);
    this.#dome.update(centre);

    const { size } = this.camera, picture = new Uint8Array(3 * size * size);
    const { geoms, normals } = castRays(this.#physics, origin, this.#rays);
    const seen = geoms.map((geom) => this.#colourOf(geom) ? geom : -1); // −1: ground or sky
    const edges: number[] = [], light = new Float64Array(3);
    for (let pixel = 0; pixel < seen.length; pixel++) {
      if (this.#isEdge(seen, pixel)) edges.push(pixel);
      else {
        light.fill(0);
        this.#addLight(light, seen[pixel]!, this.#rays, normals, pixel, origin);
        writePixel(picture, pixel, light, 1);
      }
    }
    this.#paintEdges(picture, edges, origin);
    return picture;
  }

  /** Whether another thing shows in one of the pixel's four neighbours. */
  #isEdge(seen: Int32Array, pixel: number): boolean {
    const { size } = this.camera, column = pixel % size, here = seen[pixel];
    return column > 0 && seen[pixel - 1] !== here || column < size - 1 && seen[pixel + 1] !== here ||
      pixel >= size && seen[pixel - size] !== here || pixel < size * (size - 1) && seen[pixel + size] !== here;
  }

  /** Paints pixels as the mean of many rays. */
  #paintEdges(picture: Uint8Array, pixels: readonly number[], origin: Vector): void {
    const { size } = this.camera, perPixel = raysAcross * raysAcross;
    const rays = new Float64Array(3 * perPixel * pixels.length);
    for (const [i, pixel] of pixels.entries()) {
      for (let k = 0; k < perPixel; k++) {
        const row = Math.floor(pixel / size) + (Math.floor(k / raysAcross) + 0.5) / raysAcross;
        const column = pixel % size + (k % raysAcross + 0.5) / raysAcross;
        this.camera.writeRay(row, column, rays, 3 * (i * perPixel + k));
      }
    }
    const { geoms, normals } = castRays(this.#physics, origin, rays);
    const light = new Float64Array(3);
    for (const [i, pixel] of pixels.entries()) {
      light.fill(0);
      for (let ray = i * perPixel; ray < (i + 1) * perPixel; ray++) {
        this.#addLight(light, geoms[ray]!, rays, normals, ray, origin);
      }
      writePixel(picture, pixel, light, perPixel);
    }
  }

  /** Of what stands on the ground; −1 is no geom. */
  #colourOf(geom: number): Colour | undefined {
    return geom < 0 ? undefined : this.#scene.geoms[geom]; // looking up −1 would take long
  }

  /** Adds the light that comes along one ray. */
  #addLight(light: Float64Array, geom: number, rays: Float64Array, normals: Float64Array, ray: number, origin: Vector) {
    const dx = rays[3 * ray]!, dy = rays[3 * ray + 1]!, dz = rays[3 * ray + 2]!;
    const colour = this.#colourOf(geom);
    if (colour) this.#addGeom(light, colour, normals, ray, dx, dy, dz);
    else if (dz < 0) this.#addGround(light, dx, dy, dz, origin);
    else this.#addSky(light, dy, dz);
  }

  /** A lit surface: sky light by how far it faces up, sunlight by how far it faces the sun, and the sun's gleam. */
  #addGeom(
    light: Float64Array,
    colour: Colour,
    normals: Float64Array,
    ray: number,
    dx: number,
    dy: number,
    dz: number,
  ) {
    const nx = normals[3 * ray]!, ny = normals[3 * ray + 1]!, nz = normals[3 * ray + 2]!;
    const [sx, sy, sz] = this.#scene.sun, length = Math.sqrt(dx * dx + dy * dy + dz * dz);
    const facing = Math.max(0, nx * sx + ny * sy + nz * sz);
    const diffuse = skyLight * (0.8 + 0.2 * nz) + sunLight * facing;
    const hx = sx - dx / length, hy = sy - dy / length, hz = sz - dz / length;
    const half = Math.max(0, (nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz));
    const half2 = half * half, half4 = half2 * half2, half8 = half4 * half4, half16 = half8 * half8;
    const gleam = facing > 0 ? 0.12 * half16 * half16 : 0;
    for (let c = 0; c < 3; c++) light[c]! += Math.min(1, colour[c]! * diffuse + gleam);
  }

  /** The checkered ground, averaged over what the pixel covers, with shadow, fading into the horizon. */
  #addGround(light: Float64Array, dx: number, dy: number, dz: number, origin: Vector): void {
    const { ground: { height, colours: [even, odd], square }, sky: { horizon } } = this.#scene;
    const distance = (height - origin[2]) / dz;
    const x = origin[0] + distance * dx, y = origin[1] + distance * dy, depth = distance * dy;
    const width = distance * this.camera.pixelExtent, length = width * depth / (origin[2] - height);
    const share = 0.5 + 0.5 * checkerMean(x, width, square) * checkerMean(y, length, square);
    const sunOnGround = sunLight * this.#scene.sun[2];
    const received = (skyLight * this.#dome.at(x, y) + sunOnGround * this.#sun.at(x, y)) / (skyLight + sunOnGround);
    const far = depth / hazeDistance, haze = far * far / (1 + far * far);
    for (let c = 0; c < 3; c++) light[c]! += mix(mix(odd[c]!, even[c]!, share) * received, horizon[c]!, haze);
  }

  #addSky(light: Float64Array, dy: number, dz: number): void {
    const { top, horizon } = this.#scene.sky, share = Math.min(1, dz / dy / 0.45);
    for (let c = 0; c < 3; c++) light[c]! += mix(horizon[c]!, top[c]!, share);
  }
}

/** The mean over `[x − width/2, x + width/2]` of a wave that is 1 and −1 for a length of `square` each. */
function checkerMean(x: number, width: number, square: number): number {
  const integral = (at: number) => { // of the wave: a zigzag
    const phase = at / (2 * square) - Math.floor(at / (2 * square));
    return 2 * square * (phase < 0.5 ? phase : 1 - phase);
  };
  return (integral(x + width / 2) - integral(x - width / 2)) / width;
}

function writePixel(picture: Uint8Array, pixel: number, light: Float64Array, rays: number): void {
  for (let c = 0; c < 3; c++) picture[3 * pixel + c] = toByte(light[c]! / rays);
}
