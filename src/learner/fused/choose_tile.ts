/** Finds the register tile that is fastest here and now: it depends on the processor and on V8's flags; the results do not. */

import { compileKernels, instantiateKernels, makeMemory, reserveMemory } from "./kernels.ts";
import { tileShapes } from "./product_source.ts";

/** A register tile and what it reached. */
export interface Tile {
  /** What the kernels' `setTile` takes. */
  readonly number: number;
  /** Rows × columns. */
  readonly shape: string;
  /** Billions of floating-point operations a second in a 256 × 256 × 256 product on one core. */
  readonly gigaflops: number;
}

let chosen: Promise<Tile[]> | undefined;

/** The fastest tile, timed once per process. */
export async function chooseTile(): Promise<Tile> {
  chosen ??= timeTiles();
  return (await chosen).reduce((best, tile) => tile.gigaflops > best.gigaflops ? tile : best);
}

/** Times every tile for some milliseconds, in turns. */
export async function timeTiles(rounds = 8): Promise<Tile[]> {
  const memory = makeMemory(), kernels = instantiateKernels(await compileKernels(), memory);
  const size = 256, bytes = size * size * 4, start = kernels.configure(1, 1, 1, 0, 0) + 1024;
  reserveMemory(memory, start + 4 * bytes);
  const milliseconds = tileShapes.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    tileShapes.forEach((_, tile) => {
      kernels.setTile(tile);
      const before = performance.now();
      kernels.product(0, start, start + bytes, start + 3 * bytes, start + 2 * bytes, size, size / 16);
      milliseconds[tile] = Math.min(milliseconds[tile]!, performance.now() - before);
    });
  }
  return tileShapes.map((shape, number) => ({ number, shape, gigaflops: 2 * size ** 3 / milliseconds[number]! / 1e6 }));
}
