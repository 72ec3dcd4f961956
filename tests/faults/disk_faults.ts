/** Runs whose process ends, or whose disk fails, at any of their operations on the disk. */

import assert from "node:assert/strict";
import { RandomStream } from "../../src/random.ts";
import { RunError, UsageError } from "../../src/errors.ts";
import type { TrainOptions } from "../../src/train.ts";
import { withFolder } from "../helpers/runs.ts";
import {
  countOperations,
  diskErrors,
  type DiskOperation,
  type DisturbedDisk,
  endAt,
  failFrom,
  PowerCut,
} from "./disk.ts";
import { readAll, trainQuickly } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";

/** A run that was not disturbed: its bytes, and its operations on the disk. */
export interface WholeRun {
  readonly bytes: Record<string, string>;
  readonly operations: readonly DiskOperation[];
}

/** Trains it. */
export async function trainWhole(): Promise<WholeRun> {
  let whole: WholeRun | undefined;
  await withFolder(async (folder) => {
    using counted = countOperations();
    await trainQuickly({ directory: `${folder}/run` });
    whole = { bytes: readAll(`${folder}/run`), operations: counted.operations };
  });
  return whole!;
}

/** All indices below `length`, or so many of them, spread evenly by chance. */
export function choose(length: number, count: number | undefined, random: RandomStream): number[] {
  if (count === undefined || count >= length) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.floor((i + random.uniform()) * length / count));
}

export const isSame = (a: Record<string, string>, b: Record<string, string>) =>
  Object.keys(a).join() === Object.keys(b).join() && Object.keys(a).every((name) => a[name] === b[name]);

/**
 * Begins a run on a disturbed disk, then goes on with it on a good one.
 *
 * @param check looks at how the disturbed run ended
 * @returns whether the bytes are those of the whole run
 */
async function breakRun(
  { bytes }: WholeRun,
  folder: string,
  disturb: () => DisturbedDisk,
  check: (error: unknown, hit: DiskOperation | undefined) => void,
  options: Partial<TrainOptions> = {},
): Promise<boolean> {
  const directory = `${folder}/run`;
  let error: unknown, hit: DiskOperation | undefined;
  {
    using disk = disturb();
    try {
      await trainQuickly({ directory, ...options });
    } catch (thrown) {
      error = thrown;
    }
    hit = disk.hit;
    if (disk instanceof PowerCut) disk.lose(powerCutRandom);
  }
  check(error, hit);
  await trainQuickly({ directory });
  assert.ok(
    !Array.from(Deno.readDirSync(directory), ({ name }) => name).some((name) => /partial|lock|checkpoint/.test(name)),
  );
  return isSame(readAll(directory), bytes);
}

let powerCutRandom: RandomStream | undefined;

/** The process ends before and within operations on the disk: all, or `count` of them. */
export async function endRuns(whole: WholeRun, count?: number): Promise<Row> {
  const tally = new Tally("process ends before or within a call to the disk", "goes on from the last checkpoint");
  const random = new RandomStream(1, "ends");
  for (const within of [false, true]) {
    for (const at of choose(whole.operations.length, count, random)) {
      const { kind, path } = whole.operations[at]!;
      if (within && kind !== "write") continue;
      await tally.try(
        `${within ? "within" : "before"} operation ${at} (${kind} ${path})`,
        () =>
          inFolder((folder) =>
            breakRun(whole, folder, () => endAt(at, within), (_, hit) => assert.equal(hit?.kind, kind))
          ),
      );
    }
  }
  return tally.row;
}

/** The power goes before operations on the disk: all, or `count` of them; what was not synced is lost, or in part. */
export async function cutPower(whole: WholeRun, count?: number): Promise<Row> {
  const tally = new Tally(
    "power cut: what was not synced is lost, or partly there",
    "goes on from the last checkpoint",
  );
  const random = new RandomStream(1, "power cuts");
  for (const chance of [undefined, random]) {
    for (const at of choose(whole.operations.length, count, random)) {
      const { kind, path } = whole.operations[at]!;
      powerCutRandom = chance;
      await tally.try(
        `before operation ${at} (${kind} ${path}), ${chance ? "by chance" : "all lost"}`,
        () => inFolder((folder) => breakRun(whole, folder, () => new PowerCut(folder, at), () => {})),
      );
    }
  }
  return tally.row;
}

/** The disk fails from some operation on: any, or `count` of them. */
export async function failDisk(whole: WholeRun, fault: keyof typeof diskErrors, count?: number): Promise<Row> {
  const { message, kinds } = diskErrors[fault];
  const tally = new Tally(
    `disk ${fault === "broken" ? "that cannot sync" : fault}`,
    "exit code 1 or 2, names the file; goes on when mended",
  );
  const places = whole.operations.flatMap(({ kind }, at) => (kinds as readonly string[]).includes(kind) ? [at] : []);
  for (const index of choose(places.length, count, new RandomStream(1, fault))) {
    const at = places[index]!, { kind, path } = whole.operations[at]!;
    await tally.try(
      `from operation ${at} (${kind} ${path})`,
      () =>
        inFolder((folder) =>
          breakRun(whole, folder, () => failFrom(at, fault), (error, hit) => {
            assert.ok(hit);
            // A lock file that cannot be removed is the one thing that does not matter: it is not held any longer.
            if (error === undefined) {
              return assert.ok(hit.kind === "remove" && hit.path.endsWith("lock"), `${hit.kind} ${hit.path}`);
            }
            assert.ok(error instanceof RunError || error instanceof UsageError, String(error));
            assert.ok(error.message.includes(message) && error.message.includes(folder), error.message);
          })
        ),
    );
  }
  return tally.row;
}

/** As `withFolder`, for a test that has a result. */
export async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  let result: T;
  await withFolder(async (folder) => {
    result = await test(folder);
  });
  return result!;
}
