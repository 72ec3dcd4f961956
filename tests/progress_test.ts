import assert from "node:assert/strict";
import {
  describeEvaluation,
  describeStatus,
  drawStatus,
  formatDuration,
  formatTable,
  indent,
} from "../src/progress.ts";

const status = {
  step: 45000,
  steps: 200000,
  stepsPerSecond: 182.4,
  episodicReturn: 2000,
  evaluationReturn: 2315.19,
  evaluationStep: 44000,
};

Deno.test("durations are minutes and seconds, with hours where there are some", () => {
  assert.deepEqual([0, 59.6, 61, 3599.4, 3600, 360_000].map(formatDuration), [
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:00:00",
    "100:00:00",
  ]);
});

Deno.test("a status says step, speed, time left and return, as far as they are known", () => {
  assert.equal(describeStatus(status), "step 45000 of 200000, 182 steps/s, 14:10 left, return 2315.2");
  assert.equal(
    describeStatus({ ...status, stepsPerSecond: undefined, evaluationReturn: undefined }),
    "step 45000 of 200000",
  );
  assert.equal(
    describeStatus({ ...status, stepsPerSecond: 0, evaluationReturn: undefined }),
    "step 45000 of 200000",
  );
  assert.equal(
    describeStatus({ ...status, step: 200000, stepsPerSecond: 3.14 }),
    "step 200000 of 200000, 3.1 steps/s, return 2315.2",
  );
  assert.match(drawStatus(status), /^ 22% .*step 45000 of 200000/);
  assert.match(drawStatus({ ...status, step: 199999 }), /^ 99% /);
});

Deno.test("an evaluation says step, return ± deviation and length", () => {
  assert.equal(
    describeEvaluation({ step: 45000, episodicReturn: 2315.19, returnStd: 31.41, episodicLength: 987.1 }),
    "evaluation at step 45000: return 2315.2 ± 31.4, length 987.1",
  );
});

Deno.test("tables align texts to the left and numbers to the right", () => {
  assert.equal(
    formatTable(["run", "step"], [["a", "5"], ["longer", "1000"]]),
    "run     step\na          5\nlonger  1000",
  );
  assert.equal(indent("a\nb", "x: "), "x: a\nx: b");
});
