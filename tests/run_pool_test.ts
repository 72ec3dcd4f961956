import assert from "node:assert/strict";
import { type Job, type JobResult, runPool } from "../src/run_pool.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const module = `${folder}/job.ts`;
await Deno.writeTextFile(
  module,
  `const [what, file] = Deno.args;
  console.log(JSON.stringify({ what }));
  if (what === "fail") { console.log("no JSON"); throw new Error("this one fails"); }
  if (what === "write") Deno.writeTextFileSync(file, "x");
  if (what === "wait") {
    Deno.addSignalListener("SIGTERM", () => Deno.exit(143));
    console.log(JSON.stringify("ready"));
    setInterval(() => {}, 1000);
  }`,
);

const job = (name: string, ...args: string[]): Job => ({ name, module, args, denoFlags: [] });

Deno.test("a pool runs every job, hears their messages and goes on after one that fails", async () => {
  const messages: unknown[] = [];
  const jobs = [job("a", "fine"), job("b", "fail"), job("c", "fine")];
  const results = await runPool(jobs, {
    concurrency: 1,
    onMessage: ({ name }, message) => messages.push([name, message]),
  });
  assert.deepEqual(results.map(({ job, code }) => [job.name, code]), [["a", 0], ["b", 1], ["c", 0]]);
  assert.match(results[1]!.errors, /this one fails/);
  assert.deepEqual(messages, [
    ["a", { what: "fine" }],
    ["b", { what: "fail" }],
    ["b", "no JSON"],
    ["c", { what: "fine" }],
  ]);
});

Deno.test("a pool runs no more jobs at once than it may", async () => {
  let running = 0, most = 0;
  await runPool(["a", "b", "c", "d", "e"].map((name) => job(name, "fine")), {
    concurrency: 2,
    onStart: () => most = Math.max(most, ++running),
    onEnd: () => running--,
  });
  assert.equal(most, 2);
});

Deno.test("a job has the permissions that it is given and no others", async () => {
  const file = `${folder}/written`;
  const [refused] = await runPool([job("a", "write", file)], { concurrency: 1 }) as [JobResult];
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /Requires write access/);
  const [allowed] = await runPool([{ ...job("a", "write", file), denoFlags: [`--allow-write=${file}`] }], {
    concurrency: 1,
  }) as [JobResult];
  assert.equal(allowed.code, 0);
});

Deno.test("a stopped pool passes the signal on, waits, and starts nothing more", async () => {
  const controller = new AbortController(), started: string[] = [];
  const results = await runPool([job("a", "wait"), job("b", "wait"), job("c", "wait")], {
    concurrency: 2,
    signal: controller.signal,
    onStart: ({ name }) => started.push(name),
    onMessage: (_, message) => message === "ready" && controller.abort(),
  });
  assert.deepEqual(started, ["a", "b"]);
  assert.ok(results.slice(0, 2).every(({ code }) => code === 143));
  assert.equal(results[2]!.code, undefined);
});
