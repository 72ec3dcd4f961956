/** Several pictures as one, in rows of four. */

const across = 4;

/** Pixels of an image, red, green and blue of each, `[height, width, 3]`. */
export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Puts square pictures, `[size, size, 3]`, side by side, the first one upper left. */
export function makeContactSheet(pictures: readonly Uint8Array[], size: number): Sheet {
  const columns = Math.min(across, pictures.length), rows = Math.ceil(pictures.length / columns);
  const data = new Uint8Array(3 * size * columns * size * rows).fill(255);
  for (const [n, picture] of pictures.entries()) {
    for (let row = 0; row < size; row++) {
      const line = Math.floor(n / columns) * size + row;
      data.set(picture.subarray(3 * size * row, 3 * size * (row + 1)), 3 * size * (line * columns + n % columns));
    }
  }
  return { width: size * columns, height: size * rows, data };
}
