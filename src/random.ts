/**
 * Seeded random numbers that are the same on every machine: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011), with one independent stream per purpose.
 *
 * Philox is counter based: block number `n` of a stream is a pure function of (seed, stream name, index, n). A stream's state
 * is therefore two integers, and the WASM kernels can make the same numbers on any thread.
 */

import { normalQuantile } from "./normal_quantile.ts";

const MULTIPLIER_0 = 0xD2511F53;
const MULTIPLIER_1 = 0xCD9E8D57;
const WEYL_0 = 0x9E3779B9;
const WEYL_1 = 0xBB67AE85;
const TWO_POW_32 = 4294967296;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = aHigh * bLow + (Math.imul(aLow, bLow) >>> 16) + 0; // < 2^48, exact in a double
  const cross = aLow * bHigh + (middle % 65536);
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/**
 * One block of Philox4x32-10: ten rounds over `counter` (four 32-bit words) under a key of two, into `out`.
 *
 * Checked against the known-answer vectors of Random123 1.14 (`kat_vectors`).
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { philox4x32 } from "soft-actor-critic";
 * const out = new Uint32Array(4);
 * philox4x32(0, 0, 0, 0, 0, 0, out);
 * assert.deepEqual([...out], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
 * ```
 */
export function philox4x32(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  let c0 = counter0, c1 = counter1, c2 = counter2, c3 = counter3, k0 = key0, k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0), low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2), low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** FNV-1a, 32 bits, over the UTF-16 code units of a stream's name: the second word of its key. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Where a stream stands: `[block, words of that block already used (0 to 4)]`. */
export type RandomState = readonly [block: number, used: number];

/** One stream of random numbers. Streams of different seeds, names or indices are independent. */
export class RandomStream {
  /** The two words of the Philox key: the seed and a hash of the name. */
  readonly key: readonly [number, number];
  readonly #index: number;
  readonly #words = new Uint32Array(4);
  #block = 0; // the next block to make
  #used = 4; // words of the last block that are gone

  /**
   * A stream at its beginning.
   *
   * @param seed an integer in [0, 2³²)
   * @param name what the numbers are for, for instance `"exploration"`
   * @param index a stream of its own for every integer in [0, 2³²), for instance the step of an evaluation
   * @throws {RangeError} if seed or index is not such an integer
   */
  constructor(seed: number, name: string, index = 0) {
    for (const [what, value] of [["seed", seed], ["index", index]] as const) {
      if (!Number.isInteger(value) || value < 0 || value >= TWO_POW_32) {
        throw new RangeError(
          `Cannot make a random stream with ${what} ${value}: expected an integer from 0 to 4294967295`,
        );
      }
    }
    this.key = [seed, hashName(name)];
    this.#index = index;
  }

  /** An integer, uniform over [0, 2³²). */
  uint32(): number {
    if (this.#used === 4) {
      const block = this.#block++;
      philox4x32(block >>> 0, Math.floor(block / TWO_POW_32), this.#index, 0, this.key[0], this.key[1], this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++]!;
  }

  /** A number uniform over [low, high) on a grid of 2⁵³ points. */
  uniform(low = 0, high = 1): number {
    const upper = this.uint32() >>> 6, lower = this.uint32() >>> 5; // 26 and 27 bits
    return low + (high - low) * ((upper * 134217728 + lower) / 9007199254740992);
  }

  /**
   * An integer uniform over [0, bound), without bias: draws beyond the last multiple of the bound are thrown away.
   *
   * @throws {RangeError} if bound is not an integer from 1 to 2³²
   */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_POW_32) {
      throw new RangeError(`Cannot draw an integer below ${bound}: expected an integer from 1 to 4294967296`);
    }
    const limit = TWO_POW_32 - TWO_POW_32 % bound;
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % bound;
  }

  /** A standard normal number: the quantile function at one 32-bit draw, so that |value| ≤ 6.34 and one word gives one number. */
  normal(): number {
    return normalQuantile((this.uint32() + 0.5) / TWO_POW_32);
  }

  /** Fills `out` with standard normal numbers, in order. */
  fillNormal(out: Float32Array | Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
  }

  /** Where the stream stands, for a checkpoint. */
  get state(): RandomState {
    return [this.#block, this.#used];
  }

  /**
   * Goes back to a state.
   *
   * @throws {RangeError} if it is not a state that `state` gave
   */
  set state([block, used]: RandomState) {
    if (
      !Number.isSafeInteger(block) || block < 0 || !Number.isInteger(used) || used < 0 || used > 4 ||
      (block === 0 && used < 4)
    ) {
      throw new RangeError(
        `Cannot restore a random stream to [${block}, ${used}]: expected a state that a stream gave`,
      );
    }
    this.#block = block;
    this.#used = 4;
    if (used < 4) {
      this.#block--;
      this.uint32();
      this.#used = used;
    }
  }
}
