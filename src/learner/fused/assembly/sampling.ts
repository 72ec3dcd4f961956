// The squashed Gaussian policy: u = mean + std·noise, a = tanh(u)·scale + bias (SAC paper, appendix C), in float64, two rows at a time.

import {
  actionGradient, actionSize, batchPanel, batchSize, constants, gatheredOfRow, gatheredPanel, heads, headsGradient, spreadOfSample,
  tanhOfHead, tanhOfSample, temperature,
} from "./layout";
import { expOfBoth, logOfBoth, tanh, tanhOfBoth } from "./numbers";

const HALF_LOG_TWO_PI: f64 = 0.9189385332046727;

@inline
function element(matrix: usize, panelBytes: usize, row: i32, column: i32): usize {
  return matrix + <usize>(column >> 4) * panelBytes + (<usize>row << 6) + (<usize>(column & 15) << 2);
}

@inline
function scaleOf(action: i32): f64 {
  return load<f64>(constants + (<usize>action << 3), 64);
}

@inline
function biasOf(action: i32): f64 {
  return load<f64>(constants + (<usize>(actionSize + action) << 3), 64);
}

/** Two float32 numbers as float64. */
@inline
function loadBoth(at: usize, other: usize): v128 {
  return f64x2.replace_lane(f64x2.splat(<f64>load<f32>(at)), 1, <f64>load<f32>(other));
}

@inline
function storeBoth(at: usize, other: usize, values: v128): void {
  store<f32>(at, <f32>f64x2.extract_lane(values, 0));
  store<f32>(other, <f32>f64x2.extract_lane(values, 1));
}

/** log std: tanh of the heads mapped linearly onto the bounds. */
@inline
function logStdOfBoth(squashedHeads: v128): v128 {
  const low = load<f64>(constants, 16), high = load<f64>(constants, 24);
  const share = f64x2.add(squashedHeads, f64x2.splat(1.0));
  return f64x2.add(f64x2.splat(low), f64x2.mul(f64x2.splat(0.5 * (high - low)), share));
}

/** log of an action's density: log N(u) − log(scale·(1 − tanh²u) + 1e-6). */
@inline
function logDensity(noise: v128, logStd: v128, squashed: v128, scale: f64): v128 {
  const slope = f64x2.sub(f64x2.splat(1.0), f64x2.mul(squashed, squashed));
  const correction = logOfBoth(f64x2.add(f64x2.mul(f64x2.splat(scale), slope), f64x2.splat(1e-6)));
  const gaussian = f64x2.sub(f64x2.mul(f64x2.mul(f64x2.splat(-0.5), noise), noise), logStd);
  return f64x2.sub(f64x2.sub(gaussian, f64x2.splat(HALF_LOG_TWO_PI)), correction);
}

/**
 * Actions and log probabilities of rows [first, first + rows) from the heads and `noise` [batch, action]; the actions become the
 * first columns of the critics' input `to`. What the gradient needs is kept. Without `to` there are log probabilities alone.
 */
export function sampleActions(noise: usize, to: usize, logProbabilities: usize, first: i32, rows: i32): void {
  const end = first + rows;
  for (let row = first; row < end; row += 2) {
    const other = min(row + 1, end - 1); // the same row twice, if one is left over
    let total = f64x2.splat(0);
    for (let i = 0; i < actionSize; i++) {
      const at = <usize>(row * actionSize + i), otherAt = <usize>(other * actionSize + i);
      const epsilon = loadBoth(noise + (at << 2), noise + (otherAt << 2));
      const mean = loadBoth(element(heads, batchPanel, row, i), element(heads, batchPanel, other, i));
      const column = actionSize + i;
      const head = tanhOfBoth(loadBoth(element(heads, batchPanel, row, column), element(heads, batchPanel, other, column)));
      const logStd = logStdOfBoth(head), spread = f64x2.mul(expOfBoth(logStd), epsilon), scale = scaleOf(i);
      const squashed = tanhOfBoth(f64x2.add(mean, spread));
      total = f64x2.add(total, logDensity(epsilon, logStd, squashed, scale));
      if (!to) continue;
      const action = f64x2.add(f64x2.mul(squashed, f64x2.splat(scale)), f64x2.splat(biasOf(i)));
      storeBoth(element(to, batchPanel, row, i), element(to, batchPanel, other, i), action);
      keepBoth(tanhOfSample, at, otherAt, squashed);
      keepBoth(spreadOfSample, at, otherAt, spread);
      keepBoth(tanhOfHead, at, otherAt, head);
    }
    storeBoth(logProbabilities + (<usize>row << 2), logProbabilities + (<usize>other << 2), total);
  }
}

/** Keeps two float64 numbers for the gradient. */
@inline
function keepBoth(array: usize, at: usize, other: usize, values: v128): void {
  v128.store64_lane(array + (at << 3), values, 0);
  v128.store64_lane(array + (other << 3), values, 1);
}

/**
 * Gradient of mean(α log π − min Q) by the heads, for rows [first, first + rows); `actionGradient` holds that of −mean(min Q) by
 * the actions, gathered. With t = tanh u: ∂log π/∂u = 2·scale·t(1 − t²) / (scale(1 − t²) + 1e-6), ∂log π/∂(log std) = −1 besides.
 */
export function policyGradient(first: i32, rows: i32): void {
  const low = load<f64>(constants, 16), high = load<f64>(constants, 24);
  const weight = <f64>load<f32>(temperature, 12) / <f64>batchSize;
  for (let row = first; row < first + rows; row++) {
    const gathered = load<i32>(gatheredOfRow + (<usize>row << 2));
    for (let i = 0; i < actionSize; i++) {
      const at = <usize>(row * actionSize + i) << 3;
      const t = load<f64>(tanhOfSample + at), scale = scaleOf(i), slope = scale * (1.0 - t * t);
      const byAction = <f64>load<f32>(element(actionGradient, gatheredPanel, gathered, i));
      const byMean = weight * 2.0 * t * slope / (slope + 1e-6) + byAction * slope;
      const byLogStd = byMean * load<f64>(spreadOfSample + at) - weight, head = load<f64>(tanhOfHead + at);
      store<f32>(element(headsGradient, batchPanel, row, i), <f32>byMean);
      store<f32>(
        element(headsGradient, batchPanel, row, actionSize + i),
        <f32>(byLogStd * 0.5 * (high - low) * (1.0 - head * head)),
      );
    }
  }
}

/** The action for one observation's heads at `mean`, `[2·action]` in a row of panels; `noise` of 0 asks for the deterministic one. */
export function actionOf(mean: usize, noise: usize, action: usize): void {
  for (let i = 0; i < actionSize; i++) {
    let u = <f64>load<f32>(mean + (<usize>i << 2));
    if (noise) {
      const head = tanhOfBoth(f64x2.splat(<f64>load<f32>(mean + (<usize>(actionSize + i) << 2))));
      u += f64x2.extract_lane(expOfBoth(logStdOfBoth(head)), 0) * <f64>load<f32>(noise + (<usize>i << 2));
    }
    store<f32>(action + (<usize>i << 2), <f32>(tanh(u) * scaleOf(i) + biasOf(i)));
  }
}
