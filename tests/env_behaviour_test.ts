/** Episodes, resets, states and errors of the environments, beyond what the golden trajectories show. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { environmentIds } from "../src/config.ts";
import type { Env } from "../src/env/env.ts";
import { makeEnv, makeMujocoEnv } from "../src/env/make_env.ts";
import { UsageError } from "../src/errors.ts";
import { RandomStream } from "../src/random.ts";

/** The bytes of everything that `count` steps under random actions give. */
function rollOut(env: Env, count: number): Float64Array {
  const random = new RandomStream(7, "actions");
  const rows: number[] = [];
  for (let t = 0; t < count; t++) {
    const action = Array.from(env.actionLow, (low, i) => random.uniform(low, env.actionHigh[i]));
    const { observation, reward, terminated, truncated } = env.step(action);
    rows.push(...observation, reward, Number(terminated), Number(truncated));
  }
  return Float64Array.from([...rows, ...env.getState()]);
}

/** Compares bit patterns: 0 and -0 differ. */
function assertSameBytes(actual: Float64Array, expected: Float64Array): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert(Object.is(actual[i], expected[i]), `${i}: ${actual[i]}, ${expected[i]}`);
  }
}

for (const id of environmentIds) {
  Deno.test(`${id}: a state brings back the same bytes, in this environment and in another`, async () => {
    const env = await makeEnv(id), other = await makeEnv(id);
    env.reset(new RandomStream(1, "reset"));
    rollOut(env, 30); // into contact, with a solver warm start that is not zero
    const state = env.getState();
    const observation = env.observe().slice();
    const expected = rollOut(env, 60);
    env.setState(state);
    assertSameBytes(env.observe(), observation);
    assertSameBytes(rollOut(env, 60), expected);
    other.setState(state);
    assertSameBytes(rollOut(other, 60), expected);
    env.dispose();
    other.dispose();
  });

  Deno.test(`${id}: the reward is the sum of its terms, and the first observation that of the state`, async () => {
    const env = await makeEnv(id);
    assertSameBytes(env.reset(new RandomStream(2, "reset")).slice(), env.observe());
    for (let t = 0; t < 40; t++) {
      const { reward, rewardTerms } = env.step(env.actionHigh);
      const sum = Object.values(rewardTerms).reduce((total, term) => total + term, 0);
      assert(Math.abs(reward - sum) < 1e-12);
    }
    env.dispose();
  });

  Deno.test(`${id}: truncated at the step limit only, and again after the next reset`, async () => {
    const env = await makeEnv(id, { maxEpisodeSteps: 4 });
    const idle = new Float64Array(env.actionSize);
    for (let episode = 0; episode < 2; episode++) {
      env.reset(new RandomStream(3, "reset", episode));
      for (let t = 1; t <= 4; t++) {
        const { truncated, terminated } = env.step(idle);
        assert.equal(truncated, t === 4);
        assert.equal(terminated, false);
      }
    }
    const atLimit = env.getState();
    env.reset(new RandomStream(3, "reset"));
    env.setState(atLimit); // the steps since the reset are part of the state
    assert.equal(env.step(idle).truncated, true);
    env.dispose();
  });
}

Deno.test("a state brings back the same bytes in a new process, which needs to read and no more", async () => {
  const env = await makeEnv("HalfCheetah-v4");
  env.reset(new RandomStream(4, "reset"));
  env.step(env.actionHigh);
  const state = env.getState();
  for (let t = 0; t < 50; t++) env.step(env.actionLow);
  const expected = env.getState();
  env.dispose();
  const program = `
    import { makeEnv } from ${JSON.stringify(new URL("../src/env/make_env.ts", import.meta.url).href)};
    const env = await makeEnv("HalfCheetah-v4");
    env.setState(Float64Array.from(${JSON.stringify([...state])}));
    for (let t = 0; t < 50; t++) env.step(env.actionLow);
    console.log(JSON.stringify([...env.getState()]));
  `;
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  const main = `data:text/typescript,${encodeURIComponent(program)}`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--no-prompt", "--no-check", "--config", config, main],
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  assert.deepEqual(JSON.parse(text.decode(stdout)), JSON.parse(JSON.stringify([...expected])));
});

