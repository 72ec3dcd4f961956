/** Which agents are shown beside the learning curves. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { chooseShownRuns } from "../src/render/render_agents.ts";

Deno.test("of each environment seed 3 is shown, else the greatest seed that has a policy", () => {
  const root = Deno.makeTempDirSync();
  try {
    const run = (env: string, seed: number, { name = "", finished = true } = {}) => {
      const folder = join(root, name, `${env}__seed_${seed}`);
      Deno.mkdirSync(folder, { recursive: true });
      if (finished) Deno.writeTextFileSync(join(folder, "policy.safetensors"), "");
      return { env, seed, folder, name };
    };
    const runs = [
      run("Hopper-v4", 4),
      run("Hopper-v4", 3),
      run("Hopper-v4", 1),
      run("HalfCheetah-v4", 1),
      run("HalfCheetah-v4", 2),
      run("HalfCheetah-v4", 3, { finished: false }),
      run("InvertedPendulum-v4", 3, { name: "long_run" }),
    ];
    assert.deepEqual(chooseShownRuns(runs).map(({ env, seed }) => [env, seed]), [
      ["HalfCheetah-v4", 2],
      ["Hopper-v4", 3],
    ]);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});
