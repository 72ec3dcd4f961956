import assert from "node:assert/strict";
import { naturalLogarithm, normalQuantile } from "../src/normal_quantile.ts";
import { philox4x32, type RandomState, RandomStream } from "../src/random.ts";

function philox(counter: number[], key: number[]): number[] {
  const out = new Uint32Array(4);
  philox4x32(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out);
  return [...out];
}

function draw<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;

function assertNear(actual: number, expected: number, tolerance: number) {
  assert(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected} within ${tolerance}`);
}

/** Pearson's χ² of counts against equal expectations. */
function chiSquare(counts: number[]): number {
  const expected = mean(counts);
  return sum(counts.map((count) => (count - expected) ** 2 / expected));
}

Deno.test("Philox4x32-10 gives the known answers of Random123 (kat_vectors)", () => {
  assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  assert.deepEqual(philox([ones, ones, ones, ones], [ones, ones]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  assert.deepEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]), // digits of π
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

Deno.test("a stream is Philox under the key (seed, FNV-1a of the name) with the counter (block, block >> 32, index, 0)", () => {
  const stream = new RandomStream(5, "foobar", 9);
  assert.deepEqual(stream.key, [5, 0xbf9cf968]); // FNV's published test value for "foobar"
  const blocks = [0, 1, 2].flatMap((block) => philox([block, 0, 9, 0], [5, 0xbf9cf968]));
  assert.deepEqual(draw(12, () => stream.uint32()), blocks);
  stream.state = [2 ** 32 + 3, 4];
  assert.deepEqual(draw(4, () => stream.uint32()), philox([3, 1, 9, 0], [5, 0xbf9cf968]));
});

Deno.test("a stream goes on exactly from each of its states", () => {
  for (let used = 0; used <= 9; used++) {
    const stream = new RandomStream(1, "test");
    for (let i = 0; i < used; i++) stream.uint32();
    const state = JSON.parse(JSON.stringify(stream.state)) as RandomState;
    const next = draw(20, () => stream.uint32());
    const restored = new RandomStream(1, "test");
    restored.uint32();
    restored.state = state;
    assert.deepEqual(restored.state, state);
    assert.deepEqual(draw(20, () => restored.uint32()), next);
  }
});

Deno.test("a stream refuses a seed, an index or a state that is none", () => {
  for (const bad of [-1, 1.5, 2 ** 32, NaN]) {
    assert.throws(() => new RandomStream(bad, "test"), RangeError);
    assert.throws(() => new RandomStream(1, "test", bad), RangeError);
  }
  const stream = new RandomStream(1, "test");
  for (const bad of [[-1, 4], [0, 3], [1, 5], [1.5, 0], [1, NaN], [2 ** 53, 0]] as RandomState[]) {
    assert.throws(() => stream.state = bad, RangeError);
  }
});

Deno.test("streams of other seeds, names or indices are unlike", () => {
  const base = () => new RandomStream(1, "exploration");
  assert.deepEqual(draw(8, base().uint32.bind(base())), draw(8, base().uint32.bind(base())));
  const count = 20_000, reference = base(), first = draw(count, () => reference.normal());
  for (
    const other of [
      new RandomStream(2, "exploration"),
      new RandomStream(1, "exploratioN"),
      new RandomStream(1, "exploration", 1),
      new RandomStream(1, "policy noise"),
    ]
  ) {
    const second = draw(count, () => other.normal());
    for (const lag of [0, 1, 4]) {
      const correlation = sum(first.slice(lag).map((value, i) => value * second[i]!)) / count;
      assertNear(correlation, 0, 4 / Math.sqrt(count));
    }
  }
});

Deno.test("uniform numbers fill their interval evenly, on 2^53 points", () => {
  const stream = new RandomStream(3, "uniform"), count = 100_000, counts = Array<number>(100).fill(0);
  const values = draw(count, () => stream.uniform());
  for (const value of values) {
    assert(value >= 0 && value < 1);
    assert(Number.isInteger(value * 2 ** 53));
    counts[Math.floor(value * 100)]!++;
  }
  assert(values.some((value) => !Number.isInteger(value * 2 ** 52)), "the lowest bit is used");
  const chi = chiSquare(counts);
  assert(chi > 58 && chi < 149, `χ² of 99 degrees of freedom is ${chi}`); // the 0.05% and 99.9% quantiles
  const scaled = draw(1000, () => stream.uniform(-3, 5));
  assert(scaled.every((value) => value >= -3 && value < 5));
  assertNear(mean(scaled), 1, 4 * 8 / Math.sqrt(12 * 1000));
});

Deno.test("integers are unbiased", () => {
  const stream = new RandomStream(4, "integer"), count = 70_000, counts = Array<number>(7).fill(0);
  for (let i = 0; i < count; i++) counts[stream.integer(7)]!++;
  assert(chiSquare(counts) < 22.5, `${counts}`); // the 99.9% quantile for 6 degrees of freedom

  // A remainder of 32 bits by 3·2^30 would fall below 2^30 in half of the cases, not in a third.
  const low = draw(30_000, () => stream.integer(3 * 2 ** 30)).filter((value) => value < 2 ** 30).length;
  assertNear(low / 30_000, 1 / 3, 0.012);
  assert.deepEqual(draw(5, () => stream.integer(1)), [0, 0, 0, 0, 0]);
  const full = new RandomStream(4, "full"), words = new RandomStream(4, "full");
  assert.deepEqual(draw(9, () => full.integer(2 ** 32)), draw(9, () => words.uint32()));
  for (const bad of [0, -1, 1.5, 2 ** 32 + 1, NaN]) assert.throws(() => stream.integer(bad), RangeError);
});

Deno.test("normal numbers have the moments and the distribution of N(0, 1)", () => {
  const stream = new RandomStream(5, "normal"), count = 100_000;
  const values = draw(count, () => stream.normal());
  const moment = (power: number) => mean(values.map((value) => value ** power));
  assertNear(moment(1), 0, 4 * Math.sqrt(1 / count));
  assertNear(moment(2), 1, 4 * Math.sqrt(2 / count));
  assertNear(moment(3), 0, 4 * Math.sqrt(15 / count));
  assertNear(moment(4), 3, 4 * Math.sqrt(96 / count));
  for (const p of [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999]) {
    const share = values.filter((value) => value <= normalQuantile(p)).length / count;
    assertNear(share, p, 4 * Math.sqrt(p * (1 - p) / count));
  }
  const neighbours = mean(values.slice(1).map((value, i) => value * values[i]!));
  assertNear(neighbours, 0, 4 / Math.sqrt(count));
});

Deno.test("one normal number takes one word, and fillNormal gives them in order", () => {
  const filled = new Float64Array(10), one = new RandomStream(6, "fill"), other = new RandomStream(6, "fill");
  one.fillNormal(filled);
  assert.deepEqual([...filled], draw(10, () => other.normal()));
  assert.deepEqual(one.state, [3, 2]);
});

Deno.test("the normal quantile agrees with published values", () => {
  const published: [number, number][] = [ // 0.25, 0.001 and 1e-20 are the check values of Algorithm AS 241 itself
    [0.5, 0],
    [0.25, -0.6744897501960817],
    [0.9, 1.2815515655446004],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [0.001, -3.090232306167814],
    [1e-5, -4.264890793922825],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798408],
  ];
  for (const [p, z] of published) assertNear(normalQuantile(p), z, 2e-15 * Math.abs(z));
  for (const p of [0.03, 0.2, 0.4999]) assertNear(normalQuantile(1 - p), -normalQuantile(p), 1e-14);
});

Deno.test("the natural logarithm is right to the last bits", () => {
  const stream = new RandomStream(8, "logarithm");
  for (let i = 0; i < 2000; i++) {
    const x = stream.uniform(0.5, 2) * 2 ** (stream.integer(600) - 300), expected = Math.log(x);
    assertNear(naturalLogarithm(x), expected, 8e-16 * Math.max(Math.abs(expected), 2 ** -40));
  }
  assert.equal(naturalLogarithm(1), 0);
});