Deno.test("resets draw positions, then velocities, from the distributions of Gymnasium", async () => {
  const draw = async (id: string) => {
    const env = await makeMujocoEnv(id);
    env.reset(new RandomStream(5, "reset"));
    const qpos = [...env.physics.data.qpos as Float64Array], qvel = [...env.physics.data.qvel as Float64Array];
    env.dispose();
    return { qpos, qvel, random: new RandomStream(5, "reset") };
  };
  {
    const { qpos, qvel, random } = await draw("HalfCheetah-v4");
    assert.deepEqual(qpos, Array.from({ length: 9 }, () => random.uniform(-0.1, 0.1)));
    assert.deepEqual(qvel, Array.from({ length: 9 }, () => 0.1 * random.normal()));
  }
  {
    const { qpos, qvel, random } = await draw("Hopper-v4");
    assert.deepEqual(qpos, [0, 1.25, 0, 0, 0, 0].map((initial) => initial + random.uniform(-0.005, 0.005)));
    assert.deepEqual(qvel, Array.from({ length: 6 }, () => random.uniform(-0.005, 0.005)));
  }
  {
    const { qpos, qvel, random } = await draw("InvertedPendulum-v4");
    assert.deepEqual(qpos, Array.from({ length: 2 }, () => random.uniform(-0.01, 0.01)));
    assert.deepEqual(qvel, Array.from({ length: 2 }, () => random.uniform(-0.01, 0.01)));
  }
});

Deno.test("a fall terminates with the fallen pose as the last observation, and stepping on stays possible", async () => {
  const env = await makeEnv("InvertedPendulum-v4");
  env.reset(new RandomStream(6, "reset"));
  let result = env.step([3]);
  for (let t = 0; !result.terminated; t++) {
    assert(t < 100);
    result = env.step([3]);
  }
  assert(Math.abs(result.observation[1]!) > 0.2);
  assert.equal(result.reward, 1);
  assert.equal(result.truncated, false);
  assert.equal(env.step([3]).terminated, true);
  env.dispose();
});

Deno.test("Hopper's velocities are clipped where they are observed, and its bounds end the episode", async () => {
  const env = await makeMujocoEnv("Hopper-v4");
  const rest = [0, 0, 0, 0, 0, 0];
  const upright = [0, 1.25, 0, 0, 0, 0];
  env.setPositions(upright, [20, 0, 0, 0, 0, -30]);
  assert.deepEqual([...env.observe().slice(5)], [10, 0, 0, 0, 0, -10]);
  const terminates = (qpos: number[], qvel: number[]) => {
    env.setPositions(qpos, qvel);
    return env.step([0, 0, 0]).terminated;
  };
  assert.equal(terminates(upright, rest), false);
  assert.equal(terminates([0, 0.6, 0, 0, 0, 0], rest), true);
  assert.equal(terminates([0, 1.25, 0.21, 0, 0, 0], rest), true);
  assert.equal(terminates([0, 1.25, -0.21, 0, 0, 0], rest), true);
  assert.equal(terminates(upright, [120, 0, 0, 0, 0, 0]), true);
  assert.equal(terminates([120, 1.25, 0, 0, 0, 0], rest), false); // how far it got is no bound
  env.dispose();
});

Deno.test("wrong use is refused in words", async () => {
  await assert.rejects(
    makeEnv("Walker2d-v4"),
    new UsageError('Cannot make "Walker2d-v4": expected one of HalfCheetah-v4, Hopper-v4, InvertedPendulum-v4'),
  );
  await assert.rejects(makeEnv("Hopper-v4", { maxEpisodeSteps: 0 }), UsageError);
  const env = await makeEnv("Hopper-v4");
  assert.throws(() => env.step([0, 0, 0]), /before it has a state: call reset or setState first/);
  env.reset(new RandomStream(1, "reset"));
  const before = env.getState();
  assert.throws(
    () => env.step([0, 0]),
    new RangeError("Cannot step Hopper-v4 with an action of 2 numbers: expected 3"),
  );
  assert.throws(() => env.step([0, NaN, 0]), /^RangeError: Cannot step Hopper-v4 with NaN for action\[1\]/);
  assert.throws(() => env.step([0, 0, -Infinity]), RangeError);
  assert.throws(() => env.setState(new Float64Array(3)), /^RangeError: Cannot set Hopper-v4 to a state of 3 numbers/);
  assertSameBytes(env.getState(), before); // nothing of that reached the physics
  env.dispose();
  env.dispose();
  assert.throws(() => env.step([0, 0, 0]), /after dispose/);
  assert.throws(() => env.reset(new RandomStream(1, "reset")), /after dispose/);
});
