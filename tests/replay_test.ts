import assert from "node:assert/strict";
import { RandomStream } from "../src/random.ts";
import { type Batch, makeBatch, ReplayBuffer } from "../src/replay.ts";

/** Adds the transition number `n`, in which every number tells n. */
function addTransition(buffer: ReplayBuffer, n: number) {
  buffer.add([n, n + 0.25], [-n], 10 * n, [n + 1, n + 1.25], n % 3 === 0);
}

function filled(capacity: number, count: number): ReplayBuffer {
  const buffer = new ReplayBuffer(capacity, 2, 1);
  for (let n = 0; n < count; n++) addTransition(buffer, n);
  return buffer;
}

/** The transitions in a batch by their numbers, after a check that each row belongs together. */
function transitionNumbers(batch: Batch): number[] {
  return Array.from(batch.rewards, (reward, i) => {
    const n = reward / 10;
    assert.deepEqual([...batch.observations.slice(2 * i, 2 * i + 2)], [n, n + 0.25]);
    assert.equal(batch.actions[i], -n);
    assert.deepEqual([...batch.nextObservations.slice(2 * i, 2 * i + 2)], [n + 1, n + 1.25]);
    assert.equal(batch.terminated[i], n % 3 === 0 ? 1 : 0);
    return n;
  });
}

function sampled(buffer: ReplayBuffer, count: number, seed = 1): number[] {
  const batch = makeBatch(count, 2, 1);
  buffer.sample(new RandomStream(seed, "batches"), batch);
  return transitionNumbers(batch);
}

const distinct = (values: number[]) => [...new Set(values)].sort((a, b) => a - b);

Deno.test("a buffer that is not full gives all its transitions and no others", () => {
  const buffer = filled(10, 4);
  assert.equal(buffer.size, 4);
  assert.deepEqual(distinct(sampled(buffer, 200)), [0, 1, 2, 3]);
});

Deno.test("a full buffer forgets the oldest transition first", () => {
  const buffer = filled(4, 10);
  assert.equal(buffer.size, 4);
  assert.deepEqual(distinct(sampled(buffer, 200)), [6, 7, 8, 9]);
  addTransition(buffer, 10);
  assert.deepEqual(distinct(sampled(buffer, 200)), [7, 8, 9, 10]);
});

Deno.test("sampling is uniform, with replacement, and set by the stream", () => {
  const buffer = filled(8, 8), count = 40_000, counts = Array<number>(8).fill(0);
  for (const n of sampled(buffer, count)) counts[n]!++;
  const chiSquare = counts.reduce((sum, c) => sum + (c - count / 8) ** 2 / (count / 8), 0);
  assert(chiSquare < 24.3, `${counts}`); // the 99.9% quantile for 7 degrees of freedom
  assert.deepEqual(sampled(buffer, 20, 2), sampled(buffer, 20, 2));
  assert.notDeepEqual(sampled(buffer, 20, 2), sampled(buffer, 20, 3));
});

Deno.test("a buffer keeps copies of what it is given and gives copies", () => {
  const buffer = new ReplayBuffer(2, 2, 1), observation = new Float64Array([1, 1.25]);
  buffer.add(observation, [-1], 10, [2, 2.25], false);
  observation.fill(99);
  const batch = makeBatch(1, 2, 1);
  buffer.sample(new RandomStream(1, "batches"), batch);
  assert.deepEqual(transitionNumbers(batch), [1]);
  batch.observations.fill(99);
  assert.deepEqual(sampled(buffer, 1), [1]);
});

Deno.test("an empty buffer cannot be sampled", () => {
  assert.throws(() => sampled(new ReplayBuffer(4, 2, 1), 1), RangeError);
});

Deno.test("a restored buffer goes on as the one whose state it has", () => {
  for (const count of [0, 3, 5, 13]) {
    const original = filled(5, count), restored = filled(5, 2);
    restored.restore(structuredClone(original.state));
    for (let n = count; n < count + 4; n++) {
      addTransition(original, n);
      addTransition(restored, n);
      assert.equal(restored.size, original.size);
      assert.deepEqual(restored.state, original.state);
      assert.deepEqual(sampled(restored, 30), sampled(original, 30));
    }
  }
});

Deno.test("a buffer refuses a state that does not fit", () => {
  const buffer = filled(5, 3), state = buffer.state;
  for (
    const bad of [
      filled(6, 6).state, // too large
      { ...state, next: 2 }, // not the first free row
      { ...filled(5, 9).state, next: 5 },
      { ...state, data: { ...state.data, rewards: new Float32Array(2) } },
      { ...state, data: { ...state.data, actions: new Float32Array(6) } },
    ]
  ) {
    assert.throws(() => buffer.restore(bad), RangeError);
  }
  assert.deepEqual(distinct(sampled(buffer, 60)), [0, 1, 2]);
});
