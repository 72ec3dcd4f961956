/** A GIF's colours: 255 for all frames, and one that means "as before". */

import gifenc from "gifenc"; // CommonJS: it has a default export only

/** A byte each of red, green and blue. */
export type Rgb = [red: number, green: number, blue: number];

/** The index of the pixels that stay as they are in the frame before. */
export const unchanged = 0;

/** The colours that stand best for all pixels of some pictures; the first one means {@link unchanged}. */
export function choosePalette(pictures: readonly Uint8Array[]): Rgb[] {
  const pixels = pictures.reduce((sum, picture) => sum + picture.length / 3, 0);
  const rgba = new Uint8Array(4 * pixels).fill(255);
  let at = 0;
  for (const picture of pictures) {
    for (let i = 0; i < picture.length; i += 3, at += 4) rgba.set(picture.subarray(i, i + 3), at);
  }
  return [[0, 0, 0], ...gifenc.quantize(rgba, 255) as Rgb[]];
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
      indices[i] = this.#known[key] ||= this.#nearest(red, green, blue);
    }
    return indices;
  }

  #nearest(red: number, green: number, blue: number): number {
    let best = 1, smallest = Infinity;
    for (let i = 1; i < this.#palette.length; i++) {
      const [r, g, b] = this.#palette[i]!;
      const distance = (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue);
      if (distance < smallest) best = i, smallest = distance;
    }
    return best;
  }
}
