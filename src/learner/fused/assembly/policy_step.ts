// One step of the policy, phase by phase (SAC paper, equations 7 and 9, with the smaller of two critics).

import { Adam, backward, maskByRelu, transposePanel, updateBias, updateKernel } from "./dense";
import { orderColumns } from "./grouping";
import {
  actionGradient, actionPanels, actionSize, actor, actorActivation1, actorActivation2, actorHeads, actorHeadsTransposed,
  actorHidden2, actorHidden2Transposed, actorInputs, batchPanel, batchRows, batchSize, columnCounts, columnOrder, critic,
  criticActionTransposed, criticActivation, criticHidden2Transposed, criticOutput, gathered1, gathered2, gatheredOfRow,
  gatheredPanel, headPanels, headsGradient, hiddenColumns, hiddenPanels, noise, observations, orders, policyCriticInput,
  policyLogProbabilities, results, rowOfGathered, rowOrder, scratch, smallerValues, targetActivation, values,
} from "./layout";
import { sparsePanel } from "./products";
import { policyGradient, sampleActions } from "./sampling";
import { inParallel } from "./schedule";
import { listBytes, packRows, sparseUnits, unitRows, unitStart } from "./sparse";
import {
  actorHeadsUnit, actorHidden1Unit, actorHidden2Unit, chunks, criticHidden1Unit, criticHidden2Unit, gradient2Unit, HEAD_PARTS,
  hidden2Backward, partStart, ROW_CHUNK, ROW_PARTS, updateBias2, updateHidden1, updateHidden2,
} from "./units";

/** Which of the update's policy steps is going on. */
export let step: i32 = 0;

export function setStep(number: i32): void {
  step = number;
}

@inline
function actorAdam(): Adam {
  return changetype<Adam>(orders + 64 + (<usize>step << 5));
}

function actorFirstLayer(unit: i32): void {
  actorHidden1Unit(observations, unit);
}

@inline
function actorNoise(): usize {
  return noise + (<usize>((1 + 2 * step) * batchSize * actionSize) << 2);
}

function samplePolicyActions(unit: i32): void {
  const row = unit * ROW_CHUNK;
  sampleActions(actorNoise(), policyCriticInput, policyLogProbabilities, row, min(ROW_CHUNK, batchSize - row));
}

function criticFirstLayers(unit: i32): void {
  const which = unit / hiddenPanels;
  criticHidden1Unit(policyCriticInput, critic(which), criticActivation(which, 1), unit % hiddenPanels);
}

/** With the values. */
function criticSecondLayers(unit: i32): void {
  const perNet = sparseUnits(batchRows);
  criticHidden2Unit(unit / perNet, unit % perNet);
}

/**
 * Rows of which the first critic's value is the smaller come first, then (from a multiple of four on) the second's: only these go backward.
 * Each in the order of the groups, so that neighbours have zeros in common.
 */
