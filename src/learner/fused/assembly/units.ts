// Units of work that critics, policy and temperature share: forward passes, values, a layer's own gradients and Adam step.

import {
  Adam, applyAdam, forward, transposePanel, transposeRows, updateBias, updateKernel, valuesOf,
} from "./dense";
import {
  actionSize, actor, actorActivation1, actorActivation2, actorHeads, actorHidden2, actorInputs, batchPanel, batchRows,
  batchSize, columnCounts, columnListBytes, columnLists, columnOrder, critic, criticActivation, criticBytes, criticHidden2,
  criticInputs, criticOutput, headPanels, heads, hiddenColumns, hiddenPanels, observationSize, rowListBytes, rowLists, scratch,
  targetActivation, targetValues, transposedGradient, values,
} from "./layout";
import { sparseMaskedPanel, sparsePanel, sparseReluPanel } from "./products";
import { chunkLength, chunkStart, packColumns, packRows } from "./sparse";

export const ROW_CHUNK: i32 = 32; // rows in a unit of row-wise work
export const ROW_PARTS: i32 = 2; // units that share a panel of a large product
export const HEAD_PARTS: i32 = 4; // units that share the few panels of the heads

/** The network whose rows are in `rowLists`: a critic's number, or this. */
export const ACTOR: i32 = 2;

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

/** A chunk of the rows of a batch matrix with a column for each hidden unit, in this order, into the network's lists. */
export function packRowsUnit(network: i32, x: usize, order: usize, unit: i32): void {
  packRows(x, batchPanel, order, chunkStart(unit), chunkLength(unit, batchRows), hiddenPanels, rowLists(network), rowListBytes);
}

/** The lists' rows that a part of a product takes. */
@inline
function partOfLists(network: i32, row: i32): usize {
  return rowLists(network) + <usize>(row >> 2) * rowListBytes;
}

/** A part of the listed rows and a panel of a second layer's forward pass; `unit` in [0, hiddenPanels·ROW_PARTS). */
function hidden2Forward(network: i32, layer: usize, y: usize, unit: i32): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels;
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  const bias = layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2) + (<usize>panel << 6);
  const kernelPanel = layer + (<usize>panel * <usize>hiddenColumns << 6);
  sparseReluPanel(partOfLists(network, row), rowListBytes, kernelPanel, bias, y + <usize>panel * batchPanel, rows);
}

/** The same of dX = dY·Wᵀ, masked by x, the activations that ReLU gave; listed are dY's rows. */
export function hidden2Backward(network: i32, transposed: usize, dx: usize, x: usize, unit: i32): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels;
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  const offset = <usize>panel * batchPanel, kernelPanel = transposed + (<usize>panel * <usize>hiddenColumns << 6);
  sparseMaskedPanel(partOfLists(network, row), rowListBytes, kernelPanel, x + offset, dx + offset, rows);
}

export function actorHidden2Unit(unit: i32): void {
  hidden2Forward(ACTOR, actor + actorHidden2, actorActivation2, unit);
}

export function criticHidden2Unit(which: i32, parameters: usize, y: usize, unit: i32): void {
  hidden2Forward(which, parameters + criticHidden2, y, unit);
}

/** Unit in [0, headPanels·HEAD_PARTS). */
export function actorHeadsUnit(unit: i32): void {
  const part = unit / headPanels, panel = unit % headPanels;
  const row = partStart(part, HEAD_PARTS, batchRows), end = partStart(part + 1, HEAD_PARTS, batchRows);
  forward(
    false, actorActivation2, hiddenColumns, actor + actorHeads, hiddenColumns, headPanels << 4, heads, batchPanel, panel, row, end - row,
  );
}

/** A chunk of rows of a critic's values; `unit` in [0, 2·chunks(batchRows)). */
export function valuesUnit(unit: i32): void {
  const which = unit / chunks(batchRows);
  chunkOfValues(criticActivation(which, 2), critic(which), values(which), unit % chunks(batchRows));
}

/** The same of a target critic's. */
export function targetValuesUnit(unit: i32): void {
  const which = unit / chunks(batchRows);
  chunkOfValues(targetActivation(which, 2), critic(which) + 3 * criticBytes, targetValues(which), unit % chunks(batchRows));
}

function chunkOfValues(x: usize, parameters: usize, result: usize, chunk: i32): void {
  const row = chunk * ROW_CHUNK;
  valuesOf(x, hiddenPanels, parameters + criticOutput, batchPanel, row, min(ROW_CHUNK, batchRows - row), result);
}

// A second layer's gradient: `which` of two networks, dY with its columns counted, ordered, packed; then Wᵀ's gradient panel by panel.

/** A panel of the biases; the panel's columns are counted on the way. */
export function updateBias2(adam: Adam, which: i32, layer: usize, dy: usize, panel: i32): void {
  const bias = layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2) + (<usize>panel << 6);
  updateBias(adam, dy + <usize>panel * batchPanel, batchSize, bias, columnCounts(which) + (<usize>panel << 6));
}

/** A chunk of dY's columns into lists. */
export function packColumnsUnit(which: i32, dy: usize, unit: i32): void {
  const first = chunkStart(unit), columns = chunkLength(unit, hiddenColumns);
  packColumns(dy, batchPanel, batchSize, columnOrder(which), first, columns, columnLists(which), columnListBytes);
}

/** A panel of the kernel's gradient, transposed: dYᵀ·x. */
export function gradient2Unit(which: i32, x: usize, panel: i32): void {
  const result = transposedGradient(which) + (<usize>panel * <usize>hiddenColumns << 6);
  sparsePanel(columnLists(which), columnListBytes, x + <usize>panel * batchPanel, 0, result, hiddenColumns);
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
