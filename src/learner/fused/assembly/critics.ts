// One update of both critics, and of their targets, phase by phase (SAC paper, equations 5 and 6).

import { Adam, applyAdam, transposePanel } from "./dense";
import { groupRows, orderColumns } from "./grouping";
import {
  actionPanels, actorActivation1, batchPanel, batchRows, batchSize, columnCounts, columnOrder, constants, critic,
  criticActionTransposed, criticActivation, criticBytes, criticHidden2, criticHidden2Transposed, criticInput, criticInputs,
  criticOutput, headPanels, hiddenColumns, hiddenPanels, inputRewards, inputTerminated, logProbabilities, nextCriticInput,
  nextObservations, noise, orders, results, rowOrder, scratch, targetActivation, targetValues, temperature, valueGradients, values,
} from "./layout";
import { sampleActions } from "./sampling";
import { inParallel } from "./schedule";
import { sparseUnits } from "./sparse";
import {
  actorHeadsUnit, actorHidden1Unit, actorHidden2Unit, chunks, criticHidden1Unit, criticHidden2Unit, gradient2Unit, HEAD_PARTS,
  hidden2Backward, partStart, ROW_CHUNK, ROW_PARTS, targetHidden2Unit, updateBias2, updateHidden1, updateHidden2,
} from "./units";

@inline
function criticAdam(): Adam {
  return changetype<Adam>(orders + 32);
}

// In the forward passes the actor's units stand between the two critics', so that two threads have a critic and half of the actor each.

/** First layers: both critics' on the batch, the actor's on the next observations. */
function firstLayers(unit: i32): void {
  const actorUnits = hiddenPanels * ROW_PARTS;
  if (unit < hiddenPanels) return criticHidden1Unit(criticInput, critic(0), criticActivation(0, 1), unit);
  unit -= hiddenPanels;
  if (unit < actorUnits) return actorHidden1Unit(nextObservations, unit);
  criticHidden1Unit(criticInput, critic(1), criticActivation(1, 1), unit - actorUnits);
}

/**
 * Which rows share a tile, for all networks: of the observations, by what a critic makes of them, and of the next ones, by the actor. Each
 * part of the batch by itself, so that a thread's rows of the actor stay its own.
 */
function groupBatch(unit: i32): void {
  const part = unit >> 1, next = unit & 1, start = partStart(part, ROW_PARTS, batchRows), end = partStart(part + 1, ROW_PARTS, batchRows);
  groupRows(next ? actorActivation1 : criticActivation(part & 1, 1), batchPanel, start, end, hiddenPanels, rowOrder(next));
}

/** Second layers of the same, and both critics' values. */
function secondLayers(unit: i32): void {
  const perNet = sparseUnits(batchRows), net = unit / perNet, rest = unit % perNet;
  if (net == 1) return actorHidden2Unit(rowOrder(1), rest);
  criticHidden2Unit(net >> 1, rest);
}

/** Next actions and their log probabilities. */
function sampleNextActions(unit: i32): void {
  const row = unit * ROW_CHUNK;
  sampleActions(noise, nextCriticInput, logProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

function targetFirstLayers(unit: i32): void {
  const which = unit / hiddenPanels;
  criticHidden1Unit(nextCriticInput, critic(which) + 3 * criticBytes, targetActivation(which, 1), unit % hiddenPanels);
}

function targetSecondLayers(unit: i32): void {
  const perNet = sparseUnits(batchRows);
  targetHidden2Unit(unit / perNet, unit % perNet);
}

/** Targets y = r + γ(1 − terminated)(min Q' − α log π), and the gradients of mse(q, y) by the values. */
function computeTargets(unit: i32): void {
  const first = unit * ROW_CHUNK, rows = min(ROW_CHUNK, batchSize - first);
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
function outputLayersBackward(unit: i32): void {
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
  updateBias2(criticAdam(), which, critic(which) + criticHidden2, criticActivation(which, 2), panel);
}

/** Gradient by the first activations; the columns of that by the second ones are ordered. */
function secondLayersBackward(unit: i32): void {
  const perNet = sparseUnits(batchRows) + 1, which = unit / perNet, rest = unit % perNet;
  if (rest == perNet - 1) return orderColumns(columnCounts(which), 0, hiddenColumns, columnOrder(which));
  const x = criticActivation(which, 1);
  hidden2Backward(criticActivation(which, 2), criticHidden2Transposed(which), targetActivation(which, 1), x, rest);
}

/** Gradient by the second layer's kernel. */
function secondLayersGradient(unit: i32): void {
  const perNet = sparseUnits(hiddenColumns), which = unit / perNet;
  gradient2Unit(which, criticActivation(which, 1), criticActivation(which, 2), unit % perNet);
}

/** Both layers' kernels, and what the next backward passes need transposed. */
function updateKernels(unit: i32): void {
  const perNet = hiddenPanels * 2, which = unit / perNet, panel = (unit % perNet) >> 1;
  if (unit & 1) return updateHidden2(criticAdam(), which, critic(which) + criticHidden2, criticHidden2Transposed(which), panel);
  updateHidden1(criticAdam(), critic(which), criticInput, criticInputs, targetActivation(which, 1), panel);
  transposePanel(critic(which), criticInputs, panel, actionPanels << 4, criticActionTransposed(which), hiddenColumns);
}

/** Both critics, and their targets' averages. */
export function criticUpdate(): void {
  inParallel(hiddenPanels * (2 + ROW_PARTS), firstLayers);
  inParallel(2 * ROW_PARTS, groupBatch);
  inParallel(3 * sparseUnits(batchRows), secondLayers);
  inParallel(headPanels * HEAD_PARTS, actorHeadsUnit);
  inParallel(chunks(batchSize), sampleNextActions);
  inParallel(2 * hiddenPanels, targetFirstLayers);
  inParallel(2 * sparseUnits(batchRows), targetSecondLayers);
  inParallel(chunks(batchSize), computeTargets);
  inParallel(2 * (hiddenPanels + 1), outputLayersBackward);
  inParallel(2 * (sparseUnits(batchRows) + 1), secondLayersBackward);
  inParallel(2 * sparseUnits(hiddenColumns), secondLayersGradient);
  inParallel(4 * hiddenPanels, updateKernels);
}
