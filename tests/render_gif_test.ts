import assert from "node:assert/strict";
import omggif from "omggif"; // another GIF library than the one that writes them
import { chooseFrames } from "../src/render/frame_times.ts";
import { encodeGif } from "../src/render/gif.ts";
import { choosePalette, ColourIndex, distance, type Rgb } from "../src/render/palette.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

for (
  const { name, steps, dt, fps, frames, delays } of [
    { name: "HalfCheetah", steps: 150, dt: 0.05, fps: 25, frames: 150, delays: [5] },
    { name: "Hopper", steps: 1000, dt: 0.008, fps: 25, frames: 200, delays: [4] },
    { name: "InvertedPendulum", steps: 1000, dt: 0.04, fps: 25, frames: 1000, delays: [4] },
    { name: "Hopper with a broken last stride", steps: 998, dt: 0.008, fps: 25, frames: 200, delays: [2, 4] },
    {
      name: "Hopper at the fastest that browsers play",
      steps: 1000,
      dt: 0.008,
      fps: 1000,
      frames: 334,
      delays: [2, 3],
    },
  ]
) {
  Deno.test(`${name}: frames at whole steps, delays that add up to real time`, () => {
    const chosen = chooseFrames(steps, dt, fps);
    assert.equal(chosen.steps.length, frames);
    assert.deepEqual(chosen.steps.slice(0, 2), [0, chosen.steps[1]]);
    assert.deepEqual([...new Set(chosen.delays)].sort(), delays);
    assert.ok(Math.abs(sum(chosen.delays) - 100 * steps * dt) <= 2, `${sum(chosen.delays)} hundredths`);
    assert.ok(chosen.fps <= Math.min(fps, 50));
  });
}

Deno.test("sparser frames are among the dense ones and take as long", () => {
  const dense = chooseFrames(100, 0.05, 25), sparse = chooseFrames(100, 0.05, 25, 3);
  assert.deepEqual(sparse.steps, dense.steps.filter((_, i) => i % 3 === 0));
  assert.equal(sum(sparse.delays), sum(dense.delays));
});

/** A bar that moves over a gradient, `[size, size, 3]`. */
function makePicture(size: number, bar: number): Uint8Array {
  const picture = new Uint8Array(3 * size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      picture.set(column === bar ? [200, 60, 10] : [200 + row, 220, 240], 3 * (row * size + column));
    }
  }
  return picture;
}

Deno.test("a GIF has the frames, delays and colours that went in, and repeats for ever", () => {
  const size = 32, pictures = [3, 4, 4, 20].map((bar) => makePicture(size, bar));
  const palette = choosePalette(pictures), index = new ColourIndex(palette);
  const gif = encodeGif(pictures.map((picture) => index.map(picture)), [4, 5, 4, 300], size, palette);
  const reader = new omggif.GifReader(gif);
  assert.deepEqual([reader.width, reader.height, reader.numFrames(), reader.loopCount()], [size, size, 4, 0]);
  assert.deepEqual(pictures.map((_, n) => reader.frameInfo(n).delay), [4, 5, 4, 300]);
  const shown = new Uint8Array(4 * size * size);
  for (const [n, picture] of pictures.entries()) {
    reader.decodeAndBlitFrameRGBA(n, shown); // leaves transparent pixels as they are
    for (let i = 0; i < size * size; i++) {
      const off = distance([...shown.slice(4 * i, 4 * i + 3)] as Rgb, [...picture.slice(3 * i, 3 * i + 3)] as Rgb);
      assert.ok(off <= 27, `frame ${n}, pixel ${i} is off by ${Math.sqrt(off)}`);
    }
  }
});

Deno.test("what does not change takes next to no space", () => {
  const size = 128, noise = Uint8Array.from({ length: size * size }, (_, i) => 1 + (i * i * 7919 >>> 4) % 255);
  const palette = Array.from({ length: 256 }, (_, i): Rgb => [i, (i * 37) % 256, (i * 101) % 256]);
  const length = (frames: number) => encodeGif(Array(frames).fill(noise), Array(frames).fill(4), size, palette).length;
  assert.ok(length(11) - length(1) < 0.3 * length(1), `${length(1)} bytes for one frame, ${length(11)} for eleven`);
});

Deno.test("a palette holds every colour if there are few, and shows a long gradient without bands", () => {
  const few = Uint8Array.from([1, 2, 3, 250, 4, 7, 1, 2, 3, 9, 9, 9]);
  const index = new ColourIndex(choosePalette([few])), palette = choosePalette([few]);
  assert.deepEqual([...index.map(few)].flatMap((i) => palette[i]), [...few]);
  const gradient = Uint8Array.from({ length: 3 * 200 * 50 }, (_, i) => 40 + Math.floor(i / 150));
  const colours = choosePalette([gradient]);
  assert.ok(colours.length <= 256);
  new ColourIndex(colours).map(gradient).forEach((i, pixel) => {
    assert.ok(Math.abs(colours[i]![0] - gradient[3 * pixel]!) <= 1);
  });
});
