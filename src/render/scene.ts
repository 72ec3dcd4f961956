/** What a model looks like: its colours, its light and the ground under it, as the MJCF says. */

import type { Physics } from "../env/mujoco_env.ts";
import type { Vector } from "./ray_caster.ts";

/** Red, green and blue as amounts of light, from 0 to 1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A model's look. */
export interface Scene {
  /** The colour of each geom; `undefined` for planes, which are the ground. */
  readonly geoms: readonly (Colour | undefined)[];
  /** A checkered plane without end: MuJoCo's own ends in the picture, though not in its physics. */
  readonly ground: {
    /** z, m */
    readonly height: number;
    /** Of the two kinds of squares. */
    readonly colours: readonly [Colour, Colour];
    /** A square's side, m. */
    readonly square: number;
  };
  readonly sky: { readonly top: Colour; readonly horizon: Colour };
  /** Towards the sun, of length 1. */
  readonly sun: Vector;
}

/** Where a model without a plane gets one in the picture: InvertedPendulum's cart, of radius 0.1 m, stands on it. */
const groundUnderCart = -0.1;

/** Reads the look of a model with geoms in materials, a skybox, a checkered material for the ground, and one directional light. */
export function readScene({ mujoco, model }: Physics): Scene {
  const { mjGEOM_PLANE } = mujoco.mjtGeom, { mjTEXTURE_SKYBOX } = mujoco.mjtTexture;
  const isPlane = Array.from(model.geom_type as Int32Array, (type) => type === mjGEOM_PLANE.value);
  const materials = model.mat_rgba as Float32Array, materialOf = model.geom_matid as Int32Array;
  const textureOf = Array.from({ length: model.nmat }, (_, material) => imageOf(model.mat_texid, material, model.nmat));
  const floor = textureOf.findIndex((texture) => texture >= 0),
    skybox = Array.from(model.tex_type as Int32Array).indexOf(mjTEXTURE_SKYBOX.value);
  const plane = isPlane.indexOf(true);
  const [x, y, z] = model.light_dir as Float64Array;

  const pixel = (texture: number, row: number, column: number): Colour => {
    const at = model.tex_adr[texture] + model.tex_nchannel[texture] * (row * model.tex_width[texture] + column);
    const [red, green, blue] = model.tex_data.slice(at, at + 3) as Uint8Array;
    return fromSrgb(red! / 255, green! / 255, blue! / 255);
  };
  const side = model.tex_width[skybox]; // the box's six square faces in a column: right, left, up, down, front, back
  const last = model.tex_width[textureOf[floor]!] - 1; // the checker is two squares wide
  return {
    geoms: isPlane.map((plane, geom) => {
      const at = 4 * materialOf[geom]!;
      return plane ? undefined : fromSrgb(materials[at]!, materials[at + 1]!, materials[at + 2]!);
    }),
    ground: {
      height: plane < 0 ? groundUnderCart : model.geom_pos[3 * plane + 2],
      colours: [pixel(textureOf[floor]!, 0, 0), pixel(textureOf[floor]!, 0, last)],
      square: 0.5 / model.mat_texrepeat[2 * floor],
    },
    sky: { top: pixel(skybox, 2.5 * side, side / 2), horizon: pixel(skybox, 3.5 * side, side / 2) },
    sun: [-x!, -y!, -z!],
  };
}

/** The texture of a material's colours: of the several roles that a material's textures have, the first one that is taken. */
function imageOf(textures: Int32Array, material: number, materials: number): number {
  const roles = textures.length / materials;
  return textures.slice(material * roles, (material + 1) * roles).find((texture) => texture >= 0) ?? -1;
}

/** Screens show the square root of what they are given, roughly; a root is the same to the bit on every machine. */
function fromSrgb(red: number, green: number, blue: number): Colour {
  return [red * red, green * green, blue * blue];
}

/** An amount of light as a screen's byte. */
export function toByte(light: number): number {
  return Math.min(255, Math.floor(255 * Math.sqrt(light) + 0.5));
}

/** From `a` to `b` as `share` goes from 0 to 1. */
export function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
