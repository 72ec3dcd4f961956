// Dense layers, forward and backward, a panel or a block at a time: the units of work of `update.ts`.

import { scratch, zeros } from "./layout";
import { gradientPanel, linearPanel, reluPanel } from "./products";

/** A panel's share of a layer's forward pass: columns [16·panel, 16·panel + 16) of y, rows [row, row + rows). */
@inline
export function forward(
  relu: bool,
  x: usize,
  inputs: i32, // columns of x that count
  kernel: usize,
  kernelRows: i32, // inputs and padding
  columns: i32, // of the kernel, padding included
  y: usize,
  batchPanel: usize,
  panel: i32,
  row: i32,
  rows: i32,
): void {
  const offset = <usize>row << 6;
  const weights = kernel + (<usize>panel * <usize>kernelRows << 6);
  const bias = kernel + (<usize>columns * <usize>kernelRows << 2) + (<usize>panel << 6);
  const result = y + <usize>panel * batchPanel + offset;
  if (relu) reluPanel(x + offset, batchPanel, weights, bias, result, rows, inputs);
  else linearPanel(x + offset, batchPanel, weights, bias, result, rows, inputs);
}

/** A panel's share of dX = dY·Wᵀ, rows [row, row + rows); `transposed` is Wᵀ with `outputs` rows that count of `transposedRows`. */
@inline
export function backward(
  dy: usize,
  outputs: i32,
  transposed: usize,
  transposedRows: i32,
  dx: usize,
  batchPanel: usize,
  panel: i32,
  row: i32,
  rows: i32,
): void {
  const offset = <usize>row << 6;
  linearPanel(
    dy + offset,
    batchPanel,
    transposed + (<usize>panel * <usize>transposedRows << 6),
    zeros,
    dx + <usize>panel * batchPanel + offset,
    rows,
    outputs,
  );
}

/** Sets the elements of dx to zero where those of y, ReLU's result, are: `floats` of them, a multiple of 16. */
export function maskByRelu(dx: usize, y: usize, floats: i32): void {
  const zero = f32x4.splat(0);
  for (const end = dx + (<usize>floats << 2); dx < end; dx += 64, y += 64) {
    v128.store(dx, v128.and(v128.load(dx), f32x4.gt(v128.load(y), zero)));
    v128.store(dx, v128.and(v128.load(dx, 16), f32x4.gt(v128.load(y, 16), zero)), 16);
    v128.store(dx, v128.and(v128.load(dx, 32), f32x4.gt(v128.load(y, 32), zero)), 32);
    v128.store(dx, v128.and(v128.load(dx, 48), f32x4.gt(v128.load(y, 48), zero)), 48);
  }
}

/** One Adam step (Kingma and Ba, 2015; as PyTorch computes it), and the average that a target network takes of its critic. */
@unmanaged
export class Adam {
  /** Bytes from a parameter to its first moment, and from there to its second moment and on to its target. */
  distance: usize;
  /** Learning rate ÷ (1 − β₁ᵗ). */
  rate: f32;
  /** 1 ÷ √(1 − β₂ᵗ). */
  varianceScale: f32;
  /** Share of the target that is kept; negative where there is no target. */
  polyak: f32;
}

/** Applies `gradient` to the parameters at `at`: `floats` of them, a multiple of 16. Their targets, if any, follow them. */
export function applyAdam(adam: Adam, at: usize, gradient: usize, floats: i32): void {
  const distance = adam.distance;
  const keep1 = f32x4.splat(0.9), take1 = f32x4.splat(0.1), keep2 = f32x4.splat(0.999), take2 = f32x4.splat(0.001);
  const rate = f32x4.splat(adam.rate), scale = f32x4.splat(adam.varianceScale), epsilon = f32x4.splat(1e-8);
  for (const end = at + (<usize>floats << 2); at < end; at += 32, gradient += 32) {
    // Two vectors at a time, store beside store, so that V8 can join them.
    const g0 = v128.load(gradient), g1 = v128.load(gradient, 16);
    const m0 = f32x4.relaxed_madd(v128.load(at + distance), keep1, f32x4.mul(g0, take1));
    const m1 = f32x4.relaxed_madd(v128.load(at + distance, 16), keep1, f32x4.mul(g1, take1));
    const v0 = f32x4.relaxed_madd(v128.load(at + 2 * distance), keep2, f32x4.mul(f32x4.mul(g0, g0), take2));
    const v1 = f32x4.relaxed_madd(v128.load(at + 2 * distance, 16), keep2, f32x4.mul(f32x4.mul(g1, g1), take2));
    const step0 = f32x4.div(f32x4.mul(rate, m0), f32x4.add(f32x4.mul(f32x4.sqrt(v0), scale), epsilon));
    const step1 = f32x4.div(f32x4.mul(rate, m1), f32x4.add(f32x4.mul(f32x4.sqrt(v1), scale), epsilon));
    const parameter0 = f32x4.sub(v128.load(at), step0), parameter1 = f32x4.sub(v128.load(at, 16), step1);
    v128.store(at + distance, m0);
    v128.store(at + distance, m1, 16);
    v128.store(at + 2 * distance, v0);
    v128.store(at + 2 * distance, v1, 16);
    v128.store(at, parameter0);
    v128.store(at, parameter1, 16);
  }
  if (adam.polyak >= 0) averageTarget(adam, at - (<usize>floats << 2), floats);
}

