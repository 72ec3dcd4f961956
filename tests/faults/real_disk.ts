/** A small disk of its own, full or read-only, as far as this machine lets one be mounted. */

import assert from "node:assert/strict";
import { inFolder } from "./disk_faults.ts";
import { readAll } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";
import { runTraining, shortRun, shortRunFolder } from "./train_task.ts";

function mount(...args: string[]): boolean {
  try {
    return new Deno.Command("mount", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

function unmount(folder: string): void {
  new Deno.Command("umount", { args: ["-l", folder] }).outputSync();
}

/** A run on a disk of each size in KiB that it does not fit on, and one on a disk that cannot be written. */
export async function fillRealDisk(whole: string, sizes: readonly number[]): Promise<Row[]> {
  const full = new Tally("real disk full (tmpfs)", "exit code 1, names the file; goes on when there is room");
  const readOnly = new Tally("real disk read-only (tmpfs)", "exit code 2, names the folder; begins when it can");
  return await inFolder(async (folder) => {
    if (!mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)) {
      return [full, readOnly].map(({ row }) => ({ ...row, skipped: "mounting a tmpfs needs to be root" }));
    }
    unmount(folder);
    const onDisk = async (test: (args: string[]) => Promise<void>, options: string): Promise<boolean> => {
      assert.ok(mount("-t", "tmpfs", "-o", options, "tmpfs", folder));
      try {
        const args = [...shortRun, "--threads=1", `--out-dir=${folder}`];
        await test(args);
        assert.ok(mount("-o", "remount,rw,size=16m", folder));
        const again = await runTraining(args);
        assert.equal(again.code, 0, again.stderr);
        return JSON.stringify(readAll(shortRunFolder(folder))) === whole;
      } finally {
        unmount(folder);
      }
    };
    for (const size of sizes) {
      await full.try(`${size} KiB`, () =>
        onDisk(async (args) => {
          const { code, stderr } = await runTraining(args);
          assert.equal(code, 1, stderr);
          assert.match(stderr, /^Cannot write ".*": No space left on device/m);
        }, `size=${size}k`));
    }
    await readOnly.try("read-only", () =>
      onDisk(async (args) => {
        const { code, stderr } = await runTraining(args);
        assert.equal(code, 2, stderr);
        assert.match(stderr, /^Cannot make the folder ".*": Read-only file system/m);
      }, "size=16m,ro"));
    return [full.row, readOnly.row];
  });
}
