// Where everything lies in memory. Every matrix is a row of panels, 16 columns wide: element (row, column) of a matrix of R rows
// is float number ((column / 16)·R + row)·16 + column % 16. The same layout serves a product's left operand, its left operand
// transposed, its right operand and its result; only what `sparse.ts` makes shorter is packed. Columns are padded to 16 with zeros, which stay
// zero; a batch is padded to a multiple of four rows.

import { groupingBytes } from "./grouping";
import { listsBytes, setUnits } from "./sparse";
import { counterBytes, EPOCH, HEAP, joinThreads } from "./schedule";

export let observationSize: i32 = 0;
export let actionSize: i32 = 0;
export let batchSize: i32 = 0;
export let policySteps: i32 = 0;

// Padded sizes.
export let hiddenColumns: i32 = 0;
export let hiddenPanels: i32 = 0;
export let headPanels: i32 = 0; // of mean and log-std side by side: columns [0, action) and [action, 2·action)
export let actionPanels: i32 = 0;
export let criticInputs: i32 = 0; // rows of a critic's first kernel: action, then observation, then padding
export let actorInputs: i32 = 0;
export let batchRows: i32 = 0;
export let gatheredRows: i32 = 0;

/** Bytes from one panel of a batch matrix to the next. */
export let batchPanel: usize = 0;
export let gatheredPanel: usize = 0;

/** Offsets of the layers within a critic, in bytes; a layer is its kernel and behind it its bias. */
export let criticHidden2: usize = 0;
export let criticOutput: usize = 0;
/** Bytes of a critic's parameters; first moments, second moments and target follow at this distance from each other. */
export let criticBytes: usize = 0;
export let actorHidden2: usize = 0;
export let actorHeads: usize = 0;
/** Bytes of the actor's parameters; first and second moments follow at this distance. */
export let actorBytes: usize = 0;

export let actor: usize = 0;
export let actorHidden2Transposed: usize = 0;
export let actorHeadsTransposed: usize = 0;
let critics: usize = 0;
let criticStride: usize = 0;

/** The temperature: log α, its Adam moments m and v, α. */
export let temperature: usize = 0;
/** One update's orders and rates, written by the main thread. See `update.ts`. */
export let orders: usize = 0;
/** Float32 results: policy loss, alpha loss, q1 loss, q2 loss, q1 mean, q2 mean. */
export let results: usize = 0;

// The batch as it comes, row-major.
export let inputObservations: usize = 0;
export let inputActions: usize = 0;
export let inputRewards: usize = 0;
export let inputNextObservations: usize = 0;
export let inputTerminated: usize = 0;
/** `[1 + 2·policySteps][batch, action]`: next action; then for each policy step the actor's and the temperature's. */
export let noise: usize = 0;

// Batch matrices.
export let observations: usize = 0;
export let nextObservations: usize = 0;
export let criticInput: usize = 0; // (action, observation) of the batch
export let nextCriticInput: usize = 0; // (sampled action, next observation)
export let policyCriticInput: usize = 0; // (sampled action, observation)
export let actorActivation1: usize = 0;
export let actorActivation2: usize = 0;
export let heads: usize = 0;
export let headsGradient: usize = 0;
let criticActivations: usize = 0;
let hiddenBytes: usize = 0;
export let gathered1: usize = 0;
export let gathered2: usize = 0;
export let actionGradient: usize = 0;
let columnOrders: usize = 0;
let rowOrders: usize = 0;
let gradientsStart: usize = 0;
/** Row of the batch for each gathered row (−1: padding), and gathered row for each row of the batch. */
export let rowOfGathered: usize = 0;
export let gatheredOfRow: usize = 0;

// Float32 per row of the batch.
export let smallerValues: usize = 0; // min Q of the sampled actions
export let policyLogProbabilities: usize = 0; // log π of the policy step, kept while the temperature's are made
export let logProbabilities: usize = 0;
let rowVectors: usize = 0;
// Float64 per row and action, kept from sampling for its gradient.
export let tanhOfSample: usize = 0;
export let spreadOfSample: usize = 0; // std · noise
export let tanhOfHead: usize = 0;

