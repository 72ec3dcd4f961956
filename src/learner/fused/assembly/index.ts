// What the kernels export. See `layout.ts` for memory, `update.ts` for the SAC update, `policy.ts` for acting.

import * as layout from "./layout";
import { exp, log, tanh } from "./numbers";
import { gradientPanel, linearPanel, reluPanel, sparseMaskedPanel, sparsePanel, sparseReluPanel } from "./products";
import { closeUpdate, enterUpdate, leaveUpdate, openUpdate } from "./schedule";
import { listBytes, packColumns, packRows } from "./sparse";
import { runPart, runUpdate } from "./update";

export { groupRows, orderColumns } from "./grouping";
export { configure, critic, setThread, threadBytes } from "./layout";
export { takenSteps } from "./sparse";
export { act, actionAddress, noiseAddress, observationAddress } from "./policy";
export { setTile } from "./products";
export { refresh } from "./update";

// Addresses and sizes that the main thread needs.
export function actorAddress(): usize { return layout.actor; }
export function actorBytes(): usize { return layout.actorBytes; }
export function criticBytes(): usize { return layout.criticBytes; }
export function temperatureAddress(): usize { return layout.temperature; }
export function constantsAddress(): usize { return layout.constants; }
export function ordersAddress(): usize { return layout.orders; }
export function resultsAddress(): usize { return layout.results; }
export function inputObservationsAddress(): usize { return layout.inputObservations; }
export function inputActionsAddress(): usize { return layout.inputActions; }
export function inputRewardsAddress(): usize { return layout.inputRewards; }
export function inputNextObservationsAddress(): usize { return layout.inputNextObservations; }
export function inputTerminatedAddress(): usize { return layout.inputTerminated; }
export function noiseForUpdateAddress(): usize { return layout.noise; }

/** Main thread: one update, by the orders in memory, together with the other threads. */
export function update(): void {
  openUpdate();
  runUpdate();
  closeUpdate();
}

/** Main thread: one update alone. */
export function updateAlone(): void {
  openUpdate();
  closeUpdate();
  runUpdate();
}

/** For timing: a part of an update alone; 0 critics, 1 policy, 2 temperature. */
export function updatePart(part: i32): void {
  openUpdate();
  closeUpdate();
  runPart(part);
}

/** Another thread: helps with every update until the learner is disposed of. */
export function serve(): void {
  for (let epoch = enterUpdate(0); epoch; epoch = enterUpdate(epoch)) {
    runUpdate();
    leaveUpdate();
  }
}

// For tests: the elementary functions rounded to float32.
export function exp32(x: f32): f32 { return <f32>exp(<f64>x); }
export function tanh32(x: f32): f32 { return <f32>tanh(<f64>x); }
export function log32(x: f32): f32 { return <f32>log(<f64>x); }

/** For timing and for checking the products against plain arithmetic: form 0 linear, 1 relu, 2 gradient; `panels` square matrices. */
export function product(form: i32, a: usize, b: usize, bias: usize, c: usize, rows: i32, panels: i32): void {
  const panelBytes = <usize>rows << 6;
  for (let panel: i32 = 0; panel < panels; panel++) {
    const weights = b + <usize>panel * (form == 2 ? panelBytes : <usize>panels << 10);
    if (form == 2) {
      for (let block: i32 = 0; block < panels; block++) {
        gradientPanel(
          a + <usize>block * panelBytes, 0, weights, bias, c + (<usize>(panel * panels + block) << 10), 16, rows,
        );
      }
    } else if (form == 1) {
      reluPanel(a, panelBytes, weights, bias + (<usize>panel << 6), c + <usize>panel * panelBytes, rows, panels << 4);
    } else {
      linearPanel(a, panelBytes, weights, bias + (<usize>panel << 6), c + <usize>panel * panelBytes, rows, panels << 4);
    }
  }
}

/**
 * For checking the sparse products against the others, on square matrices as above: form 0 sparse (aᵀ·b), 1 sparseRelu (a·b + bias), 2
 * sparseMasked (a·b). The result's rows are computed in any order; `lists` has 32·(size + 2) bytes for every four of them.
 */
