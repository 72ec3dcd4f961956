/** A GIF's colours: 255 for all frames, and one that means "as before". */

import gifenc from "gifenc"; // CommonJS: it has a default export only

/** A byte each of red, green and blue. */
export type Rgb = [red: number, green: number, blue: number];

/** The index of the pixels that stay as they are in the frame before. */
export const unchanged = 0;

/**
 * The colours that stand best for all pixels of some pictures; the first one means {@link unchanged}.
 *
 * gifenc's pairwise nearest neighbours give most of them, by the upper 5 or 6 bits of each byte. That is too coarse for a sky, whose
 * gradient would show bands, so the rest goes one by one to where the error over all pixels is the largest.
 */
export function choosePalette(pictures: readonly Uint8Array[]): Rgb[] {
  const pixels = pictures.reduce((sum, picture) => sum + picture.length / 3, 0);
  const rgba = new Uint8Array(4 * pixels).fill(255), counts = new Map<number, number>(); // by colour
  let at = 0;
  for (const picture of pictures) {
    for (let i = 0; i < picture.length; i += 3, at += 4) {
      const red = rgba[at] = picture[i]!, green = rgba[at + 1] = picture[i + 1]!, blue = rgba[at + 2] = picture[i + 2]!;
      const key = red << 16 | green << 8 | blue;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const palette: Rgb[] = [[0, 0, 0], ...gifenc.quantize(rgba, coarseColours) as Rgb[]];
  const colours = Array.from(counts, ([key, count]) => ({ rgb: toRgb(key), count, distance: Infinity }));
  const add = (colour: Rgb) => {
    for (const pixel of colours) pixel.distance = Math.min(pixel.distance, distance(pixel.rgb, colour));
  };
  palette.slice(1).forEach(add);
  while (palette.length < 256) {
    const worst = colours.reduce((a, b) => b.count * b.distance > a.count * a.distance ? b : a);
    if (worst.distance === 0) break; // each colour is there
    palette.push(worst.rgb);
    add(worst.rgb);
  }
  return palette;
}

/** Of the 255. */
const coarseColours = 160;

function toRgb(key: number): Rgb {
  return [key >> 16, key >> 8 & 255, key & 255];
}

/** Of two colours, squared. */
export function distance([r, g, b]: Rgb, [red, green, blue]: Rgb): number {
  return (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue);
}

/** Finds the palette's nearest colour, and remembers it for each of the 2²⁴. */
export class ColourIndex {
  readonly #palette: readonly Rgb[];
  readonly #known = new Uint8Array(1 << 24); // 0, which no colour has: not yet known

  constructor(palette: readonly Rgb[]) {
    this.#palette = palette;
  }

  /** @param picture `[pixel, 3]` */
  map(picture: Uint8Array): Uint8Array<ArrayBuffer> {
    const indices = new Uint8Array(picture.length / 3);
    for (let i = 0; i < indices.length; i++) {
      const red = picture[3 * i]!, green = picture[3 * i + 1]!, blue = picture[3 * i + 2]!;
      const key = red << 16 | green << 8 | blue;
      indices[i] = this.#known[key] ||= this.#nearest([red, green, blue]);
    }
    return indices;
  }

  #nearest(colour: Rgb): number {
    let best = 1;
    for (let i = 2; i < this.#palette.length; i++) {
      if (distance(this.#palette[i]!, colour) < distance(this.#palette[best]!, colour)) best = i;
    }
    return best;
  }
}
