// Units of work that critics, policy and temperature share: forward passes, values, a layer's own gradients and Adam step.

import { Adam, backward, forward, maskByRelu, updateBias, updateKernel, valuesOf } from "./dense";
import {
  actionSize, actor, actorActivation1, actorActivation2, actorHeads, actorHidden2, actorInputs, batchPanel, batchRows,
  batchSize, critic, criticActivation, criticBytes, criticHidden2, criticInputs, criticOutput, headPanels, heads, hiddenColumns,
  hiddenPanels, observationSize, targetActivation, targetValues, values,
} from "./layout";

export const ROW_CHUNK: i32 = 32; // rows in a unit of row-wise work
export const ROW_PARTS: i32 = 2; // units that share a panel of a large product
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

/** A part of the rows and a panel of a hidden layer's forward pass; `unit` in [0, hiddenPanels·ROW_PARTS). */
function hiddenForward(x: usize, inputs: i32, kernel: usize, kernelRows: i32, y: usize, unit: i32): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels;
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  forward(true, x, inputs, kernel, kernelRows, hiddenColumns, y, batchPanel, panel, row, rows);
}

/** The same of dX = dY·Wᵀ, masked by x, the activations that ReLU gave. */
export function hiddenBackward(
  dy: usize,
  outputs: i32,
  transposed: usize,
  transposedRows: i32,
  dx: usize,
  x: usize,
  unit: i32,
): void {
  const part = unit / hiddenPanels, panel = unit % hiddenPanels;
  const row = partStart(part, ROW_PARTS, batchRows), rows = partStart(part + 1, ROW_PARTS, batchRows) - row;
  const offset = <usize>panel * batchPanel + (<usize>row << 6);
  backward(dy, outputs, transposed, transposedRows, dx, batchPanel, panel, row, rows);
  maskByRelu(dx + offset, x + offset, rows << 4);
}

export function actorHidden1Unit(x: usize, unit: i32): void {
  hiddenForward(x, observationSize, actor, actorInputs, actorActivation1, unit);
}

export function actorHidden2Unit(unit: i32): void {
  hiddenForward(actorActivation1, hiddenColumns, actor + actorHidden2, hiddenColumns, actorActivation2, unit);
}

/** Unit in [0, headPanels·HEAD_PARTS). */
export function actorHeadsUnit(unit: i32): void {
  const part = unit / headPanels, panel = unit % headPanels;
  const row = partStart(part, HEAD_PARTS, batchRows), end = partStart(part + 1, HEAD_PARTS, batchRows);
  forward(
    false, actorActivation2, hiddenColumns, actor + actorHeads, hiddenColumns, headPanels << 4, heads, batchPanel, panel, row, end - row,
  );
}

export function criticHidden1Unit(x: usize, parameters: usize, y: usize, panel: i32): void {
  forward(true, x, actionSize + observationSize, parameters, criticInputs, hiddenColumns, y, batchPanel, panel, 0, batchRows);
}

export function criticHidden2Unit(x: usize, parameters: usize, y: usize, unit: i32): void {
  hiddenForward(x, hiddenColumns, parameters + criticHidden2, hiddenColumns, y, unit);
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

/** One half of a panel of a second layer's kernel; the first half's unit sees to the biases, too. `unit` in [0, 2·hiddenPanels). */
export function updateHidden2(adam: Adam, layer: usize, x: usize, dy: usize, unit: i32): void {
  const panel = unit >> 1, half = (hiddenPanels + 1) >> 1 << 4; // rows of the first half
  const row = unit & 1 ? half : 0, rows = unit & 1 ? hiddenColumns - half : half;
  const dyPanel = dy + <usize>panel * batchPanel;
  const kernelPanel = layer + (<usize>panel * <usize>hiddenColumns << 6);
  if (rows > 0) updateKernel(adam, x, dyPanel, batchPanel, batchSize, kernelPanel, row, rows);
  if (row == 0) updateBias(adam, dyPanel, batchSize, layer + (<usize>hiddenColumns * <usize>hiddenColumns << 2) + (<usize>panel << 6));
}

/** A panel of a first layer: kernel and biases. */
export function updateHidden1(adam: Adam, layer: usize, x: usize, inputs: i32, dy: usize, panel: i32): void {
  const dyPanel = dy + <usize>panel * batchPanel;
  updateKernel(adam, x, dyPanel, batchPanel, batchSize, layer + (<usize>panel * <usize>inputs << 6), 0, inputs);
  updateBias(adam, dyPanel, batchSize, layer + (<usize>hiddenColumns * <usize>inputs << 2) + (<usize>panel << 6));
}
