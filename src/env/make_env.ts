/** The environments by name. */

import { environmentIds, resolveConfig } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { Env } from "./env.ts";
import { HalfCheetah } from "./half_cheetah.ts";
import { Hopper } from "./hopper.ts";
import { InvertedPendulum } from "./inverted_pendulum.ts";
import type { MujocoEnv } from "./mujoco_env.ts";

const makers: Record<typeof environmentIds[number], (maxEpisodeSteps: number) => Promise<MujocoEnv>> = {
  "HalfCheetah-v4": HalfCheetah.make,
  "Hopper-v4": Hopper.make,
  "InvertedPendulum-v4": InvertedPendulum.make,
};

/**
 * Makes an environment that comes with this project, with MuJoCo's physics to look at.
 *
 * @throws {UsageError} if there is no such environment, or `maxEpisodeSteps` is no integer of at least 1
 */
export async function makeMujocoEnv(id: string, options: { maxEpisodeSteps?: number } = {}): Promise<MujocoEnv> {
  const known = environmentIds.find((name) => name === id);
  if (!known) throw new UsageError(`Cannot make "${id}": expected one of ${environmentIds.join(", ")}`);
  const { maxEpisodeSteps } = options;
  const settings = { env: known, ...(maxEpisodeSteps !== undefined && { maxEpisodeSteps }) };
  return await makers[known](resolveConfig(settings).maxEpisodeSteps);
}

/**
 * Makes an environment that comes with this project. It starts without a state: `reset` or `setState` comes first.
 *
 * ```ts
 * import { makeEnv, RandomStream } from "soft-actor-critic";
 * const env = await makeEnv("Hopper-v4");
 * env.reset(new RandomStream(1, "example"));
 * const { observation, reward, terminated } = env.step([0.5, -0.5, 0]);
 * console.log(observation.length, reward, terminated); // 11, about 1, false
 * env.dispose();
 * ```
 *
 * @param options.maxEpisodeSteps steps after which an episode is truncated; by default 1000, HalfCheetah's 150
 * @throws {UsageError} if there is no such environment, or `maxEpisodeSteps` is no integer of at least 1
 */
export async function makeEnv(id: string, options: { maxEpisodeSteps?: number } = {}): Promise<Env> {
  return await makeMujocoEnv(id, options);
}
