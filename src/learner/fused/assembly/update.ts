// One SAC update as a sequence of phases. Every thread runs `runUpdate`; what a phase's unit computes depends on the unit alone,
// so the number of threads changes no bit.

import { Adam, applyAdam, backward, forward, maskByRelu, transposePanel, updateBias, updateKernel, valuesOf } from "./dense";
import {
  actionGradient, actionPanels, actionSize, actor, actorActivation1, actorActivation2, actorBytes, actorHeads, actorHeadsTransposed,
  actorHidden2, actorHidden2Transposed, actorInputs, batchPanel, batchRows, batchSize, constants, critic, criticActionTransposed,
  criticActivation, criticBytes, criticHidden2, criticHidden2Transposed, criticInput, criticInputs, criticOutput, gathered1, gathered2,
  gatheredOfRow, gatheredPanel, gatheredRows, headPanels, heads, headsGradient, hiddenColumns, hiddenPanels, inputActions,
  inputNextObservations, inputObservations, inputRewards, inputTerminated, logProbabilities, nextCriticInput, nextObservations, noise,
  observations, observationSize, orders, policyCriticInput, policyLogProbabilities, policySteps, results, rowOfGathered,
  scratch, smallerValues, targetActivation, targetValues, temperature, valueGradients, values,
} from "./layout";
import { exp, normalBlock } from "./numbers";
import { logProbability, policyGradient, sampleActions } from "./sampling";
import { beginPhases, inParallel } from "./schedule";

const ROW_CHUNK: i32 = 32; // rows in a unit of row-wise work
const NOISE_CHUNK: i32 = 64; // Philox blocks in a unit
const ROW_PARTS: i32 = 2; // units that share a panel of a large product
const HEAD_PARTS: i32 = 4; // units that share the few panels of the heads

let step: i32 = 0; // the policy step going on

// Orders from the main thread, at `orders`: i32 with policy, i32 draw noise, u32 update (the index of the noise stream), u32 key 0,
// u32 key 1; at 32 the critics' Adam; from 64 on for each policy step the actor's Adam and (16 bytes on) the temperature's.
@inline
function criticAdam(): Adam {
  return changetype<Adam>(orders + 32);
}

@inline
function actorAdam(): Adam {
  return changetype<Adam>(orders + 64 + (<usize>step << 5));
}

/** Rows of a part: parts end at multiples of twelve rows, which tiles of six and of four rows fill without a rest. */
@inline
function partStart(part: i32, parts: i32, rows: i32): i32 {
  return part == parts ? rows : min(rows, ((rows * part / parts + 11) / 12) * 12);
}

@inline
function chunks(rows: i32): i32 {
  return (rows + ROW_CHUNK - 1) / ROW_CHUNK;
}

/** Writes an element of a batch matrix. */
@inline
function put(matrix: usize, row: i32, column: i32, value: f32): void {
  store<f32>(matrix + <usize>(column >> 4) * batchPanel + (<usize>row << 6) + (<usize>(column & 15) << 2), value);
}

// ---- inputs

/** Philox blocks of noise that this update needs, four numbers each. */
function noiseBlocks(): i32 {
  const arrays = load<i32>(orders) ? 1 + 2 * policySteps : 1;
  return (arrays * batchSize * actionSize + 3) / 4;
}

function prepareInputs(unit: i32): void {
  if (unit >= chunks(batchSize)) {
    const first = (unit - chunks(batchSize)) * NOISE_CHUNK;
    for (let block = first; block < min(first + NOISE_CHUNK, noiseBlocks()); block++) {
      normalBlock(block, load<u32>(orders, 8), load<u32>(orders, 12), load<u32>(orders, 16), noise + (<usize>block << 4));
    }
    return;
  }
  for (let row = unit * ROW_CHUNK; row < min(unit * ROW_CHUNK + ROW_CHUNK, batchSize); row++) {
    for (let i = 0; i < observationSize; i++) {
      const at = <usize>(row * observationSize + i) << 2;
      const observation = load<f32>(inputObservations + at), next = load<f32>(inputNextObservations + at);
      put(observations, row, i, observation);
      put(criticInput, row, actionSize + i, observation);
      put(policyCriticInput, row, actionSize + i, observation);
      put(nextObservations, row, i, next);
      put(nextCriticInput, row, actionSize + i, next);
    }
    for (let i = 0; i < actionSize; i++) {
      put(criticInput, row, i, load<f32>(inputActions + (<usize>(row * actionSize + i) << 2)));
    }
  }
}