function chooseCritics(_unit: i32): void {
  let gathered: i32 = 0;
  for (let which = 0; which < 2; which++) {
    for (let place = 0; place < batchRows; place++) {
      const row = load<i32>(rowOrder(0) + (<usize>place << 2));
      if (row >= batchSize) continue;
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

/** Gradient of −mean(min Q) by the actions, in some of the rows where a critic is the smaller one: back through its layers. */
function actionGradients(unit: i32): void {
  const perNet = sparseUnits(batchRows), which = unit / perNet, some = unit % perNet;
  const start = gatheredStart(which), rows = unitRows(some, gatheredEnd(which) - start), first = start + unitStart(some);
  if (rows == 0) return;
  outputGradient(which, first, rows);
  packRows(gathered2, gatheredPanel, 0, first, rows, hiddenPanels, scratch);
  for (let panel: usize = 0; panel < <usize>hiddenPanels; panel++) {
    const kernelPanel = criticHidden2Transposed(which) + panel * (<usize>hiddenColumns << 6);
    sparsePanel(scratch, listBytes(hiddenColumns), kernelPanel, 0, gathered1 + panel * gatheredPanel, rows);
    maskGathered(gathered1 + panel * gatheredPanel, criticActivation(which, 1) + panel * batchPanel, first, rows);
  }
  for (let panel = 0; panel < actionPanels; panel++) {
    const transposed = criticActionTransposed(which);
    backward(gathered1, hiddenColumns, transposed, hiddenColumns, actionGradient, gatheredPanel, panel, first, rows);
  }
}

/** The gradient by a critic's second activations, in gathered rows [first, first + rows). */
function outputGradient(which: i32, first: i32, rows: i32): void {
  const zero = f32x4.splat(0), scale = f32x4.splat(<f32>-1 / <f32>batchSize);
  let weights = critic(which) + criticOutput, from = criticActivation(which, 2), to = gathered2 + (<usize>first << 6);
  for (let panel = 0; panel < hiddenPanels; panel++, weights += 64, from += batchPanel, to += gatheredPanel) {
    for (let i = 0; i < rows; i++) {
      const row = load<i32>(rowOfGathered + (<usize>(first + i) << 2)), at = to + (<usize>i << 6);
      for (let lane: usize = 0; lane < 64; lane += 16) {
        const h = row < 0 ? zero : v128.load(from + (<usize>row << 6) + lane);
        v128.store(at + lane, v128.and(f32x4.mul(scale, v128.load(weights + lane)), f32x4.gt(h, zero)));
      }
    }
  }
}

/** Sets a panel's elements to zero where those of h, ReLU's result, are, in gathered rows [first, first + rows). */
function maskGathered(panel: usize, h: usize, first: i32, rows: i32): void {
  for (let i = first; i < first + rows; i++) {
    const row = load<i32>(rowOfGathered + (<usize>i << 2));
    if (row >= 0) maskByRelu(panel + (<usize>i << 6), h + (<usize>row << 6), 16);
  }
}

/** Gradient by the heads. */
function headGradients(unit: i32): void {
  const row = unit * ROW_CHUNK;
  policyGradient(row, min(ROW_CHUNK, batchSize - row));
}

/** Gradient by the second activations. */
function headsBackward(unit: i32): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels, dx = targetActivation(0, 2);
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  const offset = <usize>panel * batchPanel + (<usize>row << 6);
  backward(headsGradient, 2 * actionSize, actorHeadsTransposed, headPanels << 4, dx, batchPanel, panel, row, rows);
  maskByRelu(dx + offset, actorActivation2 + offset, rows << 4);
}

/** Gradient by the first activations; the biases of the second layer, half before it and half behind it. */
function secondLayerBackward(unit: i32): void {
  const dy = targetActivation(0, 2), half = hiddenPanels >> 1, rowUnits = sparseUnits(batchRows);
  if (unit >= half && unit < half + rowUnits) {
    return hidden2Backward(dy, actorHidden2Transposed, targetActivation(0, 1), actorActivation1, unit - half);
  }
  updateBias2(actorAdam(), 0, actor + actorHidden2, dy, unit < half ? unit : unit - rowUnits);
}

/** First layer and heads; the order of the second activations' columns, each half by itself, so that a thread's columns stay its own. */
function updateActor(unit: i32): void {
  const half = partStart(1, 2, hiddenColumns), panels = 2 * hiddenPanels;
  if (unit == 0) return orderColumns(columnCounts(0), 0, half, columnOrder(0));
  if (unit > panels) return orderColumns(columnCounts(0), half, hiddenColumns, columnOrder(0));
  const panel = (unit - 1) >> 1;
  if (unit & 1) updateHidden1(actorAdam(), actor, observations, actorInputs, targetActivation(0, 1), panel);
  else updateHeads(panel);
}

/** The gradient by the second layer's kernel. */
function secondLayerGradient(unit: i32): void {
  gradient2Unit(0, actorActivation1, targetActivation(0, 2), unit);
}

/** Sixteen rows of the heads' kernel; the biases with the first of them. */
function updateHeads(block: i32): void {
  const layer = actor + actorHeads, biases = layer + (<usize>headPanels * <usize>hiddenColumns << 6);
  for (let panel = 0; panel < headPanels; panel++) {
    const dy = headsGradient + <usize>panel * batchPanel, kernelPanel = layer + (<usize>panel * <usize>hiddenColumns << 6);
    updateKernel(actorAdam(), actorActivation2, dy, batchPanel, batchSize, kernelPanel, block << 4, 16);
    if (block == 0) updateBias(actorAdam(), dy, batchSize, biases + (<usize>panel << 6));
  }
}

/** Second layer; and what the next backward pass needs transposed. */
function updateSecondLayer(unit: i32): void {
  if (unit < hiddenPanels) {
    updateHidden2(actorAdam(), 0, actor + actorHidden2, actorHidden2Transposed, unit);
  } else {
    transposePanel(actor + actorHeads, hiddenColumns, unit - hiddenPanels, hiddenColumns, actorHeadsTransposed, headPanels << 4);
  }
}

function actorSecondLayer(unit: i32): void {
  actorHidden2Unit(rowOrder(0), unit);
}

/** The actor on the batch's observations: up to the heads. */
export function actorForward(): void {
  inParallel(hiddenPanels * ROW_PARTS, actorFirstLayer);
  inParallel(sparseUnits(batchRows), actorSecondLayer);
  inParallel(headPanels * HEAD_PARTS, actorHeadsUnit);
}

/** One step of the policy, given the actor's heads on the batch's observations. */
export function policyUpdate(): void {
  inParallel(chunks(batchSize), samplePolicyActions);
  inParallel(2 * hiddenPanels, criticFirstLayers);
  inParallel(2 * sparseUnits(batchRows), criticSecondLayers);
  inParallel(1, chooseCritics);
  inParallel(2 * sparseUnits(batchRows), actionGradients);
  inParallel(chunks(batchSize), headGradients);
  inParallel(hiddenPanels * ROW_PARTS, headsBackward);
  inParallel(hiddenPanels + sparseUnits(batchRows), secondLayerBackward);
  inParallel(2 * hiddenPanels + 2, updateActor);
  inParallel(sparseUnits(hiddenColumns), secondLayerGradient);
  inParallel(hiddenPanels + headPanels, updateSecondLayer);
}
