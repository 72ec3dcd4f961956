/** Mean and standard deviation: sums run in the order of the values, and only + − × ÷ and √ are used, the same on every machine. */

/**
 * Arithmetic mean.
 *
 * @throws {RangeError} if there are no values
 */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take the mean of no values");
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Standard deviation: of these values (`population`, divisor n, 0 for a single value), or estimated for what they are a sample
 * of (`sample`, divisor n − 1, NaN for a single value).
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { standardDeviation } from "soft-actor-critic";
 * assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9], "population"), 2);
 * ```
 *
 * @throws {RangeError} if there are no values
 */
export function standardDeviation(values: readonly number[], kind: "population" | "sample"): number {
  const center = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - center) * (value - center);
  return Math.sqrt(sum / (kind === "population" ? values.length : values.length - 1));
}
