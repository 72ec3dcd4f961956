// Units of work that critics, policy and temperature share: forward passes, values, a layer's own gradients and Adam step.

import { Adam, applyAdam, forward, transposePanel, transposeRows, updateBias, updateKernel, valuesOf } from "./dense";
import {
  actionSize, actor, actorActivation1, actorActivation2, actorHeads, actorHidden2, actorInputs, batchPanel, batchRows,
  batchSize, columnCounts, columnOrder, critic, criticActivation, criticBytes, criticHidden2, criticInputs, criticOutput, headPanels,
  heads, hiddenColumns, hiddenPanels, observationSize, rowOrder, scratch, targetActivation, targetValues, transposedGradient, values,
} from "./layout";
import { sparseMaskedPanel, sparsePanel, sparseReluPanel } from "./products";
import { listBytes, packColumns, packRows, unitRows, unitStart } from "./sparse";

export const ROW_CHUNK: i32 = 32; // rows in a unit of row-wise work
export const ROW_PARTS: i32 = 2; // parts of the batch, each with an actor's rows of its own and its own groups
export const HEAD_PARTS: i32 = 4; // units that share the few panels of the heads

/** Rows of a part: parts end at multiples of twelve rows, which tiles of six and of four rows fill without a rest. */
@inline
export function partStart(part: i32, parts: i32, rows: i32): i32 {
  return part == parts ? rows : min(rows, ((rows * part / parts + 11) / 12) * 12);
}

@inline
export function chunks(rows: i32): i32 {
  return (rows + ROW_CHUNK - 1) / ROW_CHUNK;
}

// The critics are shared by critic, the actor by rows of the batch: first all units of a part of them, then those of the next.

/** A part of the rows and a panel of the actor's first layer; `unit` in [0, hiddenPanels·ROW_PARTS). */
export function actorHidden1Unit(x: usize, unit: i32): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels;
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  forward(true, x, observationSize, actor, actorInputs, hiddenColumns, actorActivation1, batchPanel, panel, row, rows);
}

/** A panel of a critic's first layer. */
export function criticHidden1Unit(x: usize, parameters: usize, y: usize, panel: i32): void {
  forward(true, x, actionSize + observationSize, parameters, criticInputs, hiddenColumns, y, batchPanel, panel, 0, batchRows);
}

// The second layers, by units of rows in the order of their groups; `unit` in [0, sparseUnits(batchRows)).

/** Activations y of some rows. */
function hidden2Forward(x: usize, order: usize, layer: usize, y: usize, unit: i32): void {
  const rows = unitRows(unit, batchRows), bytes = listBytes(hiddenColumns), kernelPanel = <usize>hiddenColumns << 6;
  packRows(x, batchPanel, order, unitStart(unit), rows, hiddenPanels, scratch);
  const biases = layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2);
  for (let panel: usize = 0; panel < <usize>hiddenPanels; panel++) {
    sparseReluPanel(scratch, bytes, layer + panel * kernelPanel, biases + (panel << 6), y + panel * batchPanel, rows);
  }
}

/** dX = dY·Wᵀ in some rows, masked by x, the activations that ReLU gave. */
export function hidden2Backward(dy: usize, transposed: usize, dx: usize, x: usize, unit: i32): void {
  const rows = unitRows(unit, batchRows), bytes = listBytes(hiddenColumns), kernelPanel = <usize>hiddenColumns << 6;
  packRows(dy, batchPanel, rowOrder(0), unitStart(unit), rows, hiddenPanels, scratch);
  for (let panel: usize = 0; panel < <usize>hiddenPanels; panel++) {
    const offset = panel * batchPanel;
    sparseMaskedPanel(scratch, bytes, transposed + panel * kernelPanel, x + offset, dx + offset, rows);
  }
}

export function actorHidden2Unit(order: usize, unit: i32): void {
  hidden2Forward(actorActivation1, order, actor + actorHidden2, actorActivation2, unit);
}

/** A critic's second layer on the batch's observations, and its values. */
export function criticHidden2Unit(which: i32, unit: i32): void {
  hidden2AndValues(criticActivation(which, 1), rowOrder(0), critic(which), criticActivation(which, 2), values(which), unit);
}

/** The same of a target critic on the next observations. */
export function targetHidden2Unit(which: i32, unit: i32): void {
  const target = critic(which) + 3 * criticBytes;
  hidden2AndValues(targetActivation(which, 1), rowOrder(1), target, targetActivation(which, 2), targetValues(which), unit);
}

function hidden2AndValues(x: usize, order: usize, parameters: usize, y: usize, result: usize, unit: i32): void {
  hidden2Forward(x, order, parameters + criticHidden2, y, unit);
  const some = order + (<usize>unitStart(unit) << 2);
  valuesOf(y, hiddenPanels, parameters + criticOutput, batchPanel, some, unitRows(unit, batchRows), result);
}

/** Unit in [0, headPanels·HEAD_PARTS). */
export function actorHeadsUnit(unit: i32): void {
  const part = unit / headPanels, panel = unit % headPanels;
  const row = partStart(part, HEAD_PARTS, batchRows), end = partStart(part + 1, HEAD_PARTS, batchRows);
  forward(
    false, actorActivation2, hiddenColumns, actor + actorHeads, hiddenColumns, headPanels << 4, heads, batchPanel, panel, row, end - row,
  );
}

// A second layer's own gradient: dY's columns are counted and ordered, then Wᵀ's gradient is dYᵀ·x, by units of columns in this order.

/** A panel of the biases; the panel's columns are counted on the way. */
export function updateBias2(adam: Adam, which: i32, layer: usize, dy: usize, panel: i32): void {
  const bias = layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2) + (<usize>panel << 6);
  updateBias(adam, dy + <usize>panel * batchPanel, batchSize, bias, columnCounts(which) + (<usize>panel << 6));
}

/** Some rows of the transposed kernel's gradient; `unit` in [0, sparseUnits(hiddenColumns)). */
export function gradient2Unit(which: i32, x: usize, dy: usize, unit: i32): void {
  const columns = unitRows(unit, hiddenColumns), bytes = listBytes(batchSize);
  packColumns(dy, batchPanel, batchSize, columnOrder(which), unitStart(unit), columns, scratch);
  for (let panel: usize = 0; panel < <usize>hiddenPanels; panel++) {
    sparsePanel(scratch, bytes, x + panel * batchPanel, 0, transposedGradient(which) + panel * (<usize>hiddenColumns << 6), columns);
  }
}

/** A panel of the kernel, and of the transposed kernel the rows that belong to it. */
export function updateHidden2(adam: Adam, which: i32, layer: usize, transposed: usize, panel: i32): void {
  transposeRows(transposedGradient(which), hiddenColumns, panel << 4, hiddenPanels, scratch);
  applyAdam(adam, layer + (<usize>panel * <usize>hiddenColumns << 6), scratch, hiddenColumns << 4);
  transposePanel(layer, hiddenColumns, panel, hiddenColumns, transposed, hiddenColumns);
}

/** A panel of a first layer: kernel and biases. */
export function updateHidden1(adam: Adam, layer: usize, x: usize, inputs: i32, dy: usize, panel: i32): void {
  const dyPanel = dy + <usize>panel * batchPanel;
  updateKernel(adam, x, dyPanel, batchPanel, batchSize, layer + (<usize>panel * <usize>inputs << 6), 0, inputs);
  updateBias(adam, dyPanel, batchSize, layer + (<usize>hiddenColumns * <usize>inputs << 2) + (<usize>panel << 6));
}
