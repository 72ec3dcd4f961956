/** Which agents are shown beside the learning curves. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { rolloutEpisode } from "../src/render/episode.ts";
import { chooseEpisodeSeed, chooseShownRuns } from "../src/render/render_agents.ts";
import { root as projectRoot } from "./helpers/task.ts";

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

Deno.test("the episode shown has the median return of eleven", async () => {
  const run = join(projectRoot, "experiments/Hopper-v4__seed_3");
  const shown = (await rolloutEpisode(run, await chooseEpisodeSeed(run))).episodicReturn;
  let lower = 0, higher = 0;
  for (let seed = 0; seed < 11; seed++) {
    const { episodicReturn } = await rolloutEpisode(run, seed);
    if (episodicReturn < shown) lower++;
    if (episodicReturn > shown) higher++;
  }
  assert.deepEqual([lower, higher], [5, 5]);
});
