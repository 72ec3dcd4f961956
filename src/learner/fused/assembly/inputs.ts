// What an update begins with: the batch in panels, and its noise.

import {
  actionSize, batchPanel, batchSize, criticInput, inputActions, inputNextObservations, inputObservations, nextCriticInput,
  nextObservations, noise, observations, observationSize, orders, policyCriticInput, policySteps,
} from "./layout";
import { normalBlock } from "./numbers";
import { chunks, ROW_CHUNK } from "./units";

const NOISE_CHUNK: i32 = 64; // Philox blocks in a unit

/** Writes an element of a batch matrix. */
@inline
function put(matrix: usize, row: i32, column: i32, value: f32): void {
  store<f32>(matrix + <usize>(column >> 4) * batchPanel + (<usize>row << 6) + (<usize>(column & 15) << 2), value);
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

/** Units of work in `prepareInputs`. */
export function inputUnits(): i32 {
  const noiseUnits = load<i32>(orders, 4) ? (noiseBlocks() + NOISE_CHUNK - 1) / NOISE_CHUNK : 0;
  return chunks(batchSize) + noiseUnits;
}
