/** The speed of the matrix product on one core, for each register tile, beside what the processor's multiply-add can reach. */

import { compileKernels, instantiateKernels, makeMemory, reserveMemory } from "../src/learner/fused/kernels.ts";
import { tileShapes } from "../src/learner/fused/product_source.ts";
import type { Contender } from "./measure.ts";

const size = 256, productOperations = 2 * size ** 3, repetitions = 4;
const peakOperations = 160, peakRounds = 200_000; // operations a round: see `multiplyAddPeak` in assembly/index.ts

/** A contender that counts in units of 10⁶ floating-point operations: 1 ÷ its milliseconds is its GFLOPS. */
export interface ProductContender extends Contender {
  readonly kind: "peak" | "product";
}

/** Contenders: the peak first, then a product of 256 × 256 matrices with every tile. */
export async function productContenders(): Promise<ProductContender[]> {
  const memory = makeMemory(), kernels = instantiateKernels(await compileKernels(), memory);
  const bytes = size * size * 4, start = kernels.configure(1, 1, 1, 0, 0) + 1024;
  reserveMemory(memory, start + 4 * bytes);
  const a = start, b = start + bytes, c = start + 2 * bytes, bias = start + 3 * bytes;
  new Float32Array(memory.buffer, start, size * size * 2).fill(1e-3); // a and b
  return [
    {
      kind: "peak",
      name: "multiply-add peak",
      units: peakOperations * peakRounds / 1e6,
      run() {
        new Float32Array(memory.buffer, c, 8).fill(1e-6); // the multipliers: sums grow slowly and stay normal numbers
        kernels.multiplyAddPeak(peakRounds, c);
      },
    },
    ...tileShapes.map((shape, tile) => ({
      kind: "product" as const,
      name: shape,
      units: repetitions * productOperations / 1e6,
      run() {
        kernels.setTile(tile);
        for (let i = 0; i < repetitions; i++) kernels.product(0, a, b, bias, c, size, size / 16);
      },
    })),
  ];
}
