import assert from "node:assert/strict";
import { RunLock } from "../src/run/lock.ts";
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
