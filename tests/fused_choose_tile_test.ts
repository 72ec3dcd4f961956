/** Which tile the fused engine takes, and what it says when something is wrong. */

import assert from "node:assert/strict";
import { RunError } from "../src/errors.ts";
import { decideTile, timeTiles } from "../src/learner/fused/choose_tile.ts";
import { tileShapes } from "../src/learner/fused/product_source.ts";

const tiles = [
  { number: 0, shape: "6x16", gigaflops: 90 },
  { number: 1, shape: "4x16", gigaflops: 80 },
  { number: 2, shape: "6x8", gigaflops: 60 },
];

Deno.test("times every tile", async () => {
  const timed = await timeTiles(1);
  assert.deepEqual(timed.map(({ number, shape }) => [number, shape]), tileShapes.map((shape, i) => [i, shape]));
  for (const { gigaflops } of timed) assert.ok(gigaflops > 0 && Number.isFinite(gigaflops));
});

Deno.test("the fastest tile that computes rightly is taken", async () => {
  const all = await decideTile(tiles, () => Promise.resolve(true));
  assert.deepEqual(all, { ...tiles[0]!, reproducible: true });
  const second = await decideTile(tiles, (tile) => Promise.resolve(tile !== 0));
  assert.equal(second.shape, "4x16");
  assert.match(second.hint ?? "", /6x16 compute wrongly/);
});

Deno.test("a slow start is said, with the flags that mend it", { ignore: Deno.build.arch !== "x86_64" }, async () => {
  const slow = tiles.map((tile) => ({ ...tile, gigaflops: tile.shape === "6x8" ? 37 : 21 }));
  const { shape, hint } = await decideTile(slow, () => Promise.resolve(true));
  assert.equal(shape, "6x8");
  assert.match(hint ?? "", /--experimental-wasm-revectorize/);
});

Deno.test("no tile is taken that computes wrongly", async () => {
  await assert.rejects(decideTile(tiles, () => Promise.resolve(false)), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /without --v8-flags, or use --engine tfjs/);
    return true;
  });
});
