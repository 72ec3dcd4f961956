/**
 * `deno task test:faults`: breaks runs in every way that is named here, and prints the table. `--share=0.05` makes that share of the
 * tries, for a quick look. `--long-haul` measures memory over a long run instead, `--steps=N` says how long. Leaves with exit code
 * 1 if anything was lost.
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cutPower, endRuns, failDisk, trainWhole } from "./disk_faults.ts";
import { cutCheckpoints, cutLogs, flipBits, setClockBack } from "./file_faults.ts";
import type { HostileResult } from "./hostile_files.ts";
import { describeSamples, growth, measureMemory } from "./long_haul.ts";
import { injectNaNs } from "./number_faults.ts";
import { breakProcesses, killProcesses, startTwice, trainShortRun } from "./process_faults.ts";
import { fillRealDisk } from "./real_disk.ts";
import { describeRows, isGood, type Row } from "./tally.ts";

const { values } = parseArgs({
  options: {
    "long-haul": { type: "boolean", default: false },
    steps: { type: "string", default: "200000" },
    share: { type: "string", default: "1" },
  },
});

if (values["long-haul"]) {
  const samples = await measureMemory(Number(values.steps));
  console.log(describeSamples(samples));
  console.log("Growth from the first half's most to the second half's, MiB:", growth(samples));
  Deno.exit(0);
}

/** So many of `all` tries, at least one. */
const some = (all: number) => Math.max(1, Math.round(all * Number(values.share)));

const start = performance.now(), rows: Row[] = [];
const say = (row: Row) => {
  rows.push(row);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.error(
    `${seconds} s: ${row.fault}: ${row.survived} of ${row.tries} survived, ${row.equal ?? "–"} with equal bytes`,
  );
  for (const failure of row.failures.slice(0, 5)) console.error(failure);
};

/** Processes wait more than they compute, so that there is time for the rest meanwhile. */
async function breakShortRuns(): Promise<void> {
  const short = await trainShortRun();
  for (const row of await killProcesses(short, some(100))) say(row);
  for (const row of await breakProcesses(short, some(3))) say(row);
  say(await startTwice(short, some(3)));
  for (const row of await fillRealDisk(short, [8, 24, 40, 64].slice(0, some(4)))) say(row);
}

async function breakQuickRuns(): Promise<void> {
  const whole = await trainWhole();
  for (const row of await injectNaNs(whole, some(5))) say(row);
  say(await cutCheckpoints(whole, some(1000)));
  say(await flipBits(whole, some(100)));
  say(await cutLogs(whole, some(60)));
  say(await setClockBack(whole, some(3)));
  say(await endRuns(whole, some(1000)));
  say(await cutPower(whole, some(250)));
  say(await failDisk(whole, "full", some(150)));
  say(await failDisk(whole, "broken", some(50)));
  say(await failDisk(whole, "read-only", some(150)));
}

async function readMalformedFiles(): Promise<HostileResult> {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fileURLToPath(new URL("./hostile_files.ts", import.meta.url)), String(some(10_000))],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const result = JSON.parse(new TextDecoder().decode(stdout)) as HostileResult;
  for (const row of result.rows) say(row);
  return result;
}

const [hostile] = await Promise.all([readMalformedFiles(), breakShortRuns(), breakQuickRuns()]);

console.log(describeRows(rows));
console.log(
  `Malformed files: ${(hostile.growth / 2 ** 20).toFixed(0)} MiB of memory at most, ${
    hostile.slowest.toFixed(2)
  } s the slowest`,
);
const good = rows.filter(isGood).length;
console.log(
  `${good} of ${rows.length} kinds of faults without harm, in ${((performance.now() - start) / 1000).toFixed(0)} s`,
);
Deno.exit(good === rows.length ? 0 : 1);
