// The actor for one observation: the same chains of multiply-adds as a batch's row, hence the same bits.

import {
  actor, actorHeads, actorHidden2, actorInputs, headPanels, hiddenColumns, hiddenPanels, observationSize, single,
} from "./layout";
import { actionOf } from "./sampling";

/** y = W·x + bias for one row of `inputs` numbers, `panels` panels wide. */
function row(relu: bool, x: usize, inputs: i32, kernel: usize, kernelRows: i32, panels: i32, y: usize): void {
  const zero = f32x4.splat(0), end = x + (<usize>inputs << 2);
  let bias = kernel + (<usize>panels * <usize>kernelRows << 6);
  for (let panel = 0; panel < panels; panel++) {
    let y0 = v128.load(bias), y1 = v128.load(bias, 16), y2 = v128.load(bias, 32), y3 = v128.load(bias, 48);
    for (let a = x, w = kernel; a < end; a += 4, w += 64) {
      const s = v128.load32_splat(a);
      y0 = f32x4.relaxed_madd(s, v128.load(w), y0);
      y1 = f32x4.relaxed_madd(s, v128.load(w, 16), y1);
      y2 = f32x4.relaxed_madd(s, v128.load(w, 32), y2);
      y3 = f32x4.relaxed_madd(s, v128.load(w, 48), y3);
    }
    if (relu) {
      y0 = f32x4.max(y0, zero);
      y1 = f32x4.max(y1, zero);
      y2 = f32x4.max(y2, zero);
      y3 = f32x4.max(y3, zero);
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
    y += 64;
    bias += 64;
    kernel += <usize>kernelRows << 6;
  }
}

/** Where the observation goes, `[observation]`; noise, `[action]`; and where the action is found, `[action]`. */
export function observationAddress(): usize {
  return single;
}

export function noiseAddress(): usize {
  return single + (<usize>(actorInputs + 2 * hiddenColumns + 16 * headPanels) << 2);
}

export function actionAddress(): usize {
  return noiseAddress() + (<usize>headPanels << 6); // the noise takes no more room than the heads
}

/** Acts on the observation in place: with the noise in place, or deterministically. */
export function act(withNoise: bool): void {
  const hidden1 = single + (<usize>actorInputs << 2), hidden2 = hidden1 + (<usize>hiddenColumns << 2);
  const heads = hidden2 + (<usize>hiddenColumns << 2);
  row(true, single, observationSize, actor, actorInputs, hiddenPanels, hidden1);
  row(true, hidden1, hiddenColumns, actor + actorHidden2, hiddenColumns, hiddenPanels, hidden2);
  row(false, hidden2, hiddenColumns, actor + actorHeads, hiddenColumns, headPanels, heads);
  actionOf(heads, withNoise ? noiseAddress() : 0, actionAddress());
}
