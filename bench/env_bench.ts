/** The speed of the environments alone. */

import { environmentIds } from "../src/config.ts";
import { makeEnv } from "../src/env/make_env.ts";
import { RandomStream } from "../src/random.ts";

/** How long one environment takes for a step. */
export interface EnvironmentTiming {
  readonly env: string;
  /** The best round's mean: other programs on the machine only ever add time. */
  readonly microsecondsPerStep: number;
}

/**
 * Times every environment under uniform random actions, resets at episode ends included; rounds alternate between the
 * environments, so that a busy minute hits all alike.
 */
export async function benchEnvironments(
  options: { steps?: number; rounds?: number } = {},
): Promise<EnvironmentTiming[]> {
  const { steps = 1000, rounds = 15 } = options;
  const contenders = await Promise.all(environmentIds.map(async (id) => {
    const env = await makeEnv(id, { maxEpisodeSteps: 1000 });
    const random = new RandomStream(1, "bench");
    env.reset(random);
    return { env, random, action: new Float64Array(env.actionSize), best: Infinity };
  }));
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const { env, random, action } = contender;
      const start = performance.now();
      for (let step = 0; step < steps; step++) {
        for (let i = 0; i < action.length; i++) action[i] = random.uniform(env.actionLow[i], env.actionHigh[i]);
        const { terminated, truncated } = env.step(action);
        if (terminated || truncated) env.reset(random);
      }
      const microseconds = (performance.now() - start) * 1000 / steps;
      if (round > 0) contender.best = Math.min(contender.best, microseconds); // round 0 warms up
    }
  }
  return contenders.map(({ env, best }) => {
    env.dispose();
    return { env: env.id, microsecondsPerStep: best };
  });
}
