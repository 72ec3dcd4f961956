// What an update begins with: the batch in panels, and its noise.

import {
  actionSize, batchPanel, batchSize, criticInput, inputActions, inputNextObservations, inputObservations, nextCriticInput,
  nextObservations, noise, observations, observationSize, orders, policyCriticInput, policySteps,
} from "./layout";
import { normalBlock } from "./numbers";
import { chunks, ROW_CHUNK } from "./units";

const NOISE_CHUNK: i32 = 64; // Philox blocks in a unit

/** Writes numbers into columns [column, column + count) of a row of a batch matrix. */
function put(matrix: usize, row: i32, column: i32, from: usize, count: i32): void {
  let to = matrix + <usize>(column >> 4) * batchPanel + (<usize>row << 6) + (<usize>(column & 15) << 2);
  let left = 16 - (column & 15); // in this panel
  for (const end = from + (<usize>count << 2); from < end; from += 4, to += 4) {
    if (left-- == 0) {
      to += batchPanel - 64;
      left = 15;
    }
    store<f32>(to, load<f32>(from));
  }
}

/** Philox blocks of noise that this update needs, four numbers each. */
function noiseBlocks(): i32 {
  const arrays = load<i32>(orders) ? 1 + 2 * policySteps : 1;
  return (arrays * batchSize * actionSize + 3) / 4;
}

export function prepareInputs(unit: i32): void {
  if (unit >= chunks(batchSize)) {
    const first = (unit - chunks(batchSize)) * NOISE_CHUNK;
    for (let block = first; block < min(first + NOISE_CHUNK, noiseBlocks()); block++) {
      normalBlock(block, load<u32>(orders, 8), load<u32>(orders, 12), load<u32>(orders, 16), noise + (<usize>block << 4));
    }
    return;
  }
  for (let row = unit * ROW_CHUNK; row < min(unit * ROW_CHUNK + ROW_CHUNK, batchSize); row++) {
    const observation = inputObservations + (<usize>(row * observationSize) << 2);
    put(observations, row, 0, observation, observationSize);
    put(criticInput, row, actionSize, observation, observationSize);
    put(policyCriticInput, row, actionSize, observation, observationSize);
    const next = inputNextObservations + (<usize>(row * observationSize) << 2);
    put(nextObservations, row, 0, next, observationSize);
    put(nextCriticInput, row, actionSize, next, observationSize);
    put(criticInput, row, 0, inputActions + (<usize>(row * actionSize) << 2), actionSize);
  }
}

/** Units of work in `prepareInputs`. */
export function inputUnits(): i32 {
  const noiseUnits = load<i32>(orders, 4) ? (noiseBlocks() + NOISE_CHUNK - 1) / NOISE_CHUNK : 0;
  return chunks(batchSize) + noiseUnits;
}
