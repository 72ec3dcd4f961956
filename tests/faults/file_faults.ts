/** Files that were damaged between two starts of a run, and a clock that goes backwards. */

import assert from "node:assert/strict";
import { RandomStream } from "../../src/random.ts";
import { stepFileName } from "../../src/run/checkpoint.ts";
import { readEvents } from "../../src/run/events.ts";
import { logNames } from "../../src/run/run_logs.ts";
import { trainUntil } from "../helpers/runs.ts";
import { choose, inFolder, isSame, type WholeRun } from "./disk_faults.ts";
import { quickConfig, readAll, trainQuickly } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";

/** A run stopped after 121 steps, with checkpoints there and at 90, by file name. */
type StoppedRun = Map<string, Uint8Array>;

const newest = `checkpoint/${stepFileName(121)}`, older = `checkpoint/${stepFileName(90)}`;

async function stopRun(): Promise<StoppedRun> {
  return await inFolder(async (folder) => {
    await trainUntil(121, { directory: folder, config: quickConfig });
    const files: StoppedRun = new Map();
    for (const place of [".", "checkpoint", "videos"]) {
      for (const { name, isFile } of Deno.readDirSync(`${folder}/${place}`)) {
        const path = place === "." ? name : `${place}/${name}`;
        if (isFile) files.set(path, Deno.readFileSync(`${folder}/${path}`));
      }
    }
    assert.ok(files.has(newest) && files.has(older));
    return files;
  });
}

function write(files: StoppedRun, folder: string): void {
  for (const place of ["checkpoint", "videos"]) Deno.mkdirSync(`${folder}/${place}`);
  for (const [path, bytes] of files) Deno.writeFileSync(`${folder}/${path}`, bytes);
}

/** Goes on with a damaged run: from an older checkpoint, or it is refused, left as it is, and goes on when it is mended. */
async function goOn(whole: WholeRun, good: StoppedRun, damage: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  return await inFolder(async (folder) => {
    write(new Map([...good, ...damage]), folder);
    const messages: string[] = [];
    try {
      await trainQuickly({ directory: folder, onMessage: (message) => messages.push(message) });
      assert.match(messages.join("\n"), /trying the checkpoint before it\nThe run goes on from step 90$/);
    } catch (error) {
      assert.equal((error as Error).name, "UsageError", String(error));
      assert.match((error as Error).message, /no checkpoint in .* can be used .*start over with --overwrite/);
      for (const [path, bytes] of new Map([...good, ...damage])) {
        assert.deepEqual(Deno.readFileSync(`${folder}/${path}`), bytes, path);
      }
      for (const path of damage.keys()) Deno.writeFileSync(`${folder}/${path}`, good.get(path)!);
      await trainQuickly({ directory: folder });
    }
    return isSame(readAll(folder), whole.bytes);
  });
}

/** Where a safetensors file can end early: within and around the header's length, the header and each tensor. */
function boundaries(bytes: Uint8Array): number[] {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)), start = 8 + length;
  const { __metadata__: _, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const ends = Object.values(tensors).flatMap((
    { data_offsets: [begin, end] },
  ) => [start + begin, start + begin + 1, start + end - 1]);
  return [...new Set([0, 1, 7, 8, 9, 8 + 27, 8 + 60, start - 1, start, ...ends])].filter((at) => at < bytes.length);
}

/** The newest checkpoint, and each fourth time both, cut short at each boundary, or at `count` of them. */
export async function cutCheckpoints(whole: WholeRun, count?: number): Promise<Row> {
  const tally = new Tally(
    "checkpoint cut short",
    "goes on from the one before it; without one, refused and left as it is",
  );
  const good = await stopRun(), random = new RandomStream(1, "cuts"), places = boundaries(good.get(newest)!);
  for (const index of choose(places.length, count, random)) {
    const at = places[index]!, files = index % 4 === 0 ? [newest, older] : [newest];
    const damage = new Map(files.map((path) => [path, good.get(path)!.slice(0, at)]));
    await tally.try(`${files.length} at byte ${at}`, () => goOn(whole, good, damage));
  }
  return tally.row;
}

/** A bit of the newest checkpoint flipped, each fourth time one of both. */
export async function flipBits(whole: WholeRun, count: number): Promise<Row> {
  const tally = new Tally(
    "bit flipped in a checkpoint",
    "goes on from the one before it; without one, refused and left as it is",
  );
  const good = await stopRun(), random = new RandomStream(1, "bits");
  for (let index = 0; index < count; index++) {
    const files = index % 4 === 0 ? [newest, older] : [newest], damage = new Map<string, Uint8Array>();
    for (const path of files) {
      const bytes = good.get(path)!.slice();
      bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      damage.set(path, bytes);
    }
    await tally.try(`flip ${index}`, () => goOn(whole, good, damage));
  }
  return tally.row;
}

/** A log cut short of what the newest checkpoint, or both, need. */
export async function cutLogs(whole: WholeRun, count: number): Promise<Row> {
  const tally = new Tally(
    "CSV log cut mid-row",
    "goes on from the checkpoint before; without one, refused and left as it is",
  );
  const good = await stopRun(), random = new RandomStream(1, "logs");
  for (let index = 0; index < count; index++) {
    const path = `${logNames[index % logNames.length]}.csv`, bytes = good.get(path)!;
    const lost = 1 + random.integer(index % 2 === 0 ? 12 : bytes.length);
    await tally.try(
      `${path} without its last ${lost} bytes`,
      () => goOn(whole, good, new Map([[path, bytes.slice(0, bytes.length - lost)]])),
    );
  }
  return tally.row;
}

/** A clock that goes back a day each time that it is looked at. */
export async function setClockBack(whole: WholeRun, tries: number): Promise<Row> {
  const tally = new Tally("clock set back", "no byte depends on it");
  for (let index = 0; index < tries; index++) {
    await tally.try(`try ${index}`, () =>
      inFolder(async (folder) => {
        const RealDate = Date;
        let now = RealDate.now();
        globalThis.Date = class extends RealDate {
          constructor() {
            super(now -= 86_400_000);
          }
        } as DateConstructor;
        try {
          await trainUntil(30 + 40 * index % 150, { directory: folder, config: quickConfig });
          await trainQuickly({ directory: folder });
        } finally {
          globalThis.Date = RealDate;
        }
        const times = readEvents(`${folder}/events.jsonl`).map(({ time }) => time);
        assert.ok(times.length > 4 && times.every((time, i) => i === 0 || time < times[i - 1]!));
        return isSame(readAll(folder), whole.bytes);
      }));
  }
  return tally.row;
}
