/**
 * The environments against Gymnasium's: every field of the compiled models and every recorded trajectory in
 * `tests/golden/env`. Files dropped in there are checked too.
 */

import assert from "node:assert/strict";
import { makeMujocoEnv } from "../src/env/make_env.ts";
import type { MjModel } from "mujoco-wasm";
import type { MujocoEnv } from "../src/env/mujoco_env.ts";

interface GoldenModel {
  env: string;
  sizes: Record<string, number>;
  option: Record<string, number | number[]>;
  frame_skip: number;
  dt: number;
  render_fps: number;
  names: Record<string, (string | null)[]>;
  arrays: Record<string, unknown[]>;
}

interface GoldenTrajectory {
  env: string;
  qpos: number[];
  qvel: number[];
  observation: number[];
  actions: number[][];
  observations: number[][];
  rewards: number[];
  terminated: boolean[];
}

/** The fields of a golden model that the test below compares; one that is new must not slip through. */
const modelKeys = ["arrays", "dt", "env", "frame_skip", "mujoco", "names", "option", "render_fps", "sizes"];
/** Our MJCF gives lengths in short decimals where Gymnasium's compiler got them from differences: an ulp or so apart. */
const MODEL_TOLERANCE = 1e-14;

const folder = new URL("./golden/env/", import.meta.url);
const files = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".json")).sort();

function readGolden<T>(file: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!, e = expected[i]!;
    // Relative to the larger of the number and one: positions and velocities near zero have no digits to lose.
    const error = Math.abs(a - e) / Math.max(1, Math.abs(e));
    assert(error <= tolerance, `${what}[${i}]: ${a}, expected ${e}, error ${error}, allowed ${tolerance}`);
  }
}

type Fields = Record<string, unknown>;

/** One of the model's arrays, flat. Arrays of bool have no view in the bindings: those are read element by element. */
function readArray(model: MjModel, name: string, rows: number): ArrayLike<number> {
  try {
    const array = (model as unknown as Fields)[name];
    assert(ArrayBuffer.isView(array), `the model has no array ${name}`);
    return array as Float64Array;
  } catch (error) {
    if (!String(error).includes("memory_viewIbE")) throw error;
    const kind = name.split("_", 1)[0]! as "jnt" | "actuator";
    const field = name.slice(kind.length + 1);
    return Array.from({ length: rows }, (_, id) => {
      using element = model[kind](id);
      const value = (element as unknown as Fields)[field];
      assert.equal(typeof value, "boolean", `${name}[${id}]`);
      return Number(value);
    });
  }
}

/** The names of all bodies (`kind` "body"), joints ("jnt"), …; null for what has none. */
function readNames(model: MjModel, kind: string): (string | null)[] {
  const bytes = Uint8Array.from(model.names as Int8Array);
  const addresses = [...(model as unknown as Fields)[`name_${kind}adr`] as Int32Array];
  return addresses.map((address) =>
    new TextDecoder().decode(bytes.subarray(address, bytes.indexOf(0, address))) || null
  );
}

async function withEnv(id: string, test: (env: MujocoEnv) => void): Promise<void> {
  const env = await makeMujocoEnv(id, { maxEpisodeSteps: 1000 });
  try {
    test(env);
  } finally {
    env.dispose();
  }
}

for (const file of files.filter((name) => name.endsWith(".model.json"))) {
  Deno.test(`the compiled model equals ${file}`, async () => {
    const golden = readGolden<GoldenModel>(file);
    assert.deepEqual(Object.keys(golden).sort(), modelKeys);
    await withEnv(golden.env, (env) => {
      const model = env.physics.model as unknown as Fields;
      const option = env.physics.model.opt as unknown as Fields;
      assert.equal(env.frameSkip, golden.frame_skip);
      assertClose([env.dt, 1 / env.dt], [golden.dt, golden.render_fps], MODEL_TOLERANCE, "dt");
      for (const [name, size] of Object.entries(golden.sizes)) assert.equal(model[name], size, name);
      for (const [name, expected] of Object.entries(golden.option)) {
        const actual = option[name];
        if (typeof expected === "number") assert.equal(actual, expected, name);
        else assert.deepEqual([...actual as Float64Array], expected, name);
      }
      for (const [kind, names] of Object.entries(golden.names)) {
        assert.deepEqual(readNames(env.physics.model, kind), names, `names of ${kind}`);
      }
      for (const [name, rows] of Object.entries(golden.arrays)) {
        const actual = readArray(env.physics.model, name, rows.length);
        assertClose(actual, rows.flat(Infinity) as number[], MODEL_TOLERANCE, name);
      }
    });
  });
}

for (const file of files.filter((name) => !name.endsWith(".model.json"))) {
  Deno.test(`stepping gives the trajectory ${file}`, async () => {
    const golden = readGolden<GoldenTrajectory>(file);
    await withEnv(golden.env, (env) => {
      env.setPositions(golden.qpos, golden.qvel);
      assertClose(env.observe(), golden.observation, 1e-15, "observation");
      // HalfCheetah's contacts make it chaotic: there an ulp of libm has grown beyond any bound after some more steps.
      const [steps, tolerance] = golden.env === "HalfCheetah-v4" ? [50, 1e-6] : [Infinity, 1e-9];
      for (const [t, action] of golden.actions.slice(0, steps).entries()) {
        const { observation, reward, terminated } = env.step(action);
        assertClose(observation, golden.observations[t]!, tolerance, `observations[${t}]`);
        assertClose([reward], [golden.rewards[t]!], tolerance, `rewards[${t}]`);
        assert.equal(terminated, golden.terminated[t], `terminated[${t}]`);
      }
    });
  });
}

Deno.test("there is golden data for every environment", () => {
  assert(files.length >= 12, `found ${files.join(", ")}`);
});
