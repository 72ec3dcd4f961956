import assert from "node:assert/strict";
import { join } from "node:path";
import { PointMass } from "./helpers/point_mass.ts";
import { smallConfig, trainPointMass, trainUntil, withFolder } from "./helpers/runs.ts";
import { RunLock } from "../src/run/lock.ts";
import { countStates, readStatus } from "../src/sweep/status.ts";

class BrokenPointMass extends PointMass {
  override step() {
    return { ...super.step([0, 0]), reward: NaN };
  }
}

Deno.test("the status tells runs apart that wait, run, were stopped in one way or another, failed or are finished", () =>
  withFolder(async (folder) => {
    const states = [
      "not started",
      "finished",
      "interrupted",
      "stopped",
      "running",
      "running",
      "failed",
      "unusable",
    ] as const;
    const runs = states.map((_, index) => ({
      index,
      folder: `PointMass__seed_${index}`,
      config: smallConfig({ seed: index }),
    }));
    const options = runs.map(({ folder: name, config }) => ({ directory: join(folder, name), config }));
    const [, finished, interrupted, stopped, running, starting, failed, unusable] = options.map((one) => one!);

    await trainPointMass(finished!);
    await trainUntil(120, interrupted!);
    // What a process that was killed leaves behind: a lock file that nobody holds, and no last word.
    await trainUntil(120, stopped!);
    const events = join(stopped!.directory, "events.jsonl");
    Deno.writeTextFileSync(events, Deno.readTextFileSync(events).replace(/\n[^\n]*\n$/, "\n"));
    const lock = join(stopped!.directory, "lock");
    Deno.writeTextFileSync(lock, "1\n");
    Deno.utimeSync(lock, 0, 0);
    await trainUntil(120, running!);
    using held = new DisposableStack();
    held.adopt(RunLock.acquire(running!.directory), (lock) => lock.release());
    Deno.utimeSync(join(running!.directory, "lock"), 0, 0); // held for long
    Deno.mkdirSync(starting!.directory);
    Deno.writeTextFileSync(join(starting!.directory, "lock"), ""); // in this moment
    const makeEnv = () => Promise.resolve(new BrokenPointMass());
    await assert.rejects(() => trainPointMass({ ...failed!, makeEnv }), { name: "RunError" });
    Deno.mkdirSync(unusable!.directory);
    Deno.writeTextFileSync(join(unusable!.directory, "notes.txt"), "mine");

    const statuses = readStatus(join(folder, "manifest.jsonl"), runs);
    assert.deepEqual(statuses.map(({ state }) => state), states);
    assert.deepEqual(statuses.map(({ step }) => step).slice(0, 3), [0, 400, 120]);
    assert.match(statuses[6]!.fault!, /reward/);
    assert.match(statuses[7]!.fault!, /notes\.txt/);
    assert.equal(typeof statuses[1]!.lastReturn, "number");
    assert.equal(
      countStates(statuses),
      "1 not started, 1 finished, 1 interrupted, 1 stopped, 2 running, 1 failed, 1 unusable",
    );
  }));