// ---- forward passes

function actorHidden1Unit(x: usize, panel: i32): void {
  forward(true, x, observationSize, actor, actorInputs, hiddenColumns, actorActivation1, batchPanel, panel, 0, batchRows);
}

function actorHidden2Unit(unit: i32): void {
  const panel = unit / ROW_PARTS, part = unit % ROW_PARTS;
  const row = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
  forward(
    true, actorActivation1, hiddenColumns, actor + actorHidden2, hiddenColumns, hiddenColumns, actorActivation2, batchPanel, panel, row,
    end - row,
  );
}

function actorHeadsUnit(unit: i32): void {
  const panel = unit / HEAD_PARTS, part = unit % HEAD_PARTS;
  const row = partStart(part, HEAD_PARTS, batchRows), end = partStart(part + 1, HEAD_PARTS, batchRows);
  forward(
    false, actorActivation2, hiddenColumns, actor + actorHeads, hiddenColumns, headPanels << 4, heads, batchPanel, panel, row, end - row,
  );
}

function criticHidden1Unit(x: usize, parameters: usize, y: usize, panel: i32): void {
  forward(true, x, actionSize + observationSize, parameters, criticInputs, hiddenColumns, y, batchPanel, panel, 0, batchRows);
}

function criticHidden2Unit(x: usize, parameters: usize, y: usize, unit: i32): void {
  const panel = unit / ROW_PARTS, part = unit % ROW_PARTS;
  const row = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
  forward(true, x, hiddenColumns, parameters + criticHidden2, hiddenColumns, hiddenColumns, y, batchPanel, panel, row, end - row);
}

// ---- critics

/** First layers: the actor's on the next observations, both critics' on the batch. */
function criticPhase1(unit: i32): void {
  const net = unit / hiddenPanels, panel = unit % hiddenPanels;
  if (net == 0) actorHidden1Unit(nextObservations, panel);
  else criticHidden1Unit(criticInput, critic(net - 1), criticActivation(net - 1, 1), panel);
}

/** Second layers of the same. */
function criticPhase2(unit: i32): void {
  const perNet = hiddenPanels * ROW_PARTS, net = unit / perNet, rest = unit % perNet;
  if (net == 0) actorHidden2Unit(rest);
  else criticHidden2Unit(criticActivation(net - 1, 1), critic(net - 1), criticActivation(net - 1, 2), rest);
}

/** The actor's heads, both critics' values. */
function criticPhase3(unit: i32): void {
  const headUnits = headPanels * HEAD_PARTS;
  if (unit < headUnits) return actorHeadsUnit(unit);
  const rest = unit - headUnits, which = rest / chunks(batchRows), row = (rest % chunks(batchRows)) * ROW_CHUNK;
  valuesOf(
    criticActivation(which, 2), hiddenPanels, critic(which) + criticOutput, batchPanel, row, min(ROW_CHUNK, batchRows - row),
    values(which),
  );
}

