// Products that leave out zeros. A hidden unit that ReLU switches off passes nothing on, and 0·w adds nothing to a sum, so the bits stay
// the same. (Only a zero's sign could differ, where products underflow: ReLU, and the sums that take it up, begin at +0 and drop it.)
//
// A register tile needs a step of the inner index if any of its rows is not zero there. So its rows of the left operand are packed into a
// list of such steps, 32 bytes each: the step's number in each of the tile's rows, up to six, then (24 bytes on) where the right operand's row
// begins. Before them stands where the tile's rows of the result begin, and where the list ends. The tile's rows may be any; `grouping.ts`
// chooses them. A unit of work packs a few tiles and multiplies them with all panels; its lists stay in the core's cache meanwhile.

import { tileRows } from "./products";

/** Rows of the result in a unit of work, at most: a multiple of twelve, where tiles of four and of six rows end. */
const MOST_UNIT_ROWS: i32 = 24;

let rowsOfUnit: i32 = MOST_UNIT_ROWS;

/** More rows read the right operand less often; fewer are easier to share among threads. */
export function setUnits(threads: i32): void {
  rowsOfUnit = threads == 1 ? MOST_UNIT_ROWS : 12;
}

/** Units of work for so many rows of the result. */
@inline
export function sparseUnits(rows: i32): i32 {
  return (rows + rowsOfUnit - 1) / rowsOfUnit;
}

/** The first row of a unit. */
@inline
export function unitStart(unit: i32): i32 {
  return unit * rowsOfUnit;
}

/** The rows of a unit: none if there are not so many. */
@inline
export function unitRows(unit: i32, rows: i32): i32 {
  return max(0, min(rowsOfUnit, rows - unit * rowsOfUnit));
}

/** Bytes of scratch that the lists of a unit take, with so many steps to choose from. */
export function listsBytes(steps: i32): usize {
  return listBytes(steps) * <usize>(MOST_UNIT_ROWS / 4);
}

/** Bytes from a list to that of a tile four rows further. */
@inline
export function listBytes(steps: i32): usize {
  return <usize>(steps + 2) << 5;
}

/** For timing: the steps of all lists that this thread has packed, each as often as its tile has rows; and how many there were to choose from. */
let neededSteps: f64 = 0;
let allSteps: f64 = 0;

export function takenSteps(all: bool): f64 {
  return all ? allSteps : neededSteps;
}

/** Begins a list: rows [first, first + height) of the result, or those of `order`; where six fit, the last one stands for more. */
@inline
function beginList(list: usize, order: usize, first: i32, height: i32): void {
  for (let i = 0; i < 6; i++) {
    const place = first + min(i, height - 1);
    store<i32>(list + (<usize>i << 2), (order ? load<i32>(order + (<usize>place << 2)) : place) << 6);
  }
}

@inline
function endList(list: usize, end: usize, height: i32, steps: i32): void {
  store<u32>(list, <u32>(end - list), 24);
  neededSteps += <f64>(height * (<i32>(end - list - 32) >> 5));
  allSteps += <f64>(height * steps);
}

