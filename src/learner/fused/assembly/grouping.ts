// Which rows of a matrix, or which columns, share a register tile in the products of `sparse.ts`: the more zeros they have in common, the
// fewer steps. Any grouping gives the same bits.

import { batchSize, scratch } from "./layout";
import { tileRows } from "./products";

/** Rows that a tile's first row is compared with, so that the time grows with the batch and not with its square. */
const WINDOW: i32 = 256;

/** Bytes of a row's mask, a bit for each column that is not zero. */
@inline
function maskBytes(panels: i32): usize {
  return <usize>((panels + 3) >> 2) << 3;
}

/** Bytes of scratch that `groupRows` needs: the places of a tile's nearest rows with their distances, then a mask for each row. */
export function groupingBytes(rows: i32, panels: i32): usize {
  return 64 + <usize>rows * maskBytes(panels);
}

/** Writes the masks of `rows` rows of x. */
function maskRows(x: usize, panelBytes: usize, rows: i32, panels: i32, masks: usize): void {
  const bytes = maskBytes(panels), zero = f32x4.splat(0);
  memory.fill(masks, 0, <usize>rows * bytes);
  for (let panel = 0; panel < panels; panel++, x += panelBytes) {
    let at = x, mask = masks + (<usize>panel << 1);
    for (let row = 0; row < rows; row++, at += 64, mask += bytes) {
      const low = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(at), zero), f32x4.ne(v128.load(at, 16), zero));
      const high = i16x8.narrow_i32x4_s(f32x4.ne(v128.load(at, 32), zero), f32x4.ne(v128.load(at, 48), zero));
      store<u16>(mask, <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
    }
  }
}

/** Columns in which one row is zero and the other is not. */
@inline
function distanceOf(mask: usize, other: usize, bytes: usize): i32 {
  let distance: i64 = 0;
  for (let word: usize = 0; word < bytes; word += 8) distance += popcnt<i64>(load<i64>(mask + word) ^ load<i64>(other + word));
  return <i32>distance;
}

/**
 * Orders rows [start, end) of x in these places of `order` (an i32 for each row), tile by tile: the first row that is left, and of the
 * next ones those that are nearest to it, by the number of columns in which one is zero and the other is not.
 */
export function groupRows(x: usize, panelBytes: usize, start: i32, end: i32, panels: i32, order: usize): void {
  const bytes = maskBytes(panels), nearest = scratch, masks = scratch + 64 - <usize>start * bytes; // row 0's
  maskRows(x + (<usize>start << 6), panelBytes, end - start, panels, scratch + 64);
  for (let row = start; row < end; row++) store<i32>(order + (<usize>row << 2), row);
  let height = 0;
  for (let first = start; first < end; first += height) {
    height = tileRows(end - first);
    const seed = masks + <usize>load<i32>(order + (<usize>first << 2)) * bytes, last = min(end, first + 1 + WINDOW);
    let found = 0, limit: i32 = i32.MAX_VALUE; // a row has to be nearer than that
    for (let place = first + 1; place < last; place++) {
      const distance = distanceOf(masks + <usize>load<i32>(order + (<usize>place << 2)) * bytes, seed, bytes);
      if (distance >= limit) continue;
      if (found < height - 1) found++;
      insertNearest(nearest, found, distance, place);
      if (found == height - 1) limit = load<i32>(nearest + (<usize>(found - 1) << 3));
    }
    for (let i = 0; i < found; i++) takeNearest(nearest, i, found, order, first + 1 + i);
  }
}

/** Puts a place into the ascending list of `found` (distance, place), of which the last is free or falls out. */
function insertNearest(nearest: usize, found: i32, distance: i32, place: i32): void {
  let at = nearest + (<usize>(found - 1) << 3);
  for (; at > nearest && load<i32>(at - 8) > distance; at -= 8) store<i64>(at, load<i64>(at - 8));
  store<i32>(at, distance);
  store<i32>(at, place, 4);
}

/** Exchanges the row at the place of nearest number `i` with the one at place `to`, and follows what was there. */
function takeNearest(nearest: usize, i: i32, found: i32, order: usize, to: i32): void {
  const place = load<i32>(nearest + (<usize>i << 3), 4), a = order + (<usize>place << 2), b = order + (<usize>to << 2);
  const row = load<i32>(a);
  store<i32>(a, load<i32>(b));
  store<i32>(b, row);
  for (let later = nearest + (<usize>(i + 1) << 3); later < nearest + (<usize>found << 3); later += 8) {
    if (load<i32>(later, 4) == to) store<i32>(later, place, 4);
  }
}

/** Orders columns [start, end) in these places of `order` (an i32 for each column) by how many of their numbers are not zero: `counts`, i32. */
export function orderColumns(counts: usize, start: i32, end: i32, order: usize): void {
  // Counting sort; scratch holds, one word further, the columns of each count, and then where the next of them goes.
  memory.fill(scratch, 0, <usize>(batchSize + 2) << 2);
  const first = counts + (<usize>start << 2), last = counts + (<usize>end << 2);
  for (let count = first; count < last; count += 4) {
    const place = scratch + (<usize>load<i32>(count) << 2);
    store<i32>(place, load<i32>(place, 4) + 1, 4);
  }
  for (let at = scratch; at < scratch + (<usize>batchSize << 2); at += 4) store<i32>(at, load<i32>(at) + load<i32>(at, 4), 4);
  for (let column = start; column < end; column++) {
    const place = scratch + (<usize>load<i32>(counts + (<usize>column << 2)) << 2), at = load<i32>(place);
    store<i32>(place, at + 1);
    store<i32>(order + (<usize>(start + at) << 2), column);
  }
}
