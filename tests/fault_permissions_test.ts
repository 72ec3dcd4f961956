/** What a process that trains is let do: write to its own folder, and nothing else that leaves a trace. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { type JobResult, runPool, trainingJob } from "../src/run_pool.ts";
import { tinyRun, withFolder } from "./helpers/task.ts";

const probeModule = new URL("./faults/probe.ts", import.meta.url);

/** What the probe is let do under flags of `deno run`. */
async function allowedUnder(denoFlags: readonly string[], paths: { own: string; elsewhere: string[] }) {
  const messages: unknown[] = [];
  const [result] = await runPool([{ name: "probe", module: probeModule, args: [JSON.stringify(paths)], denoFlags }], {
    concurrency: 1,
    onMessage: (_, message) => messages.push(message),
  }) as [JobResult];
  assert.equal(result.code, 0, result.errors);
  return messages.at(-1) as { allowed: string[]; inWorker: string[] };
}

const ownFolder = ["write its own folder", "write a file in it"];

Deno.test("each run of a pool may write to its own folder, and do nothing else; so may its workers", () =>
  withFolder(async (folder) => {
    const job = trainingJob({ settings: { env: "Hopper-v4", seed: 3 }, outDir: folder, name: "mine" });
    const own = `${folder}/mine/Hopper-v4__seed_3`;
    const elsewhere = [
      `${folder}/x`,
      `${folder}/mine/x`,
      `${own}2`,
      `${own}/../x`,
      `${fileURLToPath(new URL("../", import.meta.url))}x`,
      "/tmp/x",
    ];
    assert.deepEqual(await allowedUnder(job.denoFlags, { own, elsewhere }), {
      allowed: ownFolder,
      inWorker: ownFolder,
    });
  }));

Deno.test("a run of a pool trains under these permissions", () =>
  withFolder(async (folder) => {
    const flags = Object.fromEntries(tinyRun.map((flag) => flag.slice(2).split("=")) as [string, string][]);
    const settings = { env: flags["env"]!, steps: 60, engine: "fused", threads: 2, hidden: 8, batchSize: 8 } as const;
    const job = trainingJob({
      settings: { ...settings, learningStarts: 20, evalFreq: 25, evalEpisodes: 1, videoFreq: 50, checkpointFreq: 20 },
      outDir: `${folder}/not/there/yet`,
      name: "mine",
    });
    const [{ code, errors }] = await runPool([job], { concurrency: 1 }) as [JobResult];
    assert.equal(code, 0, errors);
    Deno.statSync(`${folder}/not/there/yet/mine/InvertedPendulum-v4__seed_1/policy.safetensors`);
  }));

Deno.test("the task train may write, and has no access to network, processes or libraries", () =>
  withFolder(async (folder) => {
    const flags = manifest.tasks.train.split(" ").filter((word) => /^--(allow|ignore|v8|no-prompt)/.test(word));
    const own = `${folder}/own`,
      isOther = (name: string) => !/^(write|remove|rename|make folder|open \/|link)/.test(name);
    const { allowed, inWorker } = await allowedUnder(flags, { own, elsewhere: [`${folder}/x`] });
    assert.deepEqual([...allowed, ...inWorker].filter(isOther), []);

    // As README says: one folder named to Deno holds it to that.
    const held = flags.map((flag) => flag === "--allow-write" ? `--allow-write=${own}` : flag);
    assert.notDeepEqual(held, flags);
    assert.deepEqual(await allowedUnder(held, { own, elsewhere: [`${folder}/x`] }), {
      allowed: ownFolder,
      inWorker: ownFolder,
    });
  }));
