import assert from "node:assert/strict";
import { RunError, UsageError } from "../src/errors.ts";
import { RunLock } from "../src/run/lock.ts";
import { failFrom } from "./faults/disk.ts";
import { withFolder } from "./helpers/runs.ts";

const module = JSON.stringify(new URL("../src/run/lock.ts", import.meta.url).href);

/** A process that takes the lock and waits. */
async function holdElsewhere(folder: string): Promise<Deno.ChildProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `const { RunLock } = await import(${module});
      globalThis.lock = RunLock.acquire(${JSON.stringify(folder)}); // kept
      console.log("held"); setInterval(() => {}, 1000);`,
    ],
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value).trim(), "held");
  await reader.cancel();
  return process;
}

Deno.test("lock: one holder at a time; released, it leaves no file", () =>
  withFolder((folder) => {
    const lock = RunLock.acquire(folder);
    assert.throws(() => RunLock.acquire(folder), {
      name: "UsageError",
      message: new RegExp(`process ${Deno.pid} is training there`),
    });
    lock.release();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    RunLock.acquire(folder).release();
  }));

Deno.test("lock: a process that lives holds it, one that was killed does not", () =>
  withFolder(async (folder) => {
    const process = await holdElsewhere(folder);
    assert.throws(() => RunLock.acquire(folder), new RegExp(`process ${process.pid} is training there`));
    process.kill("SIGKILL");
    await process.status;
    assert.ok(Deno.statSync(`${folder}/lock`).isFile); // left behind
    RunLock.acquire(folder).release();
  }));

Deno.test("lock: a folder that is not there is named", () => {
  assert.throws(() => RunLock.acquire("/no/such/folder"), { name: "UsageError", message: /"\/no\/such\/folder"/ });
});

Deno.test("lock: a disk that fails at any of its operations is reported with the file's name", () =>
  withFolder((folder) => {
    for (let at = 0; at < 3; at++) { // open, truncate, write
      using disk = failFrom(at, "read-only");
      assert.throws(() => RunLock.acquire(folder), (error) => {
        return /^Cannot write .*Read-only file system/.test((error as Error).message) &&
          (error instanceof UsageError || error instanceof RunError) && error.message.includes(folder);
      });
      assert.ok(disk.hit);
    }
  }));
