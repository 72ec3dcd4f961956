/** Some of what `deno task test:faults` does at every place: disks that fail, files that were damaged, a clock set back. */

import assert from "node:assert/strict";
import { cutPower, endRuns, failDisk, trainWhole } from "./faults/disk_faults.ts";
import { cutCheckpoints, cutLogs, flipBits, setClockBack } from "./faults/file_faults.ts";
import { isGood, type Row } from "./faults/tally.ts";

const whole = await trainWhole();

const faults: [name: string, test: () => Promise<Row>][] = [
  ["a process that ends before or within a call to the disk", () => endRuns(whole, 10)],
  ["a power cut", () => cutPower(whole, 10)],
  ["a full disk", () => failDisk(whole, "full", 6)],
  ["a disk that cannot sync", () => failDisk(whole, "broken", 4)],
  ["a disk that is read-only from some moment on", () => failDisk(whole, "read-only", 6)],
  ["checkpoints cut short", () => cutCheckpoints(whole, 8)],
  ["bits flipped in checkpoints", () => flipBits(whole, 4)],
  ["logs cut mid-row", () => cutLogs(whole, 6)],
  ["a clock set back", () => setClockBack(whole, 1)],
];

for (const [name, test] of faults) {
  Deno.test(`${name}: the run goes on to the same bytes`, async () => {
    const row = await test();
    assert.ok(isGood(row), row.failures.join("\n"));
    assert.equal(row.equal, row.tries);
  });
}
