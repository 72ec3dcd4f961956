/** The replay buffer: a ring of transitions in flat arrays. */

import type { RandomStream } from "./random.ts";

/** Transitions for one update, each array flat and row-major. */
export interface Batch {
  /** Transitions in it. */
  readonly size: number;
  /** `[batch, observation]` */
  readonly observations: Float32Array;
  /** `[batch, action]`, in the environment's units */
  readonly actions: Float32Array;
  /** `[batch]` */
  readonly rewards: Float32Array;
  /** `[batch, observation]` */
  readonly nextObservations: Float32Array;
  /** `[batch]`: 1 where the task itself ended, so that the next state has no value; 0 elsewhere, also after a time limit */
  readonly terminated: Float32Array;
}

/** An empty batch of `size` transitions. */
export function makeBatch(size: number, observationSize: number, actionSize: number): Batch {
  return {
    size,
    observations: new Float32Array(size * observationSize),
    actions: new Float32Array(size * actionSize),
    rewards: new Float32Array(size),
    nextObservations: new Float32Array(size * observationSize),
    terminated: new Float32Array(size),
  };
}

/** The newest `capacity` transitions, sampled uniformly with replacement. */
export class ReplayBuffer {
  /** Transitions that it keeps. */
  readonly capacity: number;
  /** Numbers in an observation. */
  readonly observationSize: number;
  /** Numbers in an action. */
  readonly actionSize: number;
  #data: Batch;
  #size = 0;
  #rows = new Uint32Array(0); // of the last batch
  #next = 0; // the row that the next transition takes

  /** An empty buffer for `capacity` transitions. */
  constructor(capacity: number, observationSize: number, actionSize: number) {
    this.capacity = capacity;
    this.observationSize = observationSize;
    this.actionSize = actionSize;
    this.#data = makeBatch(capacity, observationSize, actionSize);
  }

  /** Transitions held. */
  get size(): number {
    return this.#size;
  }

  /** Adds a transition, in the place of the oldest when full. The true next observation belongs here, also at an episode's end. */
  add(
    observation: ArrayLike<number>,
    action: ArrayLike<number>,
    reward: number,
    nextObservation: ArrayLike<number>,
    terminated: boolean,
  ): void {
    const row = this.#next, data = this.#data;
    data.observations.set(observation, row * this.observationSize);
    data.actions.set(action, row * this.actionSize);
    data.rewards[row] = reward;
    data.nextObservations.set(nextObservation, row * this.observationSize);
    data.terminated[row] = terminated ? 1 : 0;
    this.#next = (row + 1) % this.capacity;
    if (this.#size < this.capacity) this.#size++;
  }

  /**
   * Fills `batch` with transitions drawn uniformly with replacement.
   *
   * @throws {RangeError} if the buffer is empty
   */
  sample(random: RandomStream, batch: Batch): void {
    const { observationSize, actionSize } = this, data = this.#data;
    if (this.#rows.length !== batch.size) this.#rows = new Uint32Array(batch.size);
    const rows = this.#rows;
    for (let i = 0; i < rows.length; i++) rows[i] = random.integer(this.#size);
    // One array after the other: the processor then waits for many rows at a time.
    gatherRows(data.observations, rows, batch.observations, observationSize);
    gatherRows(data.actions, rows, batch.actions, actionSize);
    gatherRows(data.rewards, rows, batch.rewards, 1);
    gatherRows(data.nextObservations, rows, batch.nextObservations, observationSize);
    gatherRows(data.terminated, rows, batch.terminated, 1);
  }

  /** What is held, oldest ring position first, for a checkpoint: views, not copies. `next` is the row that comes next. */
  get state(): { size: number; next: number; data: Batch } {
    const { observationSize, actionSize } = this, size = this.#size, data = this.#data;
    return {
      size,
      next: this.#next,
      data: {
        size,
        observations: data.observations.subarray(0, size * observationSize),
        actions: data.actions.subarray(0, size * actionSize),
        rewards: data.rewards.subarray(0, size),
        nextObservations: data.nextObservations.subarray(0, size * observationSize),
        terminated: data.terminated.subarray(0, size),
      },
    };
  }

  /**
   * Goes back to a `state`.
   *
   * @throws {RangeError} if the state does not fit this buffer
   */
  restore({ size, next, data }: { size: number; next: number; data: Batch }): void {
    const fits = size <= this.capacity && next === (size < this.capacity ? size : next) && next >= 0 &&
      next < this.capacity &&
      data.observations.length === size * this.observationSize && data.actions.length === size * this.actionSize &&
      data.nextObservations.length === size * this.observationSize && data.rewards.length === size &&
      data.terminated.length === size;
    if (!fits) {
      throw new RangeError(`Cannot restore ${size} transitions into a buffer of ${this.capacity}: sizes do not fit`);
    }
    for (const key of ["observations", "actions", "rewards", "nextObservations", "terminated"] as const) {
      this.#data[key].set(data[key]);
    }
    this.#size = size;
    this.#next = next;
  }
}

function gatherRows(from: Float32Array, rows: Uint32Array, to: Float32Array, width: number): void {
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let j = rows[i]! * width, end = j + width; j < end; j++) to[at++] = from[j]!;
  }
}
