/** What the environments do with WASM memory, which no garbage collector sees. */

import assert from "node:assert/strict";
import { environmentIds } from "../src/config.ts";
import { makeEnv, makeMujocoEnv } from "../src/env/make_env.ts";
import { loadMujoco } from "../src/env/mujoco_env.ts";
import { RandomStream } from "../src/random.ts";

/** The size of the bindings' WASM memory, in bytes. */
async function memorySize(): Promise<number> {
  const { DoubleBuffer } = await loadMujoco();
  using probe = new DoubleBuffer(1);
  return (probe.GetView() as Float64Array).buffer.byteLength;
}

Deno.test("environments that are made and disposed of leave no WASM memory behind", async () => {
  const cycle = async () => {
    for (const id of environmentIds) {
      const env = await makeEnv(id);
      env.reset(new RandomStream(1, "reset"));
      env.step(env.actionHigh);
      env.setState(env.getState());
      env.dispose();
    }
  };
  await cycle();
  const before = await memorySize();
  for (let i = 0; i < 100; i++) await cycle();
  assert.equal(await memorySize(), before);
});

Deno.test("an environment steps on after the WASM memory has grown, with the same bytes", async () => {
  const { DoubleBuffer } = await loadMujoco();
  const env = await makeMujocoEnv("Hopper-v4");
  env.reset(new RandomStream(1, "reset"));
  env.step([1, 1, 1]);
  const state = env.getState();
  const expected = [...env.step([1, 0, -1]).observation];
  env.setState(state);
  const before = await memorySize();
  using _large = new DoubleBuffer(before / 8); // as much again
  assert(await memorySize() > before);
  assert.deepEqual([...env.step([1, 0, -1]).observation], expected);
  env.dispose();
});