/** Float64: γ, share of the targets kept, lower and upper bound of log-std, target entropy, three unused, then scale and bias of each action. */
export let constants: usize = 0;
/** A row of zeros. */
export let zeros: usize = 0;
/** What single-observation passes use: input, two hidden vectors, heads, noise, action. */
export let single: usize = 0;

let top: usize = 0;

function reserve(bytes: usize): usize {
  const address = top;
  top += (bytes + 63) & ~63;
  return address;
}

function padded(size: i32, multiple: i32): i32 {
  return ((size + multiple - 1) / multiple) * multiple;
}

/** Lays everything out for these sizes; returns the bytes of memory that it takes. Every thread's instance calls it once. */
export function configure(observation: i32, action: i32, hidden: i32, batch: i32, steps: i32): usize {
  observationSize = observation;
  actionSize = action;
  batchSize = batch;
  policySteps = steps;
  hiddenColumns = padded(hidden, 16);
  hiddenPanels = hiddenColumns / 16;
  headPanels = padded(2 * action, 16) / 16;
  actionPanels = padded(action, 16) / 16;
  criticInputs = padded(action + observation, 16);
  actorInputs = padded(observation, 16);
  batchRows = padded(batch, 4);
  gatheredRows = batchRows + 8;
  batchPanel = <usize>batchRows << 6;
  gatheredPanel = <usize>gatheredRows << 6;

  const columns = <usize>hiddenColumns << 2; // bytes of a row of a hidden kernel
  criticHidden2 = columns * <usize>(criticInputs + 1);
  criticOutput = criticHidden2 + columns * <usize>(hiddenColumns + 1);
  criticBytes = criticOutput + columns + 64;
  actorHidden2 = columns * <usize>(actorInputs + 1);
  actorHeads = actorHidden2 + columns * <usize>(hiddenColumns + 1);
  actorBytes = actorHeads + (<usize>headPanels << 6) * <usize>(hiddenColumns + 1);

  if (__heap_base > EPOCH) unreachable(); // the compiler's own data lie below the control block
  top = HEAP;
  zeros = reserve(64);
  constants = reserve(64 + (<usize>action << 4));
  single = reserve(<usize>(actorInputs + 2 * hiddenColumns + 48 * headPanels) << 2);
  actor = reserve(3 * actorBytes);
  if (batch == 0) return top; // a policy alone

  actorHidden2Transposed = reserve(columns * <usize>hiddenColumns);
  actorHeadsTransposed = reserve(columns * (<usize>headPanels << 4));
  criticStride = 4 * criticBytes + columns * <usize>(hiddenColumns + 16 * actionPanels);
  critics = reserve(2 * criticStride);
  temperature = reserve(64);
  orders = reserve(64 + (<usize>steps << 5));
  results = reserve(64);

  const rows = <usize>batchRows, actions = rows * <usize>action;
  inputObservations = reserve(rows * <usize>observation << 2);
  inputActions = reserve(actions << 2);
  inputRewards = reserve(rows << 2);
  inputNextObservations = reserve(rows * <usize>observation << 2);
  inputTerminated = reserve(rows << 2);
  noise = reserve((<usize>((1 + 2 * steps) * batch * action) << 2) + 16);

  observations = reserve(rows * <usize>actorInputs << 2);
  nextObservations = reserve(rows * <usize>actorInputs << 2);
  criticInput = reserve(rows * <usize>criticInputs << 2);
  nextCriticInput = reserve(rows * <usize>criticInputs << 2);
  policyCriticInput = reserve(rows * <usize>criticInputs << 2);
  hiddenBytes = rows * columns;
  actorActivation1 = reserve(hiddenBytes);
  actorActivation2 = reserve(hiddenBytes);
  heads = reserve(rows * (<usize>headPanels << 6));
  headsGradient = reserve(rows * (<usize>headPanels << 6));
  criticActivations = reserve(8 * hiddenBytes);
  gathered1 = reserve(<usize>gatheredRows * columns);
  gathered2 = reserve(<usize>gatheredRows * columns);
  actionGradient = reserve(<usize>gatheredRows * (<usize>actionPanels << 6));
  columnOrders = reserve(4 * columns);
  rowOrders = reserve(2 * (rows << 2));
  gradientsStart = reserve(2 * columns * <usize>hiddenColumns);
  rowOfGathered = reserve(<usize>gatheredRows << 2);
  gatheredOfRow = reserve(rows << 2);
  smallerValues = reserve(rows << 2);
  policyLogProbabilities = reserve(rows << 2);
  logProbabilities = reserve(rows << 2);
  rowVectors = reserve(6 * (rows << 2));
  tanhOfSample = reserve(actions << 3);
  spreadOfSample = reserve(actions << 3);
  tanhOfHead = reserve(actions << 3);
  return top;
}

