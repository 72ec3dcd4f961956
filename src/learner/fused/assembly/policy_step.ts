// One step of the policy, phase by phase (SAC paper, equations 7 and 9, with the smaller of two critics).

import { Adam, backward, maskByRelu, transposePanel, updateBias, updateKernel } from "./dense";
import { orderColumns } from "./grouping";
import {
  actionGradient, actionPanels, actionSize, actor, actorActivation1, actorActivation2, actorHeads, actorHeadsTransposed,
  actorHidden2, actorHidden2Transposed, actorInputs, batchPanel, batchRows, batchSize, columnCounts, columnOrder, critic,
  criticActionTransposed, criticActivation, criticHidden2Transposed, criticOutput, gathered1, gathered2, gatheredOfRow,
  gatheredPanel, headPanels, headsGradient, hiddenColumns, hiddenPanels, noise, observations, orders, policyCriticInput,
  policyLogProbabilities, results, rowListBytes, rowLists, rowOfGathered, rowOrder, smallerValues, targetActivation, values,
} from "./layout";
import { sparsePanel } from "./products";
import { policyGradient, sampleActions } from "./sampling";
import { inParallel } from "./schedule";
import { chunkLength, chunkStart, packChunks, packRows } from "./sparse";
import {
  ACTOR, actorHeadsUnit, actorHidden1Unit, actorHidden2Unit, chunks, criticHidden1Unit, criticHidden2Unit, gradient2Unit,
  HEAD_PARTS, hidden2Backward, packColumnsUnit, packRowsUnit, partStart, ROW_CHUNK, ROW_PARTS, updateBias2, updateHidden1,
  updateHidden2, valuesUnit,
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

/** What the second layers multiply, packed. */
function packCriticLayers(unit: i32): void {
  const perNet = packChunks(batchRows), which = unit / perNet;
  packRowsUnit(which, criticActivation(which, 1), rowOrder(0), unit % perNet);
}

function criticSecondLayers(unit: i32): void {
  const perNet = hiddenPanels * ROW_PARTS, which = unit / perNet;
  criticHidden2Unit(which, critic(which), criticActivation(which, 2), unit % perNet);
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

/** Gradient of −mean(min Q) by a panel of a critic's second activations, in the rows where it is the smaller. */
function outputGradients(unit: i32): void {
  const which = unit / hiddenPanels, panel = unit % hiddenPanels;
  const zero = f32x4.splat(0), scale = f32x4.splat(<f32>-1 / <f32>batchSize);
  const to = gathered2 + <usize>panel * gatheredPanel;
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

/** The same packed. */
function packCriticRows(unit: i32): void {
  const perNet = packChunks(batchRows), which = unit / perNet, start = gatheredStart(which);
  const chunk = unit % perNet, rows = chunkLength(chunk, gatheredEnd(which) - start);
  packRows(gathered2 + (<usize>start << 6), gatheredPanel, 0, chunkStart(chunk), rows, hiddenPanels, rowLists(which), rowListBytes);
}

/** The same by the first activations. */
function secondLayerGradients(unit: i32): void {
  const which = unit / hiddenPanels, panel = unit % hiddenPanels;
  const start = gatheredStart(which), rows = gatheredEnd(which) - start;
  if (rows == 0) return;
  sparsePanel(
    rowLists(which), rowListBytes, criticHidden2Transposed(which) + (<usize>panel * <usize>hiddenColumns << 6), 0,
    gathered1 + <usize>panel * gatheredPanel + (<usize>start << 6), rows,
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
function actionGradients(unit: i32): void {
  const which = unit / (actionPanels * HEAD_PARTS), rest = unit % (actionPanels * HEAD_PARTS);
  const panel = rest / HEAD_PARTS, part = rest % HEAD_PARTS, start = gatheredStart(which), rows = gatheredEnd(which) - start;
  const row = partStart(part, HEAD_PARTS, rows), end = partStart(part + 1, HEAD_PARTS, rows);
  if (row == end) return;
  backward(
    gathered1, hiddenColumns, criticActionTransposed(which), hiddenColumns, actionGradient, gatheredPanel, panel, start + row, end - row,
  );
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

/** The same packed by rows; biases of the second layer. */
function packActorGradient(unit: i32): void {
  const dy = targetActivation(0, 2);
  if (unit < hiddenPanels) updateBias2(actorAdam(), 0, actor + actorHidden2, dy, unit);
  else packRowsUnit(ACTOR, dy, rowOrder(0), unit - hiddenPanels);
}

/** Gradient by the first activations; the second activations' columns ordered. */
function secondLayerBackward(unit: i32): void {
  if (unit == 0) orderColumns(columnCounts(0), columnOrder(0));
  else hidden2Backward(ACTOR, actorHidden2Transposed, targetActivation(0, 1), actorActivation1, unit - 1);
}

/** First layer and heads; for the second layer the gradient packed by columns. */
function updateActor(unit: i32): void {
  const columnUnits = packChunks(hiddenColumns);
  if (unit < columnUnits) return packColumnsUnit(0, targetActivation(0, 2), unit);
  unit -= columnUnits;
  if (unit < hiddenPanels) updateHidden1(actorAdam(), actor, observations, actorInputs, targetActivation(0, 1), unit);
  else updateHeads(unit - hiddenPanels);
}

/** The gradient by the second layer's kernel. */
function secondLayerGradient(panel: i32): void {
  gradient2Unit(0, actorActivation1, panel);
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

/** What the second layer multiplies, packed. */
function packActor(unit: i32): void {
  packRowsUnit(ACTOR, actorActivation1, rowOrder(0), unit);
}

/** The actor on the batch's observations: up to the heads. */
export function actorForward(): void {
  inParallel(hiddenPanels * ROW_PARTS, actorFirstLayer);
  inParallel(packChunks(batchRows), packActor);
  inParallel(hiddenPanels * ROW_PARTS, actorHidden2Unit);
  inParallel(headPanels * HEAD_PARTS, actorHeadsUnit);
}

/** One step of the policy, given the actor's heads on the batch's observations. */
export function policyUpdate(): void {
  inParallel(chunks(batchSize), samplePolicyActions);
  inParallel(2 * hiddenPanels, criticFirstLayers);
  inParallel(2 * packChunks(batchRows), packCriticLayers);
  inParallel(2 * hiddenPanels * ROW_PARTS, criticSecondLayers);
  inParallel(2 * chunks(batchRows), valuesUnit);
  inParallel(1, chooseCritics);
  inParallel(2 * hiddenPanels, outputGradients);
  inParallel(2 * packChunks(batchRows), packCriticRows);
  inParallel(2 * hiddenPanels, secondLayerGradients);
  inParallel(2 * actionPanels * HEAD_PARTS, actionGradients);
  inParallel(chunks(batchSize), headGradients);
  inParallel(hiddenPanels * ROW_PARTS, headsBackward);
  inParallel(hiddenPanels + packChunks(batchRows), packActorGradient);
  inParallel(hiddenPanels * ROW_PARTS + 1, secondLayerBackward);
  inParallel(packChunks(hiddenColumns) + 2 * hiddenPanels, updateActor);
  inParallel(hiddenPanels, secondLayerGradient);
  inParallel(hiddenPanels + headPanels, updateSecondLayer);
}
