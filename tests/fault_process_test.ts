/** Some of what `deno task test:faults` does to processes: kills at set places, a signal within an evaluation, workers that die. */

import assert from "node:assert/strict";
import { breakProcesses, killProcesses, trainShortRun } from "./faults/process_faults.ts";
import { isGood } from "./faults/tally.ts";

const whole = await trainShortRun();

Deno.test("killed within calls to the disk, a run ends with the same bytes", async () => {
  for (const row of await killProcesses(whole, 3)) {
    assert.ok(isGood(row) && row.equal === row.tries, row.failures.join("\n"));
  }
});

Deno.test("stopped within an evaluation, or without a worker, a run says so and goes on to the same bytes", async () => {
  for (const row of await breakProcesses(whole, 1)) {
    assert.ok(isGood(row) && row.equal === row.tries, row.failures.join("\n"));
  }
});
