/** Frames to an animated GIF that repeats for ever. */

import gifenc from "gifenc"; // CommonJS: it has a default export only
import { distance, type Rgb, unchanged } from "./palette.ts";

/** Colours no further apart than this look the same from one frame to the next: squared, in bytes. */
const alike = 3 * 3 * 3;

const keep = 1; // GIF89a's disposal method: leave the frame, the next one is drawn over it

/**
 * Encodes a GIF. Pixels that look as before become transparent, and runs of these take next to no space.
 *
 * @param frames the palette's index of each pixel, `[frame][size · size]`
 * @param delays hundredths of a second, `[frame]`
 */
export function encodeGif(
  frames: readonly Uint8Array[],
  delays: readonly number[],
  size: number,
  palette: readonly Rgb[],
): Uint8Array<ArrayBuffer> {
  const encoder = gifenc.GIFEncoder({ initialCapacity: 1 << 20 }),
    look = lookAlike(palette),
    { length: colours } = palette;
  const shown = new Uint8Array(size * size);
  for (const [n, frame] of frames.entries()) {
    const changes = new Uint8Array(frame.length);
    for (let i = 0; i < frame.length; i++) {
      if (n > 0 && look[shown[i]! * colours + frame[i]!]) changes[i] = unchanged;
      else changes[i] = shown[i] = frame[i]!;
    }
    encoder.writeFrame(changes, size, size, {
      ...(n === 0 ? { palette: palette as Rgb[], repeat: 0 } : { transparent: true, transparentIndex: unchanged }),
      delay: 10 * delays[n]!, // in ms
      dispose: keep,
    });
  }
  encoder.finish();
  return encoder.bytes() as Uint8Array<ArrayBuffer>;
}

/** Which pairs of colours look the same, `[colour, colour]`. */
function lookAlike(palette: readonly Rgb[]): Uint8Array {
  return Uint8Array.from(
    palette.flatMap((a) => palette.map((b) => distance(a, b) <= alike ? 1 : 0)),
  );
}
