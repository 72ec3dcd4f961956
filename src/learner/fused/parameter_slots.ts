/** Where each named parameter lies in the kernels' memory, and the way between the two layouts. */

import type { NetworkSizes, ParameterSet } from "../parameters.ts";
import type { Kernels } from "./kernels.ts";

/**
 * A matrix in panels of 16 columns: element (row, column) is float number ((column / 16)·paddedRows + row)·16 + column % 16 behind
 * `address` (see `assembly/layout.ts`).
 */
interface Slot {
  readonly name: string;
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  readonly paddedRows: number;
  /** The first column that belongs to this parameter; mean and log-std heads share a matrix. */
  readonly firstColumn: number;
  /** Rows by which the matrix is rotated: a critic's takes the action first, the parameter has it last. */
  readonly rotation: number;
}

const padded = (size: number) => Math.ceil(size / 16) * 16;

/** The slots of a layer: kernel and, behind its padded columns, bias. */
function layerSlots(
  name: string,
  address: number,
  [rows, columns]: [number, number],
  layout: { allColumns?: number; firstColumn?: number; rotation?: number } = {},
): Slot[] {
  const { allColumns = columns, firstColumn = 0, rotation = 0 } = layout;
  const paddedRows = padded(rows), bias = address + padded(allColumns) * paddedRows * 4;
  return [
    { name: `${name}/kernel`, address, rows, columns, paddedRows, firstColumn, rotation },
    { name: `${name}/bias`, address: bias, rows: 1, columns, paddedRows: 1, firstColumn, rotation: 0 },
  ];
}

function actorSlots(kernels: Kernels, { observationSize, actionSize, hidden }: NetworkSizes): Slot[] {
  const at = (layer: number) => kernels.actorAddress() + kernels.actorLayerOffset(layer);
  const allColumns = 2 * actionSize;
  return [
    ...layerSlots("actor/hidden1", at(0), [observationSize, hidden]),
    ...layerSlots("actor/hidden2", at(1), [hidden, hidden]),
    ...layerSlots("actor/mean", at(2), [hidden, actionSize], { allColumns }),
    ...layerSlots("actor/log_std", at(2), [hidden, actionSize], { allColumns, firstColumn: actionSize }),
  ];
}

function criticSlots(kernels: Kernels, which: number, { observationSize, actionSize, hidden }: NetworkSizes): Slot[] {
  const at = (layer: number) => kernels.critic(which) + kernels.criticLayerOffset(layer), name = `q${which + 1}`;
  const vector = { rows: 1, paddedRows: 1, firstColumn: 0, rotation: 0 };
  return [
    ...layerSlots(`${name}/hidden1`, at(0), [observationSize + actionSize, hidden], { rotation: actionSize }),
    ...layerSlots(`${name}/hidden2`, at(1), [hidden, hidden]),
    { name: `${name}/output/kernel`, address: at(2), columns: hidden, ...vector },
    { name: `${name}/output/bias`, address: at(2) + padded(hidden) * 4, columns: 1, ...vector },
  ];
}

const moved = (slots: Slot[], bytes: number, rename: (name: string) => string): Slot[] =>
  slots.map((slot) => ({ ...slot, name: rename(slot.name), address: slot.address + bytes }));

/** The actor's parameters alone. */
export function makeActorSlots(kernels: Kernels, sizes: NetworkSizes): Slot[] {
  return actorSlots(kernels, sizes);
}

/** Every parameter of a learner's state that is kept in the kernels' memory. */
export function makeLearnerSlots(kernels: Kernels, sizes: NetworkSizes): Slot[] {
  const actor = actorSlots(kernels, sizes), actorBytes = kernels.actorBytes(), criticBytes = kernels.criticBytes();
  const vector = { rows: 1, columns: 1, paddedRows: 1, firstColumn: 0, rotation: 0 };
  const temperature = (name: string, index: number): Slot => ({
    name,
    address: kernels.temperatureAddress() + 4 * index,
    ...vector,
  });
  return [
    ...actor,
    ...moved(actor, actorBytes, (name) => `adam_m/${name}`),
    ...moved(actor, 2 * actorBytes, (name) => `adam_v/${name}`),
    ...[0, 1].flatMap((which) => {
      const critic = criticSlots(kernels, which, sizes);
      return [
        ...critic,
        ...moved(critic, criticBytes, (name) => `adam_m/${name}`),
        ...moved(critic, 2 * criticBytes, (name) => `adam_v/${name}`),
        ...moved(critic, 3 * criticBytes, (name) => name.replace("/", "_target/")),
      ];
    }),
    temperature("log_alpha", 0),
    temperature("adam_m/log_alpha", 1),
    temperature("adam_v/log_alpha", 2),
  ];
}

/** Calls `visit` with the index into the parameter's data and the index into the memory's floats for every element. */
function forEachElement(slot: Slot, visit: (parameterIndex: number, memoryIndex: number) => void): void {
  const { rows, columns, paddedRows, firstColumn, rotation } = slot, start = slot.address / 4;
  for (let row = 0; row < rows; row++) {
    const memoryRow = (row + rotation) % rows;
    for (let column = 0; column < columns; column++) {
      const memoryColumn = firstColumn + column;
      visit(row * columns + column, start + ((memoryColumn >> 4) * paddedRows + memoryRow) * 16 + (memoryColumn & 15));
    }
  }
}

/** Copies parameters from the kernels' memory. */
export function readSlots(slots: Slot[], memory: Float32Array, into: ParameterSet): void {
  for (const slot of slots) {
    const { data } = into[slot.name]!;
    forEachElement(slot, (to, from) => data[to] = memory[from]!);
  }
}

/** Copies parameters into the kernels' memory. */
export function writeSlots(slots: Slot[], memory: Float32Array, from: ParameterSet): void {
  for (const slot of slots) {
    const { data } = from[slot.name]!;
    forEachElement(slot, (source, to) => memory[to] = data[source]!);
  }
}
