/** The runs of the original, by the name of the task that trains them. */

import type { Config } from "./config.ts";

/** One of the original's runs: the settings that differ from the defaults, and the folder within the out-dir, if it has one. */
export interface Preset {
  /** The folder within the out-dir; none for the runs of the three seeds. */
  readonly name?: string;
  /** The settings that differ from the defaults. */
  readonly settings: Partial<Config>;
}

const seeds = [1, 2, 3];

/** The 11 runs of the original: `train:<key>` trains the runs of a key, `train:all` those of all keys. */
export const presets: Readonly<Record<string, readonly Preset[]>> = {
  "half-cheetah": seeds.map((seed) => ({ settings: { env: "HalfCheetah-v4", seed } })),
  "hopper": seeds.map((seed) => ({ settings: { env: "Hopper-v4", seed } })),
  "inverted-pendulum": seeds.map((seed) => ({ settings: { env: "InvertedPendulum-v4", seed } })),
  "long-run": [{ name: "long_run", settings: { env: "Hopper-v4", seed: 3, steps: 500_000 } }],
  "high-critic-lrate": [{ name: "high_critic_lrate", settings: { env: "Hopper-v4", seed: 1, qLr: 1e-3 } }],
};
