import assert from "node:assert/strict";
import { mean, standardDeviation } from "../src/moments.ts";
import {
  areaUnderCurve,
  bootstrapInterval,
  interquartileMean,
  normalizedArea,
  performanceProfile,
  probabilityOfImprovement,
  quantile,
  stepsToThreshold,
  tInterval,
} from "../src/analysis/statistics.ts";
import { seedsNeeded, smallestRankTestP } from "../src/analysis/compare.ts";
import { RandomStream } from "../src/random.ts";

// Expected values: NumPy 2.4.6 (np), SciPy 1.17.1 (st) and rliable 1.2.0 (metrics, rly); the call stands beside each.
const x = [2.1, 3.4, 1.9, 5.5, 4.2, 3.3, 2.8, 9.9, 0.4, 3.1];
// Scores [task][run]; rliable takes them as [run, task].
const a = [[1.2, 0.9, 1.4, 1.0, 1.3], [0.7, 1.1, 0.8, 0.6, 1.0]];
const b = [[1.0, 1.1, 0.9, 1.0], [0.9, 0.7, 1.0, 0.5]];

function assertClose(actual: number, expected: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

Deno.test("mean and standard deviations are NumPy's", () => {
  assertClose(mean(x), 3.66); // np.mean(x)
  assertClose(standardDeviation(x, "population"), 2.4499795917517355); // np.std(x)
  assertClose(standardDeviation(x, "sample"), 2.5825052436216533); // np.std(x, ddof=1)
  assert.equal(standardDeviation([7], "population"), 0);
  assert.ok(Number.isNaN(standardDeviation([7], "sample")));
  assert.throws(() => mean([]), RangeError);
});

Deno.test("quantiles are NumPy's", () => {
  const sorted = x.toSorted((p, q) => p - q);
  const expected = [0.7375, 2.275, 3.2, 8.91]; // np.quantile(x, [0.025, 0.25, 0.5, 0.975])
  for (const [index, probability] of [0.025, 0.25, 0.5, 0.975].entries()) {
    assertClose(quantile(sorted, probability), expected[index]!);
  }
  assert.equal(quantile([Infinity, Infinity], 0.5), Infinity);
});

Deno.test("t intervals are SciPy's", () => {
  // st.t.interval(0.95, 9, loc=np.mean(x), scale=st.sem(x))
  const wide = tInterval(x, 0.95);
  assertClose(wide.low, 1.8125870392697967, 1e-7);
  assertClose(wide.high, 5.507412960730203, 1e-7);
  // st.t.interval(0.68, 9, loc=np.mean(x), scale=st.sem(x))
  const narrow = tInterval(x, 0.68);
  assertClose(narrow.low, 2.8004528439042202, 1e-7);
  assertClose(narrow.high, 4.51954715609578, 1e-7);
  // st.t.ppf(0.975, 2) = 4.302652729749462: the mean of (−1, 0, 1) has standard error 1 / √3
  assertClose(tInterval([-1, 0, 1], 0.95).high, 4.302652729749462 / Math.sqrt(3), 1e-7);
  assert.ok(Number.isNaN(tInterval([5], 0.95).low));
});

Deno.test("the interquartile mean is SciPy's and rliable's", () => {
  assertClose(interquartileMean(x), 3.15); // st.trim_mean(x, 0.25)
  assertClose(interquartileMean(a.flat()), 1); // metrics.aggregate_iqm(a)
  assertClose(interquartileMean(b.flat()), 0.95); // metrics.aggregate_iqm(b)
  assert.equal(interquartileMean([3]), 3);
});

Deno.test("the bootstrap interval is SciPy's but for the noise of resampling", () => {
  // st.bootstrap((x,), np.mean, method="percentile", n_resamples=200000, rng=0): 2.33 to 5.32
  const ofMean = bootstrapInterval([x], ([values]) => mean(values!), {
    random: new RandomStream(1, "test"),
    replicates: 40_000,
  });
  assertClose(ofMean.low, 2.33, 0.03);
  assertClose(ofMean.high, 5.32, 0.06);
  // st.bootstrap((a[:, 0], b[:, 0]), difference of means, method="percentile", n_resamples=200000, rng=0): −0.33 to 0.02
  const difference = bootstrapInterval([a[0]!, b[0]!], ([left, right]) => mean(right!) - mean(left!), {
    random: new RandomStream(2, "test"),
    replicates: 40_000,
  });
  assertClose(difference.low, -0.33, 0.01);
  assertClose(difference.high, 0.02, 0.01);
});

Deno.test("the stratified bootstrap is rliable's but for the noise of resampling", () => {
  // rly.get_interval_estimates({"a": a}, aggregate_iqm, reps=50000): 0.86667 to 1.13333
  const interval = bootstrapInterval(a, (groups) => interquartileMean(groups.flat()), {
    random: new RandomStream(3, "test"),
    replicates: 40_000,
  });
  assertClose(interval.low, 0.8666666666666667, 0.02);
  assertClose(interval.high, 1.1333333333333333, 0.02);
});

Deno.test("a bootstrap never mixes tasks, and the same stream gives the same interval", () => {
  const options = () => ({ random: new RandomStream(4, "test"), replicates: 500 });
  bootstrapInterval([[1, 2], [10, 20, 30]], (groups) => {
    assert.ok(groups[0]!.every((value) => value < 10) && groups[1]!.every((value) => value >= 10));
    assert.deepEqual(groups.map((group) => group.length), [2, 3]);
    return 0;
  }, options());
  const run = () => bootstrapInterval([x], ([values]) => mean(values!), options());
  assert.deepEqual(run(), run());
  assert.throws(() => bootstrapInterval([[]], () => 0, options()), RangeError);
});

Deno.test("a 95% bootstrap interval holds the mean about as often as it should", () => {
  const random = new RandomStream(5, "samples");
  let held = 0;
  for (let trial = 0; trial < 300; trial++) {
    const sample = Array.from({ length: 30 }, () => random.normal());
    const { low, high } = bootstrapInterval([sample], ([values]) => mean(values!), {
      random: new RandomStream(trial, "coverage"),
      replicates: 400,
    });
    if (low <= 0 && 0 <= high) held++;
  }
  assert.ok(held >= 270 && held <= 297, `${held} of 300`); // 0.90 to 0.99; at n = 30 the percentile method covers about 0.94
});

Deno.test("the probability of improvement is rliable's, with A and B in their places", () => {
  assertClose(probabilityOfImprovement(b, a), 0.6625); // metrics.probability_of_improvement(a, b), "a over b"
  assertClose(probabilityOfImprovement(a, b), 1 - 0.6625);
  // st.mannwhitneyu(a[:, 0], b[:, 0]).statistic / 20
  assertClose(probabilityOfImprovement([b[0]!], [a[0]!]), 0.725);
  assert.equal(probabilityOfImprovement([[1]], [[1]]), 0.5);
});

Deno.test("the performance profile is rliable's", () => {
  // rly.create_performance_profile({"a": a}, np.array([0.6, 0.8, 1.0, 1.2]))
  const profile = performanceProfile(a, [0.6, 0.8, 1.0, 1.2]);
  assert.deepEqual(profile.map(([threshold]) => threshold), [0.6, 0.8, 1.0, 1.2]);
  for (const [index, share] of [0.9, 0.7, 0.4, 0.2].entries()) assertClose(profile[index]![1], share);
});

Deno.test("areas and thresholds of a curve", () => {
  const points = [[1000, 3], [2000, 5], [4000, 4], [5000, 8]] as const;
  assert.equal(areaUnderCurve(points), 19_000); // np.trapezoid([3, 5, 4, 8], [1000, 2000, 4000, 5000])
  assert.equal(normalizedArea(points), 4.75);
  assert.equal(normalizedArea([[7, 2]]), 2);
  assert.equal(stepsToThreshold(points, 5), 2000);
  assert.equal(stepsToThreshold(points, 6), 5000);
  assert.equal(stepsToThreshold(points, 9), undefined);
});

Deno.test("what few seeds can show: exact rank test and Lehr's rule", () => {
  assertClose(smallestRankTestP(3, 3), 0.1); // st.mannwhitneyu([3, 4, 5], [0, 1, 2], method="exact").pvalue
  assertClose(smallestRankTestP(5, 5), 0.007936507936507936); // st.mannwhitneyu(range(5, 10), range(5), method="exact").pvalue
  assert.equal(smallestRankTestP(1, 1), 1);
  const estimate = { value: 0.5, low: 0, high: 2 };
  const scores = {
    a: [[-1, 0, 1]], // sample variance 1
    b: [[0, 1, 2]],
    difference: estimate,
    improvement: estimate,
    interquartileMeans: { a: estimate, b: estimate },
  };
  assert.equal(seedsNeeded(scores), 64); // 16 · 1 / 0.5²
});
