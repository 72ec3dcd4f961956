// One step of the temperature (SAC paper, equation 18).

import {
  actionSize, batchSize, constants, logProbabilities, noise, orders, policyLogProbabilities, results, smallerValues,
  temperature,
} from "./layout";
import { exp } from "./numbers";
import { sampleActions } from "./sampling";
import { inParallel } from "./schedule";
import { chunks, ROW_CHUNK } from "./units";
import { actorForward, step } from "./policy_step";

@inline
function alphaNoise(): usize {
  return noise + (<usize>((2 + 2 * step) * batchSize * actionSize) << 2);
}

function sampleForTemperature(unit: i32): void {
  const row = unit * ROW_CHUNK;
  sampleActions(alphaNoise(), 0, logProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

/** Losses of policy and temperature; one Adam step on log α: its gradient is −mean(log π + target entropy). */
function stepTemperature(_unit: i32): void {
  let policyLoss: f64 = 0, entropyGap: f64 = 0;
  const alpha = load<f32>(temperature, 12), targetEntropy = load<f64>(constants, 32);
  for (let row = 0; row < batchSize; row++) {
    const at = <usize>row << 2;
    policyLoss += <f64>(alpha * load<f32>(policyLogProbabilities + at) - load<f32>(smallerValues + at));
    entropyGap += <f64>load<f32>(logProbabilities + at) + targetEntropy;
  }
  const logAlpha = load<f32>(temperature), gradient = <f32>(-entropyGap / <f64>batchSize);
  store<f32>(results, <f32>(policyLoss / <f64>batchSize));
  store<f32>(results, logAlpha * gradient, 4);
  const rates = orders + 64 + (<usize>step << 5) + 16;
  const m = <f32>0.9 * load<f32>(temperature, 4) + <f32>0.1 * gradient;
  const v = <f32>0.999 * load<f32>(temperature, 8) + <f32>0.001 * gradient * gradient;
  const next = logAlpha - load<f32>(rates) * m / (sqrt<f32>(v) * load<f32>(rates, 4) + <f32>1e-8);
  store<f32>(temperature, next);
  store<f32>(temperature, m, 4);
  store<f32>(temperature, v, 8);
  store<f32>(temperature, <f32>exp(<f64>next), 12);
}

/** One step of the temperature. The actor's heads that it computes serve the next policy step: same weights, same observations. */
export function temperatureUpdate(): void {
  actorForward();
  inParallel(chunks(batchSize), sampleForTemperature);
  inParallel(1, stepTemperature);
}