/** Next actions and their log probabilities. */
function criticPhase4(unit: i32): void {
  const row = unit * ROW_CHUNK;
  sampleActions(noise, nextCriticInput, logProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

function criticPhase5(unit: i32): void {
  const which = unit / hiddenPanels;
  criticHidden1Unit(nextCriticInput, critic(which) + 3 * criticBytes, targetActivation(which, 1), unit % hiddenPanels);
}

function criticPhase6(unit: i32): void {
  const perNet = hiddenPanels * ROW_PARTS, which = unit / perNet;
  criticHidden2Unit(targetActivation(which, 1), critic(which) + 3 * criticBytes, targetActivation(which, 2), unit % perNet);
}

/** Targets y = r + γ(1 − terminated)(min Q' − α log π), and the gradients of mse(q, y) by the values. */
function criticPhase7(unit: i32): void {
  const first = unit * ROW_CHUNK, rows = min(ROW_CHUNK, batchSize - first);
  for (let which = 0; which < 2; which++) {
    const output = critic(which) + 3 * criticBytes + criticOutput;
    valuesOf(targetActivation(which, 2), hiddenPanels, output, batchPanel, first, rows, targetValues(which));
  }
  const gamma = <f32>load<f64>(constants), alpha = load<f32>(temperature, 12), scale = <f32>2 / <f32>batchSize;
  for (let row = first; row < first + rows; row++) {
    const at = <usize>row << 2;
    const smaller = min(load<f32>(targetValues(0) + at), load<f32>(targetValues(1) + at));
    const value = smaller - alpha * load<f32>(logProbabilities + at);
    const y = load<f32>(inputRewards + at) + gamma * (<f32>1 - load<f32>(inputTerminated + at)) * value;
    store<f32>(valueGradients(0) + at, scale * (load<f32>(values(0) + at) - y));
    store<f32>(valueGradients(1) + at, scale * (load<f32>(values(1) + at) - y));
  }
}

/** Losses and mean values, summed in the batch's order. */
function sumCriticLosses(which: i32): void {
  let squares: f64 = 0, sum: f64 = 0;
  const scale = <f64>batchSize / 2;
  for (let row = 0; row < batchSize; row++) {
    const error = <f64>load<f32>(valueGradients(which) + (<usize>row << 2)) * scale;
    squares += error * error;
    sum += <f64>load<f32>(values(which) + (<usize>row << 2));
  }
  store<f32>(results + (<usize>which << 2), <f32>(squares / <f64>batchSize), 8);
  store<f32>(results + (<usize>which << 2), <f32>(sum / <f64>batchSize), 16);
}

/** A panel of the output layer: its gradient, its Adam step, and in place of the activations the gradient by them. */
function criticPhase8(unit: i32): void {
  const perNet = hiddenPanels + 1, which = unit / perNet, panel = unit % perNet;
  const output = critic(which) + criticOutput, dq = valueGradients(which);
  if (panel == hiddenPanels) { // the output's bias
    sumCriticLosses(which);
    let sum: f32 = 0;
    for (let row = 0; row < batchSize; row++) sum += load<f32>(dq + (<usize>row << 2));
    memory.fill(scratch, 0, 64);
    store<f32>(scratch, sum);
    return applyAdam(criticAdam(), output + (<usize>hiddenColumns << 2), scratch, 16);
  }
  const weights = output + (<usize>panel << 6);
  const w0 = v128.load(weights), w1 = v128.load(weights, 16), w2 = v128.load(weights, 32), w3 = v128.load(weights, 48);
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
  let at = criticActivation(which, 2) + <usize>panel * batchPanel;
  for (let row = 0; row < batchSize; row++, at += 64) {
    const d = v128.load32_splat(dq + (<usize>row << 2));
    const h0 = v128.load(at), h1 = v128.load(at, 16), h2 = v128.load(at, 32), h3 = v128.load(at, 48);
    s0 = f32x4.relaxed_madd(d, h0, s0);
    s1 = f32x4.relaxed_madd(d, h1, s1);
    s2 = f32x4.relaxed_madd(d, h2, s2);
    s3 = f32x4.relaxed_madd(d, h3, s3);
    v128.store(at, v128.and(f32x4.mul(d, w0), f32x4.gt(h0, zero)));
    v128.store(at, v128.and(f32x4.mul(d, w1), f32x4.gt(h1, zero)), 16);
    v128.store(at, v128.and(f32x4.mul(d, w2), f32x4.gt(h2, zero)), 32);
    v128.store(at, v128.and(f32x4.mul(d, w3), f32x4.gt(h3, zero)), 48);
  }
  v128.store(scratch, s0);
  v128.store(scratch, s1, 16);
  v128.store(scratch, s2, 32);
  v128.store(scratch, s3, 48);
  applyAdam(criticAdam(), weights, scratch, 16);
}

/** Second layer: kernels and biases, and the gradient by the first layer's activations. */
function criticPhase9(unit: i32): void {
  const perNet = hiddenPanels * (ROW_PARTS + 2), which = unit / perNet, rest = unit % perNet;
  const dy = criticActivation(which, 2), x = criticActivation(which, 1);
  if (rest < hiddenPanels * ROW_PARTS) {
    const panel = rest / ROW_PARTS, part = rest % ROW_PARTS;
    const row = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
    const dx = targetActivation(which, 1), offset = <usize>panel * batchPanel + (<usize>row << 6);
    backward(dy, hiddenColumns, criticHidden2Transposed(which), hiddenColumns, dx, batchPanel, panel, row, end - row);
    return maskByRelu(dx + offset, x + offset, (end - row) << 4);
  }
  const last = rest - hiddenPanels * ROW_PARTS;
  updateHidden2(criticAdam(), critic(which) + criticHidden2, x, dy, last);
}

/** One half of a panel of a second layer's kernel; the first half's unit sees to the biases, too. `unit` in [0, 2·hiddenPanels). */
function updateHidden2(adam: Adam, layer: usize, x: usize, dy: usize, unit: i32): void {
  const panel = unit >> 1, half = (hiddenPanels + 1) >> 1 << 4; // rows of the first half
  const row = unit & 1 ? half : 0, rows = unit & 1 ? hiddenColumns - half : half;
  const dyPanel = dy + <usize>panel * batchPanel;
  const kernelPanel = layer + (<usize>panel * <usize>hiddenColumns << 6);
  if (rows > 0) updateKernel(adam, x, dyPanel, batchPanel, batchSize, kernelPanel, row, rows);
  if (row == 0) updateBias(adam, dyPanel, batchSize, layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2) + (<usize>panel << 6));
}

/** A panel of a first layer: kernel and biases. */
function updateHidden1(adam: Adam, layer: usize, x: usize, inputs: i32, dy: usize, panel: i32): void {
  const dyPanel = dy + <usize>panel * batchPanel;
  updateKernel(adam, x, dyPanel, batchPanel, batchSize, layer + (<usize>panel * <usize>inputs << 6), 0, inputs);
  updateBias(adam, dyPanel, batchSize, layer + (<usize>hiddenColumns * <usize>inputs << 2) + (<usize>panel << 6));
}

/** First layer, then what the next backward passes need transposed. */
function criticPhase10(unit: i32): void {
  const perNet = hiddenPanels * 2, which = unit / perNet, rest = unit % perNet;
  if (rest < hiddenPanels) {
    updateHidden1(criticAdam(), critic(which), criticInput, criticInputs, targetActivation(which, 1), rest);
    transposePanel(critic(which), criticInputs, rest, actionPanels << 4, criticActionTransposed(which), hiddenColumns);
  } else {
    transposePanel(
      critic(which) + criticHidden2, hiddenColumns, rest - hiddenPanels, hiddenColumns, criticHidden2Transposed(which), hiddenColumns,
    );
  }
}

// ---- policy

function policyPhase1(unit: i32): void {
  actorHidden1Unit(observations, unit);
}

@inline
function actorNoise(): usize {
  return noise + (<usize>((1 + 2 * step) * batchSize * actionSize) << 2);
}

@inline
function alphaNoise(): usize {
  return noise + (<usize>((2 + 2 * step) * batchSize * actionSize) << 2);
}

function policyPhase4(unit: i32): void {
  const row = unit * ROW_CHUNK;
  sampleActions(actorNoise(), policyCriticInput, policyLogProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

function policyPhase5(unit: i32): void {
  const which = unit / hiddenPanels;
  criticHidden1Unit(policyCriticInput, critic(which), criticActivation(which, 1), unit % hiddenPanels);
}

function policyPhase6(unit: i32): void {
  const perNet = hiddenPanels * ROW_PARTS, which = unit / perNet;
  criticHidden2Unit(criticActivation(which, 1), critic(which), criticActivation(which, 2), unit % perNet);
}

function policyPhase7(unit: i32): void {
  const which = unit / chunks(batchRows), row = (unit % chunks(batchRows)) * ROW_CHUNK;
  valuesOf(
    criticActivation(which, 2), hiddenPanels, critic(which) + criticOutput, batchPanel, row, min(ROW_CHUNK, batchRows - row),
    values(which),
  );
}

/** Rows of which the first critic's value is the smaller come first, then (from a multiple of four on) the second's: only these go backward. */
function chooseCritics(_unit: i32): void {
  let gathered: i32 = 0;
  for (let which = 0; which < 2; which++) {
    for (let row = 0; row < batchSize; row++) {
      const at = <usize>row << 2;
      const q1 = load<f32>(values(0) + at), q2 = load<f32>(values(1) + at);
      if ((q1 <= q2 ? 0 : 1) != which) continue;
      store<f32>(smallerValues + at, which == 0 ? q1 : q2);
      store<i32>(rowOfGathered + (<usize>gathered << 2), row);
      store<i32>(gatheredOfRow + at, gathered);
      gathered++;
    }
    for (; gathered & 3; gathered++) store<i32>(rowOfGathered + (<usize>gathered << 2), -1);
    store<i32>(results + (<usize>which << 2), gathered, 32); // where this critic's rows end
  }
}

@inline
function gatheredStart(which: i32): i32 {
  return which == 0 ? 0 : load<i32>(results, 32);
}

@inline
function gatheredEnd(which: i32): i32 {
  return load<i32>(results + (<usize>which << 2), 32);
}

/** Gradient of −mean(min Q) by a panel of the smaller critic's second activations, gathered. */
function policyPhase8(panel: i32): void {
  const zero = f32x4.splat(0), scale = f32x4.splat(<f32>-1 / <f32>batchSize);
  const to = gathered2 + <usize>panel * gatheredPanel;
  for (let which = 0; which < 2; which++) {
    const weights = critic(which) + criticOutput + (<usize>panel << 6);
    const from = criticActivation(which, 2) + <usize>panel * batchPanel;
    for (let i = gatheredStart(which); i < gatheredEnd(which); i++) {
      const row = load<i32>(rowOfGathered + (<usize>i << 2)), at = to + (<usize>i << 6);
      for (let lane: usize = 0; lane < 64; lane += 16) {
        const h = row < 0 ? zero : v128.load(from + (<usize>row << 6) + lane);
        v128.store(at + lane, v128.and(f32x4.mul(scale, v128.load(weights + lane)), f32x4.gt(h, zero)));
      }
    }
  }
}

/** The same by the first activations. */
function policyPhase9(unit: i32): void {
  const which = unit / hiddenPanels, panel = unit % hiddenPanels;
  const start = gatheredStart(which), rows = gatheredEnd(which) - start;
  if (rows == 0) return;
  backward(
    gathered2, hiddenColumns, criticHidden2Transposed(which), hiddenColumns, gathered1, gatheredPanel, panel, start, rows,
  );
  const zero = f32x4.splat(0), from = criticActivation(which, 1) + <usize>panel * batchPanel;
  for (let i = start; i < start + rows; i++) {
    const row = load<i32>(rowOfGathered + (<usize>i << 2));
    if (row < 0) continue;
    const at = gathered1 + <usize>panel * gatheredPanel + (<usize>i << 6), h = from + (<usize>row << 6);
    for (let lane: usize = 0; lane < 64; lane += 16) {
      v128.store(at + lane, v128.and(v128.load(at + lane), f32x4.gt(v128.load(h + lane), zero)));
    }
  }
}

/** The same by the actions. */
function policyPhase10(unit: i32): void {
  const which = unit / (actionPanels * HEAD_PARTS), rest = unit % (actionPanels * HEAD_PARTS);
  const panel = rest / HEAD_PARTS, part = rest % HEAD_PARTS, start = gatheredStart(which), rows = gatheredEnd(which) - start;
  const row = partStart(part, HEAD_PARTS, rows), end = partStart(part + 1, HEAD_PARTS, rows);
  if (row == end) return;
  backward(
    gathered1, hiddenColumns, criticActionTransposed(which), hiddenColumns, actionGradient, gatheredPanel, panel, start + row, end - row,
  );
}

/** Gradient by the heads. */
function policyPhase11(unit: i32): void {
  const row = unit * ROW_CHUNK;
  policyGradient(row, min(ROW_CHUNK, batchSize - row));
}

/** Heads: kernel and biases, and the gradient by the second activations. */
function policyPhase12(unit: i32): void {
  if (unit < hiddenPanels * ROW_PARTS) {
    const panel = unit / ROW_PARTS, part = unit % ROW_PARTS;
    const row = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
    const dx = targetActivation(0, 2), offset = <usize>panel * batchPanel + (<usize>row << 6);
    backward(headsGradient, 2 * actionSize, actorHeadsTransposed, headPanels << 4, dx, batchPanel, panel, row, end - row);
    return maskByRelu(dx + offset, actorActivation2 + offset, (end - row) << 4);
  }
  const rest = unit - hiddenPanels * ROW_PARTS, panel = rest / hiddenPanels, block = rest % hiddenPanels;
  const layer = actor + actorHeads, dy = headsGradient + <usize>panel * batchPanel;
  updateKernel(
    actorAdam(), actorActivation2, dy, batchPanel, batchSize, layer + (<usize>panel * <usize>hiddenColumns << 6), block << 4, 16,
  );
  if (block == 0) {
    const biases = layer + (<usize>headPanels * <usize>hiddenColumns << 6) + (<usize>panel << 6);
    updateBias(actorAdam(), dy, batchSize, biases);
  }
}

/** Second layer: kernel and biases, and the gradient by the first activations. */
function policyPhase13(unit: i32): void {
  const dy = targetActivation(0, 2);
  if (unit < hiddenPanels * ROW_PARTS) {
    const panel = unit / ROW_PARTS, part = unit % ROW_PARTS;
    const row = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
    const dx = targetActivation(0, 1), offset = <usize>panel * batchPanel + (<usize>row << 6);
    backward(dy, hiddenColumns, actorHidden2Transposed, hiddenColumns, dx, batchPanel, panel, row, end - row);
    return maskByRelu(dx + offset, actorActivation1 + offset, (end - row) << 4);
  }
  updateHidden2(actorAdam(), actor + actorHidden2, actorActivation1, dy, unit - hiddenPanels * ROW_PARTS);
}

/** First layer, and transposed kernels for the next backward pass. */
function policyPhase14(unit: i32): void {
  if (unit < hiddenPanels) {
    updateHidden1(actorAdam(), actor, observations, actorInputs, targetActivation(0, 1), unit);
  } else if (unit < 2 * hiddenPanels) {
    transposePanel(actor + actorHidden2, hiddenColumns, unit - hiddenPanels, hiddenColumns, actorHidden2Transposed, hiddenColumns);
  } else {
    transposePanel(actor + actorHeads, hiddenColumns, unit - 2 * hiddenPanels, hiddenColumns, actorHeadsTransposed, headPanels << 4);
  }
}

// ---- temperature

function temperaturePhase4(unit: i32): void {
  const row = unit * ROW_CHUNK;
  logProbability(alphaNoise(), logProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

/** Losses of policy and temperature; one Adam step on log α: its gradient is −mean(log π + target entropy). */
function temperaturePhase5(_unit: i32): void {
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

// ---- the sequence

/** The actor on the batch's observations: up to the heads. */
function actorForward(): void {
  inParallel(hiddenPanels, policyPhase1);
  inParallel(hiddenPanels * ROW_PARTS, actorHidden2Unit);
  inParallel(headPanels * HEAD_PARTS, actorHeadsUnit);
}

/** Both critics, and their targets' averages. */
function criticUpdate(): void {
  inParallel(3 * hiddenPanels, criticPhase1);
  inParallel(3 * hiddenPanels * ROW_PARTS, criticPhase2);
  inParallel(headPanels * HEAD_PARTS + 2 * chunks(batchRows), criticPhase3);
  inParallel(chunks(batchSize), criticPhase4);
  inParallel(2 * hiddenPanels, criticPhase5);
  inParallel(2 * hiddenPanels * ROW_PARTS, criticPhase6);
  inParallel(chunks(batchSize), criticPhase7);
  inParallel(2 * (hiddenPanels + 1), criticPhase8);
  inParallel(2 * hiddenPanels * (ROW_PARTS + 2), criticPhase9);
  inParallel(4 * hiddenPanels, criticPhase10);
}

/** One step of the policy, given the actor's heads on the batch's observations. */
function policyUpdate(): void {
  inParallel(chunks(batchSize), policyPhase4);
  inParallel(2 * hiddenPanels, policyPhase5);
  inParallel(2 * hiddenPanels * ROW_PARTS, policyPhase6);
  inParallel(2 * chunks(batchRows), policyPhase7);
  inParallel(1, chooseCritics);
  inParallel(hiddenPanels, policyPhase8);
  inParallel(2 * hiddenPanels, policyPhase9);
  inParallel(2 * actionPanels * HEAD_PARTS, policyPhase10);
  inParallel(chunks(batchSize), policyPhase11);
  inParallel(hiddenPanels * ROW_PARTS + headPanels * hiddenPanels, policyPhase12);
  inParallel(hiddenPanels * (ROW_PARTS + 2), policyPhase13);
  inParallel(2 * hiddenPanels + headPanels, policyPhase14);
}

/** One step of the temperature. The actor's heads that it computes serve the next policy step: same weights, same observations. */
function temperatureUpdate(): void {
  actorForward();
  inParallel(chunks(batchSize), temperaturePhase4);
  inParallel(1, temperaturePhase5);
}

/** What every thread runs for one update. */
export function runUpdate(): void {
  beginPhases();
  const noiseUnits = load<i32>(orders, 4) ? (noiseBlocks() + NOISE_CHUNK - 1) / NOISE_CHUNK : 0;
  inParallel(chunks(batchSize) + noiseUnits, prepareInputs);
  criticUpdate();
  if (!load<i32>(orders)) return;
  actorForward();
  for (step = 0; step < policySteps; step++) {
    policyUpdate();
    temperatureUpdate();
  }
}

/** For timing, after an update: a part of it again; 0 critics, 1 policy, 2 temperature. */
export function runPart(part: i32): void {
  beginPhases();
  step = 0;
  if (part == 0) criticUpdate();
  else if (part == 1) policyUpdate();
  else temperatureUpdate();
}

/** Main thread, once and after every change of the parameters from outside: constants of the optimizers, transposed kernels, α. */
export function refresh(): void {
  for (let k = -1; k < policySteps; k++) {
    const adam = changetype<Adam>(k < 0 ? orders + 32 : orders + 64 + (<usize>k << 5));
    adam.distance = k < 0 ? criticBytes : actorBytes;
    adam.polyak = k < 0 ? <f32>load<f64>(constants, 8) : -1;
  }
  for (let which = 0; which < 2; which++) {
    for (let panel = 0; panel < hiddenPanels; panel++) {
      transposePanel(critic(which), criticInputs, panel, actionPanels << 4, criticActionTransposed(which), hiddenColumns);
      transposePanel(critic(which) + criticHidden2, hiddenColumns, panel, hiddenColumns, criticHidden2Transposed(which), hiddenColumns);
    }
  }
  for (let panel = 0; panel < hiddenPanels; panel++) {
    transposePanel(actor + actorHidden2, hiddenColumns, panel, hiddenColumns, actorHidden2Transposed, hiddenColumns);
  }
  for (let panel = 0; panel < headPanels; panel++) {
    transposePanel(actor + actorHeads, hiddenColumns, panel, hiddenColumns, actorHeadsTransposed, headPanels << 4);
  }
  store<f32>(temperature, <f32>exp(<f64>load<f32>(temperature)), 12);
}