export function sparseProduct(form: i32, a: usize, b: usize, other: usize, c: usize, order: usize, lists: usize, panels: i32): void {
  const size = panels << 4, panelBytes = <usize>size << 6;
  if (form == 0) packColumns(a, panelBytes, size, order, 0, size, lists);
  else packRows(a, panelBytes, order, 0, size, panels, lists);
  for (let at: usize = 0; at < <usize>panels * panelBytes; at += panelBytes) {
    if (form == 0) sparsePanel(lists, listBytes(size), b + at, 0, c + at, size);
    else if (form == 1) sparseReluPanel(lists, listBytes(size), b + at, other + at / <usize>size, c + at, size);
    else sparseMaskedPanel(lists, listBytes(size), b + at, other + at, c + at, size);
  }
}

/** Bytes from the actor's start to a layer: hidden1, hidden2, heads. */
export function actorLayerOffset(layer: i32): usize {
  return layer == 0 ? 0 : layer == 1 ? layout.actorHidden2 : layout.actorHeads;
}

/** Bytes from a critic's start to a layer: hidden1, hidden2, output. */
export function criticLayerOffset(layer: i32): usize {
  return layer == 0 ? 0 : layer == 1 ? layout.criticHidden2 : layout.criticOutput;
}

/** a·b + c as the products compute it: rounded once where the processor has a fused multiply-add. */
export function multiplyAdd(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(f32x4.relaxed_madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}

/** For timing: ten pairs of independent chains of multiply-adds, 160 floating-point operations a round and nothing else: what the processor can do. */
export function multiplyAddPeak(rounds: i32, at: usize): void {
  const x = v128.load(at), y = v128.load(at, 16);
  let a0 = v128.load(at, 0), a1 = v128.load(at, 16), b0 = v128.load(at, 0), b1 = v128.load(at, 16), c0 = v128.load(at, 0), c1 = v128.load(at, 16), d0 = v128.load(at, 0), d1 = v128.load(at, 16), e0 = v128.load(at, 0), e1 = v128.load(at, 16), f0 = v128.load(at, 0), f1 = v128.load(at, 16), g0 = v128.load(at, 0), g1 = v128.load(at, 16), h0 = v128.load(at, 0), h1 = v128.load(at, 16), i0 = v128.load(at, 0), i1 = v128.load(at, 16), j0 = v128.load(at, 0), j1 = v128.load(at, 16);
  do {
    a0 = f32x4.relaxed_madd(a0, x, a0);
    a1 = f32x4.relaxed_madd(a1, y, a1);
    b0 = f32x4.relaxed_madd(b0, x, b0);
    b1 = f32x4.relaxed_madd(b1, y, b1);
    c0 = f32x4.relaxed_madd(c0, x, c0);
    c1 = f32x4.relaxed_madd(c1, y, c1);
    d0 = f32x4.relaxed_madd(d0, x, d0);
    d1 = f32x4.relaxed_madd(d1, y, d1);
    e0 = f32x4.relaxed_madd(e0, x, e0);
    e1 = f32x4.relaxed_madd(e1, y, e1);
    f0 = f32x4.relaxed_madd(f0, x, f0);
    f1 = f32x4.relaxed_madd(f1, y, f1);
    g0 = f32x4.relaxed_madd(g0, x, g0);
    g1 = f32x4.relaxed_madd(g1, y, g1);
    h0 = f32x4.relaxed_madd(h0, x, h0);
    h1 = f32x4.relaxed_madd(h1, y, h1);
    i0 = f32x4.relaxed_madd(i0, x, i0);
    i1 = f32x4.relaxed_madd(i1, y, i1);
    j0 = f32x4.relaxed_madd(j0, x, j0);
    j1 = f32x4.relaxed_madd(j1, y, j1);
  } while (--rounds);
  v128.store(at, a0, 32);
  v128.store(at, a1, 48);
  v128.store(at, b0, 64);
  v128.store(at, b1, 80);
  v128.store(at, c0, 96);
  v128.store(at, c1, 112);
  v128.store(at, d0, 128);
  v128.store(at, d1, 144);
  v128.store(at, e0, 160);
  v128.store(at, e1, 176);
  v128.store(at, f0, 192);
  v128.store(at, f1, 208);
  v128.store(at, g0, 224);
  v128.store(at, g1, 240);
  v128.store(at, h0, 256);
  v128.store(at, h1, 272);
  v128.store(at, i0, 288);
  v128.store(at, i1, 304);
  v128.store(at, j0, 320);
  v128.store(at, j1, 336);
}