/** Packs rows [first, first + rows) of x, or of those that `order` numbers, as the left operand of x·W. */
export function packRows(
  x: usize,
  panelBytes: usize,
  order: usize, // i32 for each row, or 0
  first: i32,
  rows: i32,
  panels: i32,
  lists: usize,
): void {
  const zero = f32x4.splat(0), end = first + rows, bytes = listBytes(panels << 4);
  let height = 0;
  for (let row = first; row < end; row += height) {
    height = tileRows(end - row);
    const list = lists + <usize>((row - first) >> 2) * bytes;
    beginList(list, order, row, height);
    let a0 = x + load<u32>(list), a1 = x + load<u32>(list, 4), a2 = x + load<u32>(list, 8), a3 = x + load<u32>(list, 12);
    let a4 = x + load<u32>(list, 16), a5 = x + load<u32>(list, 20);
    let entry = list + 32, low = i64x2(0, 64), high = i64x2(128, 192); // where four rows of the right operand begin
    for (let panel = 0; panel < panels; panel++) {
      for (let lane: usize = 0; lane < 64; lane += 16) {
        const r0 = v128.load(a0 + lane), r1 = v128.load(a1 + lane), r2 = v128.load(a2 + lane);
        const r3 = v128.load(a3 + lane), r4 = v128.load(a4 + lane), r5 = v128.load(a5 + lane);
        const any = v128.or(v128.or(v128.or(r0, r1), v128.or(r2, r3)), v128.or(r4, r5));
        const active = i32x4.bitmask(f32x4.ne(any, zero));
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        const low45 = v128.shuffle<f32>(r4, r5, 0, 4, 1, 5), high45 = v128.shuffle<f32>(r4, r5, 2, 6, 3, 7);
        // Each step is written; one that is not needed is written over by the next.
        v128.store(entry, v128.shuffle<f64>(low01, low23, 0, 2));
        v128.store(entry, v128.shuffle<f64>(low45, low, 0, 2), 16);
        entry += <usize>(active & 1) << 5;
        v128.store(entry, v128.shuffle<f64>(low01, low23, 1, 3));
        v128.store(entry, v128.shuffle<f64>(low45, low, 1, 3), 16);
        entry += <usize>(active & 2) << 4;
        v128.store(entry, v128.shuffle<f64>(high01, high23, 0, 2));
        v128.store(entry, v128.shuffle<f64>(high45, high, 0, 2), 16);
        entry += <usize>(active & 4) << 3;
        v128.store(entry, v128.shuffle<f64>(high01, high23, 1, 3));
        v128.store(entry, v128.shuffle<f64>(high45, high, 1, 3), 16);
        entry += <usize>(active & 8) << 2;
        low = i64x2.add(low, i64x2.splat(256));
        high = i64x2.add(high, i64x2.splat(256));
      }
      a0 += panelBytes;
      a1 += panelBytes;
      a2 += panelBytes;
      a3 += panelBytes;
      a4 += panelBytes;
      a5 += panelBytes;
    }
    endList(list, entry, height, panels << 4);
  }
}

/** Packs columns [first, first + columns) of those that `order` numbers, of x, as the left operand of xᵀ·y. */
export function packColumns(
  x: usize,
  panelBytes: usize,
  rows: i32,
  order: usize, // i32 for each column
  first: i32,
  columns: i32,
  lists: usize,
): void {
  const zero = f32x4.splat(0), end = first + columns, bytes = listBytes(rows);
  let height = 0;
  for (let column = first; column < end; column += height) {
    height = tileRows(end - column);
    const list = lists + <usize>((column - first) >> 2) * bytes;
    beginList(list, order, column, height);
    const a0 = columnOf(x, panelBytes, list), a1 = columnOf(x, panelBytes, list + 4), a2 = columnOf(x, panelBytes, list + 8);
    const a3 = columnOf(x, panelBytes, list + 12), a4 = columnOf(x, panelBytes, list + 16), a5 = columnOf(x, panelBytes, list + 20);
    let entry = list + 32, offsets = i64x2.splat(0);
    for (let offset: usize = 0; offset < <usize>rows << 6; offset += 64) {
      const low = v128.shuffle<f32>(v128.load32_zero(a0 + offset), v128.load32_zero(a1 + offset), 0, 4, 1, 5);
      const high = v128.shuffle<f32>(v128.load32_zero(a2 + offset), v128.load32_zero(a3 + offset), 0, 4, 1, 5);
      const last = v128.shuffle<f32>(v128.load32_zero(a4 + offset), v128.load32_zero(a5 + offset), 0, 4, 1, 5);
      const four = v128.shuffle<f64>(low, high, 0, 2);
      v128.store(entry, four);
      v128.store(entry, v128.shuffle<f64>(last, offsets, 0, 2), 16);
      entry += <usize>v128.any_true(f32x4.ne(v128.or(four, last), zero)) << 5;
      offsets = i64x2.add(offsets, i64x2.splat(64));
    }
    endList(list, entry, height, rows);
  }
}

/** Where the column of x begins that gives this row of the result. */
@inline
function columnOf(x: usize, panelBytes: usize, row: usize): usize {
  const column = load<i32>(row) >> 6;
  return x + <usize>(column >> 4) * panelBytes + (<usize>(column & 15) << 2);
}
