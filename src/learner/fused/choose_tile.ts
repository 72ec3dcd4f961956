/**
 * Finds the register tile that is fastest here and now and computes rightly. Which is fastest depends on the processor and on V8's
 * flags; the results do not: a machine with fused multiply-adds gives the same bits with every tile.
 */

import { RunError } from "../../errors.ts";
import { compileKernels, instantiateKernels, makeMemory, reserveMemory } from "./kernels.ts";
import { tileShapes } from "./product_source.ts";
import { v8Flags } from "./v8_flags.ts";

/** A register tile and what it reached. */
export interface Tile {
  /** What the kernels' `setTile` takes. */
  readonly number: number;
  /** Rows × columns. */
  readonly shape: string;
  /** Billions of floating-point operations a second in products of 256 × 256 matrices on one core. */
  readonly gigaflops: number;
}

/** The choice, and what is to be said of it. */
export interface TileChoice extends Tile {
  /** Whether this machine gives the bits that every machine with fused multiply-adds gives. */
  readonly reproducible: boolean;
  /** What is not as it could be, and how to mend it. */
  readonly hint?: string;
}

/** Times every tile for some milliseconds, in turns. */
export async function timeTiles(rounds = 6): Promise<Tile[]> {
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

let chosen: Promise<TileChoice> | undefined;

/**
 * The fastest tile that passes `check`; timed and checked once per process.
 *
 * @param check whether a tile gives the bits of {@link TileChoice.reproducible}
 * @throws {RunError} if no tile does although this machine has fused multiply-adds
 */
export function chooseTile(check: (tile: number) => Promise<boolean>): Promise<TileChoice> {
  return chosen ??= timeTiles().then((tiles) => decideTile(tiles, check));
}

/** The choice among timed tiles; see {@link chooseTile}. */
export async function decideTile(timed: Tile[], check: (tile: number) => Promise<boolean>): Promise<TileChoice> {
  const tiles = timed.toSorted((a, b) => b.gigaflops - a.gigaflops);
  const wrong: string[] = [];
  for (const tile of tiles) {
    if (!await check(tile.number)) {
      wrong.push(tile.shape);
      continue;
    }
    const hints: string[] = [];
    if (wrong.length > 0) {
      hints.push(`The kernels with tile ${wrong.join(" and ")} compute wrongly here and are not used`);
    }
    if (Deno.build.arch === "x86_64" && tile.shape === "6x8") {
      hints.push(`The fused engine runs at half its speed or less: start with deno run ${v8Flags}, as the tasks do`);
    }
    return { ...tile, reproducible: true, ...(hints.length > 0 && { hint: hints.join("; ") }) };
  }
  if (await hasFusedMultiplyAdd()) {
    throw new RunError(
      "The kernels compute wrongly on this machine with these V8 flags: start Deno without --v8-flags, or use --engine tfjs",
    );
  }
  return {
    ...tiles[0]!,
    reproducible: false,
    hint: "This processor has no fused multiply-add: results will differ in their last bits from other machines'",
  };
}

/** Whether the kernels' multiply-add rounds once: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 if the product is rounded first. */
async function hasFusedMultiplyAdd(): Promise<boolean> {
  const kernels = instantiateKernels(await compileKernels(), makeMemory());
  return kernels.multiplyAdd(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) !== 0;
}