/** Scratch for one block of gradients, for lists of `sparse.ts`, or for grouping rows or columns. */
function scratchBytes(): usize {
  const rows = max(hiddenColumns, max(criticInputs, actorInputs));
  const grouping = max(groupingBytes(batchRows, hiddenPanels), <usize>(batchSize + 2) << 2);
  return max(max(<usize>rows << 6, listsBytes(max(hiddenColumns, batchSize))), (grouping + 63) & ~63);
}

/** Bytes behind everything else that this many threads need: their counters, and scratch for each. */
export function threadBytes(threads: i32): usize {
  return counterBytes(policySteps, threads) + <usize>threads * scratchBytes();
}

/** A critic's parameters: first 0 or second 1. */
@inline
export function critic(which: i32): usize {
  return critics + <usize>which * criticStride;
}

/** A critic's second kernel transposed. */
@inline
export function criticHidden2Transposed(which: i32): usize {
  return critic(which) + 4 * criticBytes;
}

/** The action's rows of a critic's first kernel, transposed. */
@inline
export function criticActionTransposed(which: i32): usize {
  return critic(which) + 4 * criticBytes + (<usize>hiddenColumns << 2) * <usize>hiddenColumns;
}

/** Activations of a critic: layer 1 or 2. */
@inline
export function criticActivation(which: i32, layer: i32): usize {
  return criticActivations + <usize>(which * 2 + layer - 1) * hiddenBytes;
}

/** Activations of a target critic; scratch for gradients once the targets are known. */
@inline
export function targetActivation(which: i32, layer: i32): usize {
  return criticActivations + <usize>(4 + which * 2 + layer - 1) * hiddenBytes;
}

/** The batch's rows in groups: of observations (0) or of next observations (1). An i32 for each row. */
@inline
export function rowOrder(next: i32): usize {
  return rowOrders + (<usize>next * <usize>batchRows << 2);
}

/** Of the gradient by the second activations of two networks, an i32 for each column: how many of its numbers are not zero. */
@inline
export function columnCounts(which: i32): usize {
  return columnOrders + (<usize>(2 * which) * <usize>hiddenColumns << 2);
}

/** The columns ordered by that. */
@inline
export function columnOrder(which: i32): usize {
  return columnCounts(which) + (<usize>hiddenColumns << 2);
}

/** The gradient by a second kernel, transposed: of two networks. */
@inline
export function transposedGradient(which: i32): usize {
  return gradientsStart + (<usize>which * <usize>hiddenColumns << 2) * <usize>hiddenColumns;
}

/** A float32 for each row: a critic's values. */
@inline
export function values(which: i32): usize {
  return rowVectors + <usize>which * (<usize>batchRows << 2);
}

/** A float32 for each row: the loss's gradient by a critic's values. */
@inline
export function valueGradients(which: i32): usize {
  return rowVectors + <usize>(2 + which) * (<usize>batchRows << 2);
}

/** A float32 for each row: a target critic's values. */
@inline
export function targetValues(which: i32): usize {
  return rowVectors + <usize>(4 + which) * (<usize>batchRows << 2);
}

/** The scratch of this thread. */
export let scratch: usize = 0;

/** Tells this instance which of how many threads it serves; `base` is what `configure` returned. */
export function setThread(thread: i32, threads: i32, base: usize): void {
  joinThreads(thread, threads, policySteps, base);
  setUnits(threads);
  scratch = base + counterBytes(policySteps, threads) + <usize>thread * scratchBytes();
}
