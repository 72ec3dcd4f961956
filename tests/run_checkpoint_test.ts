import assert from "node:assert/strict";
import { RandomStream } from "../src/random.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  findNotFinite,
  listCheckpoints,
  readCheckpoint,
  restoreNewest,
  saveCheckpoint,
  stepFileName,
  writeCheckpoint,
} from "../src/run/checkpoint.ts";
import { decodeSafetensors } from "../src/run/safetensors.ts";
import { withFolder } from "./helpers/runs.ts";

function makeCheckpoint(step: number): Checkpoint {
  return {
    step,
    episodicReturn: 0.1 + 0.2,
    episodicLength: 12,
    random: { batches: [7, 2], exploration: [2 ** 40, 4] },
    logs: { train: 100, eval: 50, losses: 30 },
    environment: Float64Array.of(step, Math.E, -0),
    learner: { log_alpha: { shape: [1], data: Float32Array.of(step) } },
    replay: {
      size: 2,
      next: 2,
      data: {
        size: 2,
        observations: Float32Array.of(1, 2, 3, 4),
        actions: Float32Array.of(5, 6),
        rewards: Float32Array.of(7, 8),
        nextObservations: Float32Array.of(9, 10, 11, 12),
        terminated: Float32Array.of(0, 1),
      },
    },
  };
}

Deno.test("checkpoint: what is saved reads back the same, and is a plain safetensors file", () =>
  withFolder((folder) => {
    saveCheckpoint(folder, makeCheckpoint(10));
    const path = `${folder}/${stepFileName(10)}`;
    assert.deepEqual(readCheckpoint(path), makeCheckpoint(10));
    const { tensors } = decodeSafetensors(Deno.readFileSync(path), path);
    assert.deepEqual(tensors["replay/observations"], { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  }));

Deno.test("checkpoint: an empty replay buffer can be saved", () =>
  withFolder((folder) => {
    const none = new Float32Array(0);
    const data = {
      size: 0,
      observations: none,
      actions: none,
      rewards: none,
      nextObservations: none,
      terminated: none,
    };
    const checkpoint = { ...makeCheckpoint(0), replay: { size: 0, next: 0, data } };
    saveCheckpoint(folder, checkpoint);
    assert.deepEqual(readCheckpoint(`${folder}/${stepFileName(0)}`), checkpoint);
  }));

Deno.test("checkpoint: the two newest stay", () =>
  withFolder((folder) => {
    for (const step of [10, 20, 30]) saveCheckpoint(folder, makeCheckpoint(step));
    assert.deepEqual(listCheckpoints(folder), [30, 20]);
    // After going on from an older one, those of later steps are worth nothing.
    saveCheckpoint(folder, makeCheckpoint(25));
    assert.deepEqual(listCheckpoints(folder), [25, 20]);
    assert.deepEqual([...Deno.readDirSync(folder)].length, 2);
  }));

Deno.test("checkpoint: every flipped bit and every cut is noticed", () =>
  withFolder((folder) => {
    saveCheckpoint(folder, makeCheckpoint(10));
    const bytes = Deno.readFileSync(`${folder}/${stepFileName(10)}`), random = new RandomStream(1, "test");
    const refused = (damaged: Uint8Array<ArrayBuffer>) =>
      assert.throws(() => decodeCheckpoint(damaged, "x"), { name: "UsageError", message: /"x".*damaged/ });
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 1 << random.integer(8);
      refused(damaged);
      refused(bytes.slice(0, i));
    }
    refused(Uint8Array.from([...bytes, 0]));
    decodeCheckpoint(bytes.slice(), "x");
  }));

Deno.test("checkpoint: one with the right digest and another content is refused", () =>
  withFolder((folder) => {
    const path = `${folder}/x`, checkpoint = makeCheckpoint(10), { replay, learner } = checkpoint;
    const notFloat32 = Float64Array.of(1, 2);
    const faults: [Partial<Record<keyof Checkpoint, unknown>>, RegExp][] = [
      [{ step: -1 }, /state is malformed/],
      [{ episodicReturn: NaN }, /state is malformed/],
      [{ random: { batches: [1] } }, /state is malformed/],
      [{ logs: { train: "100" } }, /state is malformed/],
      [{ replay: { ...replay, next: 0.5 } }, /state is malformed/],
      [{ environment: Float32Array.of(1) }, /environment is missing/],
      [{ replay: { ...replay, data: { ...replay.data, rewards: notFloat32 } } }, /replay\/rewards is missing/],
      [{ learner: { ...learner, log_alpha: { shape: [2], data: notFloat32 } } }, /learner\/log_alpha is missing/],
    ];
    for (const [change, expected] of faults) {
      writeCheckpoint(path, { ...checkpoint, ...change } as Checkpoint);
      assert.throws(() => readCheckpoint(path), (error: Error) => {
        assert.equal(error.name, "UsageError");
        assert.ok(error.message.includes(path));
        assert.match(error.message, expected);
        return true;
      });
    }
  }));

Deno.test("checkpoint: a damaged one is named and the one before it used", () =>
  withFolder((folder) => {
    for (const step of [10, 20]) saveCheckpoint(folder, makeCheckpoint(step));
    Deno.truncateSync(`${folder}/${stepFileName(20)}`, 100);
    const messages: string[] = [], restored: number[] = [];
    const restore = ({ step }: Checkpoint) => void restored.push(step);
    assert.equal(restoreNewest(folder, restore, (message) => messages.push(message)), 10);
    assert.deepEqual(restored, [10]);
    assert.equal(messages.length, 1);
    assert.match(messages[0]!, /step_000000020\.safetensors".*damaged/);

    Deno.writeTextFileSync(`${folder}/${stepFileName(10)}`, "");
    assert.throws(() => restoreNewest(folder, restore, () => {}), {
      name: "UsageError",
      message: /no checkpoint in .* can be used \(.*000000020.*000000010.*start over with --overwrite/,
    });
    assert.equal(restoreNewest(`${folder}/none`, restore, () => {}), undefined);
  }));

Deno.test("checkpoint: a number that is not finite is found by name", () => {
  const checkpoint = makeCheckpoint(1);
  assert.equal(findNotFinite(checkpoint), undefined);
  checkpoint.replay.data.rewards[1] = Infinity;
  assert.equal(findNotFinite(checkpoint), "replay/rewards");
});
