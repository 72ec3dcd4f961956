import assert from "node:assert/strict";
import { planRuns } from "../src/sweep/plan.ts";
import { SweepProgress } from "../src/sweep/sweep_progress.ts";

const runs = planRuns({
  environments: ["Hopper-v4", "HalfCheetah-v4"],
  variations: [],
  seeds: [1, 2],
  settings: { steps: 1000 },
});
const [hopper1, hopper2, cheetah1, cheetah2] = runs.map(({ folder }) => folder) as [string, string, string, string];

Deno.test("a sweep's time left counts the waiting runs at the speed of their environment, place by place", () => {
  const progress = new SweepProgress(runs, 2);
  assert.equal(progress.secondsLeft, undefined);
  assert.equal(progress.describe(), "0 of 4 runs finished, 0% of all steps");
  progress.start(hopper1);
  progress.start(cheetah1);
  progress.update(hopper1, { step: 500, stepsPerSecond: 10 }); // 50 s
  progress.update(cheetah1, { step: 200, stepsPerSecond: 4 }); // 200 s
  // hopper2 after hopper1: 50 + 100 s; cheetah2 after that: 150 + 250 s
  assert.equal(progress.secondsLeft, 400);
  assert.equal(progress.describe(), "0 of 4 runs finished, 17% of all steps, about 6:40 left");
  progress.update(cheetah1, { step: 400, stepsPerSecond: undefined }); // keeps its speed
  assert.equal(progress.secondsLeft, 400);
});

Deno.test("a sweep is done when its runs have ended, and a run that is retried waits again", () => {
  const progress = new SweepProgress(runs, 1);
  for (const folder of [hopper1, hopper2, cheetah1]) {
    progress.start(folder);
    progress.update(folder, { step: 100, stepsPerSecond: 10 });
    progress.end(folder, folder === cheetah1 ? "failed" : "finished");
  }
  progress.start(cheetah2);
  progress.update(cheetah2, { step: 500, stepsPerSecond: 10 });
  assert.equal(progress.secondsLeft, 50);
  progress.end(cheetah2, "to be retried");
  assert.equal(progress.secondsLeft, 50);
  progress.start(cheetah2);
  progress.end(cheetah2, "finished");
  assert.equal(progress.secondsLeft, 0);
  assert.equal(progress.describe(), "3 of 4 runs finished, 77% of all steps");
});
