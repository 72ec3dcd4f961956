import assert from "node:assert/strict";
import { hopperOptions } from "../bench/learners.ts";
import { median, threadCounts } from "../bench/measure.ts";
import { countOperations } from "../bench/operations.ts";
import { runTask, withFolder } from "./helpers/task.ts";

Deno.test("bench measures everything, prints it, and writes it as JSON and as a figure", () =>
  withFolder(async (folder) => {
    const [json, svg] = [`${folder}/bench.json`, `${folder}/new/bench.svg`];
    const { code, stdout, stderr } = await runTask("bench", "--quick", "--json", json, "--svg", svg);
    assert.equal(code, 0, stderr);
    const report = JSON.parse(Deno.readTextFileSync(json));
    const positive = (value: unknown) => assert.ok(Number.isFinite(value) && value as number > 0, String(value));

    assert.equal(report.machine.cores, navigator.hardwareConcurrency);
    const { peak, tiles, parts, update, productShare, allProductsShare } = report.anatomy;
    for (const { median, maximum } of [peak, ...tiles]) [median, maximum].forEach(positive);
    assert.deepEqual(tiles.map(({ name }: { name: string }) => name), ["6x16", "4x16", "6x8"]);
    assert.equal(parts.length, 5);
    const total = parts.reduce((sum: number, { megaflop }: { megaflop: number }) => sum + megaflop, 0);
    assert.ok(Math.abs(total - update.megaflop) < 1e-6);
    positive(update.leftOutMegaflop);
    assert.ok(0 < productShare.median && productShare.median < allProductsShare.median);

    const counts = threadCounts(navigator.hardwareConcurrency);
    const engines = report.updates.map(({ engine, threads }: Record<string, unknown>) => [engine, threads]);
    assert.deepEqual(engines, [...counts.map((count) => ["fused", count]), ["tfjs wasm", 1]]);
    for (const { critics, update } of report.updates) {
      [critics.median, update.minimum].forEach((time) => assert.ok(time > 0));
    }
    for (const key of ["batch", "width"]) assert.equal(report.scaling[key].length, 2 * counts.length);

    assert.equal(report.environments.length, 3);
    for (const { microsecondsPerStep } of report.environments) positive(microsecondsPerStep);
    const [bare, evaluated, , , fresh, full] = report.training;
    [bare, evaluated].forEach(({ stepsPerSecond }) => positive(stepsPerSecond.median));
    positive(fresh.firstUpdateSeconds.median);
    if (Deno.build.os === "linux") positive(full.peakMegabytes);

    assert.match(Deno.readTextFileSync(svg), /^<svg[^]*How an update's time grows[^]*<\/svg>\n$/);
    for (
      const line of [/^multiply-add peak +\d/m, /^critics and targets +316 /m, /^tfjs wasm +– /m, /^Hopper-v4 +\d/m]
    ) {
      assert.match(stdout, line);
    }
  }));

Deno.test("bench refuses flags that it does not know", async () => {
  const { code, stderr } = await runTask("bench", "--fast");
  assert.equal(code, 2);
  assert.match(stderr, /^Unknown flag --fast$/m);
});

Deno.test("the operations of an update add up, and the hidden layers' products are the bulk of them", () => {
  const { critics, actor, policy, temperature, update } = countOperations(hopperOptions);
  assert.equal(update, critics + (actor + 2 * (policy + temperature)) / 2);
  // 256 × 256 × 256: nine products in the critics' part (one of the actor, four forward, four backward), five in a policy step
  // (two forward, one back through the smaller critic, two of the actor), one in each of the actor's forward passes.
  const square = 2 * 256 ** 3, squares = 9 + (1 + 2 * (5 + 1)) / 2;
  assert.ok(update > squares * square && update < 1.06 * squares * square);
  const wide = countOperations({ ...hopperOptions, batchSize: 512 });
  assert.equal(wide.update, 2 * update);
});

Deno.test("median takes the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});
