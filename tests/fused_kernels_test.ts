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

/** Square matrices, the first of which is zero here and there and in whole rows and columns, and the products of both, dense and sparse. */
function sparseProducts(form: number, tile: number, panels: number) {
  const memory = makeMemory(), instance = instantiateKernels(module, memory), size = 16 * panels;
  const start = instance.configure(1, 1, 1, 0, 0) + 1024, bytes = 4 * size * size;
  reserveMemory(memory, start + 8 * bytes + (size / 4) * (size + 2) * 32);
  const matrix = (index: number, length = size * size) =>
    new Float32Array(memory.buffer, start + index * bytes, length);
  const random = new RandomStream(3, "sparse products", panels);
  const [a, b, mask, dense, sparse] = [matrix(0), matrix(1), matrix(2), matrix(3), matrix(4)], vector = matrix(5, size);
  for (const data of [a, b, mask, vector]) random.fillNormal(data);
  const emptyRows = Array.from({ length: size }, () => random.uniform(0, 1) < 0.3);
  const emptyColumns = Array.from({ length: size }, () => random.uniform(0, 1) < 0.3);
  for (let i = 0; i < a.length; i++) {
    const row = (i >> 4) % size, column = Math.floor(i / 16 / size) * 16 + (i & 15);
    if (emptyRows[row] || emptyColumns[column] || random.uniform(0, 1) < 0.6) {
      a[i] = random.uniform(0, 1) < 0.5 ? 0 : -0;
    }
  }
  const order = new Int32Array(memory.buffer, start + 6 * bytes, size);
  order.forEach((_, i) => order[i] = i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random.uniform(0, i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const bias = form === 1 ? vector : matrix(7, size);
  if (form !== 1) bias.fill(0);
  instance.setTile(tile);
  instance.product([2, 1, 0][form]!, a.byteOffset, b.byteOffset, bias.byteOffset, dense.byteOffset, size, panels);
  const [first, second, other, result] = [a, b, form === 1 ? bias : mask, sparse].map((data) => data.byteOffset);
  instance.sparseProduct(form, first!, second!, other!, result!, order.byteOffset, start + 8 * bytes, panels);
  const expected = form === 2 ? dense.map((value, i) => mask[i]! > 0 ? value : 0) : dense;
  return { expected: new Uint32Array(expected.slice().buffer), found: new Uint32Array(sparse.slice().buffer) };
}

for (const [form, name] of ["xᵀ·dy", "max(x·W + bias, 0)", "dy·Wᵀ where x is positive"].entries()) {
  Deno.test(`leaving zeros out of ${name} changes no bit, in any order of rows`, () => {
    for (let tile = 0; tile < tileShapes.length; tile++) {
      for (const panels of [1, 2, 3, 5]) {
        const { expected, found } = sparseProducts(form, tile, panels);
        assert.deepEqual(found, expected, `tile ${tileShapes[tile]}, ${panels} panels`);
      }
    }
  });
}

/** Kernels with the scratch of a learner of this width and batch, and room behind everything else. */
function kernelsWithScratch(hidden: number, batch: number, tile: number) {
  const memory = makeMemory(), instance = instantiateKernels(module, memory);
  const base = instance.configure(1, 1, hidden, batch, 1), room = base + instance.threadBytes(1);
  reserveMemory(memory, room + 8 * batch * hidden + 4 * (batch + hidden));
  instance.setThread(0, 1, base);
  instance.setTile(tile);
  return { instance, memory, room };
}

Deno.test("rows with the same zeros come into one tile", () => {
  const rows = 36, columns = 32, kinds = 6; // six of each kind: a tile
  const { instance, memory, room } = kernelsWithScratch(columns, rows, tileShapes.indexOf("6x16"));
  const x = new Float32Array(memory.buffer, room, rows * columns);
  const order = new Int32Array(memory.buffer, room + x.byteLength, rows);
  const kindOf = (row: number) => row * 5 % kinds;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      x[((column >> 4) * rows + row) * 16 + (column & 15)] = column % kinds === kindOf(row) ? row + 1 : 0;
    }
  }
  instance.groupRows(x.byteOffset, rows * 64, 0, rows, columns / 16, order.byteOffset);
  assert.deepEqual([...order].toSorted((a, b) => a - b), [...order.keys()], "every row once");
  for (let row = 0; row < rows; row += 6) {
    assert.equal(new Set([...order.slice(row, row + 6)].map(kindOf)).size, 1, `tile from ${row}: ${order}`);
  }
});

Deno.test("rows are grouped whatever their number, each once", () => {
  for (const rows of [4, 8, 12, 16, 20, 300, 520]) {
    for (let tile = 0; tile < tileShapes.length; tile++) {
      const { instance, memory, room } = kernelsWithScratch(48, rows, tile), random = new RandomStream(4, "rows", rows);
      const x = new Float32Array(memory.buffer, room, rows * 48);
      const order = new Int32Array(memory.buffer, room + x.byteLength, rows);
      x.forEach((_, i) => x[i] = Math.max(0, random.uniform(-1, 1)));
      for (const [start, end] of [[0, rows], [Math.min(12, rows - 4), rows]] as const) {
        order.fill(-1);
        instance.groupRows(x.byteOffset, rows * 64, start, end, 3, order.byteOffset);
        assert.deepEqual([...order.subarray(start)].toSorted((a, b) => a - b), [...order.keys()].slice(start));
        assert.ok(order.subarray(0, start).every((row) => row === -1));
      }
    }
  }
});

Deno.test("columns are ordered by how many of their numbers are not zero", () => {
  const { instance, memory, room } = kernelsWithScratch(32, 20, 0), random = new RandomStream(5, "columns");
  const counts = new Int32Array(memory.buffer, room, 32), order = new Int32Array(memory.buffer, room + 128, 32);
  counts.forEach((_, i) => counts[i] = Math.floor(random.uniform(0, 21)));
  instance.orderColumns(counts.byteOffset, 0, 32, order.byteOffset);
  assert.deepEqual([...order], [...counts.keys()].toSorted((a, b) => counts[a]! - counts[b]!)); // both are stable
  instance.orderColumns(counts.byteOffset, 12, 32, order.byteOffset);
  const rest = [...counts.keys()].slice(12).toSorted((a, b) => counts[a]! - counts[b]!);
  assert.deepEqual([...order.subarray(12)], rest);
});
