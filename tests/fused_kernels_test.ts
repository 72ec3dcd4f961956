/** The kernels by themselves: elementary functions, products, the committed build. */

import assert from "node:assert/strict";
import { buildKernels } from "../src/learner/fused/build.ts";
import {
  compileKernels,
  instantiateKernels,
  kernelsUrl,
  makeMemory,
  reserveMemory,
} from "../src/learner/fused/kernels.ts";
import { tileShapes } from "../src/learner/fused/product_source.ts";
import { RandomStream } from "../src/random.ts";

const module = await compileKernels();

/** Distance in units of the last place of float32 between a result and its exact value. */
function unitsInTheLastPlace(result: number, exact: number): number {
  const magnitude = Math.max(Math.abs(exact), 2 ** -126);
  const unit = 2 ** (Math.floor(Math.log2(magnitude)) - 23);
  return Math.abs(result - exact) / unit;
}

Deno.test("the committed kernels are what their sources give", async () => {
  assert.deepEqual(await buildKernels(), await Deno.readFile(kernelsUrl));
});

const kernels = instantiateKernels(module, makeMemory());
const functions: [string, (x: number) => number, (x: number) => number, [number, number][]][] = [
  ["exp", kernels.exp32, Math.exp, [[-87, 88], [-1, 1], [-1e-4, 1e-4]]],
  ["tanh", kernels.tanh32, Math.tanh, [[-30, 30], [-1, 1], [-0.11, -0.09], [-1e-4, 1e-4]]],
  ["log", kernels.log32, Math.log, [[1e-37, 1e-30], [0.9, 1.1], [1e-6, 1], [1, 1e30]]],
];
for (const [name, ours, exact, ranges] of functions) {
  Deno.test(`${name} is within one unit in the last place of float32`, () => {
    const random = new RandomStream(1, name);
    for (const [low, high] of ranges) {
      for (let i = 0; i < 20_000; i++) {
        const x = Math.fround(random.uniform(low, high));
        const error = unitsInTheLastPlace(ours(x), exact(x));
        assert.ok(error <= 1, `${name}(${x}) is ${ours(x)}, off by ${error} units`);
      }
    }
  });
}

Deno.test("exp, tanh and log at their ends", () => {
  assert.equal(kernels.exp32(0), 1);
  assert.equal(kernels.tanh32(0), 0);
  assert.equal(kernels.tanh32(100), 1);
  assert.equal(kernels.tanh32(-100), -1);
  assert.equal(kernels.log32(1), 0);
});

/** Reads element (row, column) of a matrix of `rows` rows in panels of 16 columns. */
const at = (matrix: Float32Array, rows: number, row: number, column: number) =>
  matrix[((column >> 4) * rows + row) * 16 + (column & 15)]!;

/** Random operands of the three products, `rows` × 16·`panels`, and what the kernels make of them. */
function products(form: number, tile: number, rows: number, panels: number) {
  const memory = makeMemory(), instance = instantiateKernels(module, memory), width = 16 * panels;
  const start = instance.configure(1, 1, 1, 0, 0) + 1024, bytes = 4 * width * Math.max(rows, width);
  reserveMemory(memory, start + 4 * bytes);
  const matrix = (index: number, length: number) => new Float32Array(memory.buffer, start + index * bytes, length);
  const random = new RandomStream(2, "products", rows * 100 + panels);
  const [a, b] = [matrix(0, rows * width), matrix(1, (form === 2 ? rows : width) * width)];
  const bias = matrix(2, width), c = matrix(3, form === 2 ? width * width : rows * width);
  for (const data of [a, b, bias]) random.fillNormal(data);
  instance.setTile(tile);
  instance.product(form, a.byteOffset, b.byteOffset, bias.byteOffset, c.byteOffset, rows, panels);
  return { a, b, bias, c, width };
}

for (const [form, name] of ["x·W + bias", "max(x·W + bias, 0)", "xᵀ·dy"].entries()) {
  Deno.test(`the product ${name} agrees with plain arithmetic, and all tiles to the bit`, () => {
    for (const [rows, panels] of [[4, 1], [8, 2], [12, 1], [16, 3], [20, 2], [28, 1]] as const) {
      const first = products(form, 0, rows, panels);
      const { a, b, bias, c, width } = first;
      const height = form === 2 ? width : rows, inner = form === 2 ? rows : width;
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          let sum = form === 2 ? 0 : bias[column]!;
          for (let k = 0; k < inner; k++) {
            sum += form === 2
              ? at(a, rows, k, row) * at(b, rows, k, column)
              : at(a, rows, row, k) * at(b, width, k, column);
          }
          if (form === 1) sum = Math.max(sum, 0);
          const found = at(c, height, row, column);
          assert.ok(
            Math.abs(found - sum) < 1e-5 * (1 + inner),
            `${rows}, ${panels}: (${row}, ${column}) is ${found}, expected ${sum}`,
          );
        }
      }
      for (let tile = 1; tile < tileShapes.length; tile++) {
        assert.deepEqual(products(form, tile, rows, panels).c, c, `tile ${tileShapes[tile]}`);
      }
    }
  });
}
