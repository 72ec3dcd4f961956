// What the kernels export. See `layout.ts` for memory, `update.ts` for the SAC update, `policy.ts` for acting.

import * as layout from "./layout";
import { exp, log, tanh } from "./numbers";
import { linearPanel, reluPanel, gradientPanel } from "./products";
import { closeUpdate, enterUpdate, leaveUpdate, openUpdate } from "./schedule";
import { runUpdate } from "./update";

export { configure, critic, scratchBytes, setThread } from "./layout";
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