/** target ← polyak·target + (1 − polyak)·parameter, for the parameters at `at`. */
function averageTarget(adam: Adam, at: usize, floats: i32): void {
  const keep = f32x4.splat(adam.polyak), take = f32x4.splat(1 - adam.polyak);
  let target = at + 3 * adam.distance;
  for (const end = at + (<usize>floats << 2); at < end; at += 32, target += 32) {
    const target0 = f32x4.relaxed_madd(v128.load(target), keep, f32x4.mul(v128.load(at), take));
    const target1 = f32x4.relaxed_madd(v128.load(target, 16), keep, f32x4.mul(v128.load(at, 16), take));
    v128.store(target, target0);
    v128.store(target, target1, 16);
  }
}

/** Gradient and Adam step of a block of a kernel: rows [row, row + rows), a multiple of four within a panel of x or whole panels. */
export function updateKernel(
  adam: Adam,
  x: usize,
  dy: usize, // the panel of dY that belongs to this panel of the kernel
  batchPanel: usize,
  batch: i32,
  kernelPanel: usize,
  row: i32,
  rows: i32,
): void {
  for (let first = row; first < row + rows; first += 16) {
    gradientPanel(
      x + <usize>(first >> 4) * batchPanel,
      0,
      dy,
      zeros,
      scratch + (<usize>(first - row) << 6),
      16,
      batch,
    );
  }
  applyAdam(adam, kernelPanel + (<usize>row << 6), scratch, rows << 4);
}

/**
 * Gradient and Adam step of a panel's sixteen biases: the column sums of dY. Also writes to `counts`, if it is given, how many of each
 * column's numbers are not zero.
 */
export function updateBias(adam: Adam, dy: usize, batch: i32, bias: usize, counts: usize = 0): void {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, n0 = zero, n1 = zero, n2 = zero, n3 = zero;
  for (const end = dy + (<usize>batch << 6); dy < end; dy += 64) {
    const y0 = v128.load(dy), y1 = v128.load(dy, 16), y2 = v128.load(dy, 32), y3 = v128.load(dy, 48);
    s0 = f32x4.add(s0, y0);
    s1 = f32x4.add(s1, y1);
    s2 = f32x4.add(s2, y2);
    s3 = f32x4.add(s3, y3);
    n0 = i32x4.sub(n0, f32x4.ne(y0, zero));
    n1 = i32x4.sub(n1, f32x4.ne(y1, zero));
    n2 = i32x4.sub(n2, f32x4.ne(y2, zero));
    n3 = i32x4.sub(n3, f32x4.ne(y3, zero));
  }
  if (counts) {
    v128.store(counts, n0);
    v128.store(counts, n1, 16);
    v128.store(counts, n2, 32);
    v128.store(counts, n3, 48);
  }
  v128.store(scratch, s0);
  v128.store(scratch, s1, 16);
  v128.store(scratch, s2, 32);
  v128.store(scratch, s3, 48);
  applyAdam(adam, bias, scratch, 16);
}

/**
 * Writes a panel of a kernel transposed: 16 columns of `from` [fromRows × 16·n] become 16 rows, [16·panel, 16·panel + 16), of `to`.
 * Rows of `from` from `rows` on are left out.
 */
export function transposePanel(from: usize, fromRows: i32, panel: i32, rows: i32, to: usize, toRows: i32): void {
  from += <usize>panel * <usize>fromRows << 6;
  to += <usize>panel << 10;
  for (let row: i32 = 0; row < rows; row += 4) {
    const source = from + (<usize>row << 6), target = to + (<usize>(row >> 4) * <usize>toRows << 6) + (<usize>(row & 15) << 2);
    for (let column: usize = 0; column < 16; column += 4) transposeFour(source + (column << 2), target + (column << 6));
  }
}

/** The way back: rows [row, row + 16) of `from` [fromRows × 16·panels] become the 16 columns of `to` [16·panels × 16]. */
export function transposeRows(from: usize, fromRows: i32, row: i32, panels: i32, to: usize): void {
  from += <usize>row << 6;
  for (let panel = 0; panel < panels; panel++, from += <usize>fromRows << 6, to += 1024) {
    for (let column: usize = 0; column < 16; column += 4) {
      for (let r: usize = 0; r < 16; r += 4) transposeFour(from + (r << 6) + (column << 2), to + (column << 6) + (r << 2));
    }
  }
}

/** Transposes four rows by four columns between matrices that are 16 columns wide. */
@inline
function transposeFour(from: usize, to: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from, 64), r2 = v128.load(from, 128), r3 = v128.load(from, 192);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 64);
  v128.store(to, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 128);
  v128.store(to, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 192);
}

/** Values of an output layer with one unit, in rows `order[0…rows − 1]`: x·w + bias, sixteen partial sums joined in a fixed order. */
export function valuesOf(x: usize, panels: i32, weights: usize, batchPanel: usize, order: usize, rows: i32, values: usize): void {
  const bias = load<f32>(weights + (<usize>panels << 6));
  for (const end = order + (<usize>rows << 2); order < end; order += 4) {
    const r = load<i32>(order);
    let at = x + (<usize>r << 6), w = weights;
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let panel = 0; panel < panels; panel++) {
      s0 = f32x4.relaxed_madd(v128.load(at), v128.load(w), s0);
      s1 = f32x4.relaxed_madd(v128.load(at, 16), v128.load(w, 16), s1);
      s2 = f32x4.relaxed_madd(v128.load(at, 32), v128.load(w, 32), s2);
      s3 = f32x4.relaxed_madd(v128.load(at, 48), v128.load(w, 48), s3);
      at += batchPanel;
      w += 64;
    }
    const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
    const pair = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    store<f32>(values + (<usize>r << 2), pair + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)) + bias);
  }
}
