// The squashed Gaussian policy: u = mean + std·noise, a = tanh(u)·scale + bias (SAC paper, appendix C), row by row in float64.

import {
  actionGradient, actionSize, batchPanel, batchSize, constants, gatheredOfRow, gatheredPanel, heads, headsGradient, spreadOfSample,
  tanhOfHead, tanhOfSample, temperature,
} from "./layout";
import { exp, log, tanh } from "./numbers";

const HALF_LOG_TWO_PI: f64 = 0.9189385332046727;

@inline
function element(matrix: usize, panelBytes: usize, row: i32, column: i32): usize {
  return matrix + <usize>(column >> 4) * panelBytes + (<usize>row << 6) + (<usize>(column & 15) << 2);
}

/** log std: tanh of the head mapped linearly onto the bounds. */
@inline
function logStdOf(squashedHead: f64): f64 {
  const low = load<f64>(constants, 16), high = load<f64>(constants, 24);
  return low + 0.5 * (high - low) * (squashedHead + 1.0);
}

@inline
function scaleOf(action: i32): f64 {
  return load<f64>(constants + (<usize>action << 3), 64);
}

@inline
function biasOf(action: i32): f64 {
  return load<f64>(constants + (<usize>(actionSize + action) << 3), 64);
}

/** log of one action's density: log N(u) − log(scale·(1 − tanh²u) + 1e-6). */
@inline
function logDensity(noise: f64, logStd: f64, squashed: f64, scale: f64): f64 {
  return -0.5 * noise * noise - logStd - HALF_LOG_TWO_PI - log(scale * (1.0 - squashed * squashed) + 1e-6);
}

/**
 * Actions and log probabilities of rows [first, first + rows) from the heads and `noise` [batch, action]; the actions become the
 * first columns of the critics' input `to`. What the gradient needs is kept.
 */
export function sampleActions(noise: usize, to: usize, logProbabilities: usize, first: i32, rows: i32): void {
  for (let row = first; row < first + rows; row++) {
    let total: f64 = 0;
    for (let i = 0; i < actionSize; i++) {
      const at = <usize>(row * actionSize + i);
      const epsilon = <f64>load<f32>(noise + (at << 2));
      const mean = <f64>load<f32>(element(heads, batchPanel, row, i));
      const head = tanh(<f64>load<f32>(element(heads, batchPanel, row, actionSize + i)));
      const logStd = logStdOf(head), spread = exp(logStd) * epsilon, squashed = tanh(mean + spread), scale = scaleOf(i);
      store<f32>(element(to, batchPanel, row, i), <f32>(squashed * scale + biasOf(i)));
      total += logDensity(epsilon, logStd, squashed, scale);
      store<f64>(tanhOfSample + (at << 3), squashed);
      store<f64>(spreadOfSample + (at << 3), spread);
      store<f64>(tanhOfHead + (at << 3), head);
    }
    store<f32>(logProbabilities + (<usize>row << 2), <f32>total);
  }
}

/** Log probabilities alone. */
export function logProbability(noise: usize, logProbabilities: usize, first: i32, rows: i32): void {
  for (let row = first; row < first + rows; row++) {
    let total: f64 = 0;
    for (let i = 0; i < actionSize; i++) {
      const epsilon = <f64>load<f32>(noise + (<usize>(row * actionSize + i) << 2));
      const mean = <f64>load<f32>(element(heads, batchPanel, row, i));
      const logStd = logStdOf(tanh(<f64>load<f32>(element(heads, batchPanel, row, actionSize + i))));
      total += logDensity(epsilon, logStd, tanh(mean + exp(logStd) * epsilon), scaleOf(i));
    }
    store<f32>(logProbabilities + (<usize>row << 2), <f32>total);
  }
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
      const head = tanh(<f64>load<f32>(mean + (<usize>(actionSize + i) << 2)));
      u += exp(logStdOf(head)) * <f64>load<f32>(noise + (<usize>i << 2));
    }
    store<f32>(action + (<usize>i << 2), <f32>(tanh(u) * scaleOf(i) + biasOf(i)));
  }
}
