// Products that leave out zeros. A hidden unit that ReLU switches off passes nothing on, and 0·w adds nothing to a sum, so the bits stay
// the same. (Only a zero's sign could differ, where products underflow: ReLU, and the sums that take it up, begin at +0 and drop it.)
//
// A register tile needs a step of the inner index if any of its rows is not zero there. So its rows of the left operand are packed into a
// list of such steps, 32 bytes each: the step's number in each of the tile's rows, up to six, then (24 bytes on) where the right operand's row
// begins. Before them stands where the tile's rows of the result begin, and where the list ends. The tile's rows may be any; `grouping.ts`
// chooses them. The list of the tile that begins at row r is number r / 4.

import { tileRows } from "./products";

/** Rows or columns that one unit of work packs: a multiple of twelve, where tiles of four and of six rows end. */
const PACK_CHUNK: i32 = 24;

/** Units of work that pack so many rows or columns. */
@inline
export function packChunks(rows: i32): i32 {
  return (rows + PACK_CHUNK - 1) / PACK_CHUNK;
}

/** The first row or column of a unit of work, and how many it packs: none if there are not so many. */
@inline
export function chunkStart(unit: i32): i32 {
  return unit * PACK_CHUNK;
}

@inline
export function chunkLength(unit: i32, rows: i32): i32 {
  return max(0, min(PACK_CHUNK, rows - unit * PACK_CHUNK));
}

/** For timing: the steps of all lists that this thread has packed, each as often as its tile has rows; and how many there were to choose from. */
let neededSteps: f64 = 0;
let allSteps: f64 = 0;

export function takenSteps(all: bool): f64 {
  return all ? allSteps : neededSteps;
}

/** Begins a list: `height` rows of the result, by their numbers. */
@inline
function beginList(list: usize, numbers: usize, first: i32, height: i32): void {
  for (let i = 0; i < height; i++) {
    store<i32>(list + (<usize>i << 2), (numbers ? load<i32>(numbers + (<usize>(first + i) << 2)) : first + i) << 6);
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
  listBytes: usize,
): void {
  const zero = f32x4.splat(0), end = first + rows;
  let height = 0;
  for (let row = first; row < end; row += height) {
    height = tileRows(end - row);
    const list = lists + <usize>(row >> 2) * listBytes;
    beginList(list, order, row, height);
    let a0 = x + load<u32>(list), a1 = x + load<u32>(list, 4), a2 = x + load<u32>(list, 8), a3 = x + load<u32>(list, 12);
    let a4 = x + load<u32>(list, 16), a5 = x + load<u32>(list, 20);
    let entry = list + 32, low = i64x2(0, 64), high = i64x2(128, 192); // where four rows of the right operand begin
    for (let panel = 0; panel < panels; panel++) {
      for (let lane: usize = 0; lane < 64; lane += 16) {
        const r0 = v128.load(a0 + lane), r1 = v128.load(a1 + lane), r2 = v128.load(a2 + lane), r3 = v128.load(a3 + lane);
        let r4 = zero, r5 = zero;
        if (height == 6) {
          r4 = v128.load(a4 + lane);
          r5 = v128.load(a5 + lane);
        }
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
  listBytes: usize,
): void {
  const end = first + columns;
  let height = 0;
  for (let column = first; column < end; column += height) {
    height = tileRows(end - column);
    const list = lists + <usize>(column >> 2) * listBytes, at = order + (<usize>column << 2), last = height - 1;
    beginList(list, order, column, height);
    const a0 = columnOf(x, panelBytes, at, 0), a1 = columnOf(x, panelBytes, at, 1), a2 = columnOf(x, panelBytes, at, 2);
    const a3 = columnOf(x, panelBytes, at, 3), a4 = columnOf(x, panelBytes, at, min(4, last)), a5 = columnOf(x, panelBytes, at, last);
    let entry = list + 32;
    for (let offset = 0; offset < rows << 6; offset += 64) {
      const x0 = load<u32>(a0 + offset), x1 = load<u32>(a1 + offset), x2 = load<u32>(a2 + offset);
      const x3 = load<u32>(a3 + offset), x4 = load<u32>(a4 + offset), x5 = load<u32>(a5 + offset);
      store<u32>(entry, x0);
      store<u32>(entry, x1, 4);
      store<u32>(entry, x2, 8);
      store<u32>(entry, x3, 12);
      store<u32>(entry, x4, 16);
      store<u32>(entry, x5, 20);
      store<i32>(entry, offset, 24);
      entry += <usize>(((x0 | x1 | x2 | x3 | x4 | x5) << 1) != 0) << 5; // without the sign
    }
    endList(list, entry, height, rows);
  }
}

/** Where the column begins that is number `i` from `order` on. */
@inline
function columnOf(x: usize, panelBytes: usize, order: usize, i: i32): usize {
  const column = load<i32>(order + (<usize>i << 2));
  return x + <usize>(column >> 4) * panelBytes + (<usize>(column & 15) << 2);
}
