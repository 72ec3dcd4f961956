/** Which steps of an episode a picture that plays at real time shows, and for how long. */

/** Frames of an episode. */
export interface FrameTimes {
  /** The step that each frame shows, `[frame]`: whole multiples of one stride. */
  readonly steps: number[];
  /** Hundredths of a second that each frame stays, `[frame]`, 2 at least: browsers show shorter ones slowly. */
  readonly delays: number[];
  /** Frames a second. */
  readonly fps: number;
}

/**
 * Takes every n-th step, the fewest that keep to `fps` frames a second at most; the delays add up to the simulated time, rounded to
 * hundredths.
 *
 * @param steps the episode's length
 * @param dt simulated seconds in a step
 * @param fps more than 50 count as 50
 * @param sparser take only one in so many of these frames
 */
export function chooseFrames(steps: number, dt: number, fps: number, sparser = 1): FrameTimes {
  const stride = sparser * Math.max(1, Math.ceil(1 / (Math.min(fps, 50) * dt) - 1e-9));
  const shown = Array.from({ length: Math.ceil(steps / stride) }, (_, frame) => frame * stride);
  const hundredths = (step: number) => Math.round(100 * step * dt);
  const ends = [...shown.slice(1), steps].map(hundredths);
  return {
    steps: shown,
    delays: ends.map((end, i) => Math.max(2, end - hundredths(shown[i]!))),
    fps: 1 / (stride * dt),
  };
}
