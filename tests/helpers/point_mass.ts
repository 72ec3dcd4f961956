/** A small continuous task for tests of learning. */

import type { Env, StepResult } from "../../src/env/env.ts";
import type { RandomStream } from "../../src/random.ts";

const TIME_STEP = 0.2;
const HALF_WIDTH = 3;

/**
 * A mass on a plane that has to come to the origin and stay there, pushed by a force against friction:
 * velocity ← 0.8·velocity + 0.2·action, position ← position + 0.2·velocity.
 *
 * An episode begins at rest, anywhere in [−1, 1]². The reward is −distance² − 0.05·|action|². Leaving [−3, 3]² terminates the
 * episode and costs 10 more. Observation: position and velocity, each x and y.
 *
 * Mean return of a 40-step episode: about −44 for uniform random actions, −2.1 for {@link pointMassController}.
 */
export class PointMass implements Env {
  readonly id = "PointMass";
  readonly observationSize = 4;
  readonly actionSize = 2;
  readonly actionLow: Float64Array = Float64Array.of(-1, -1);
  readonly actionHigh: Float64Array = Float64Array.of(1, 1);
  readonly maxEpisodeSteps: number;
  readonly #observation = new Float64Array(4);
  readonly #result: StepResult = {
    observation: this.#observation,
    reward: 0,
    terminated: false,
    truncated: false,
    rewardTerms: { distance: 0, force: 0, leaving: 0 },
  };
  #steps = 0;

  constructor(maxEpisodeSteps = 40) {
    this.maxEpisodeSteps = maxEpisodeSteps;
  }

  reset(random: RandomStream): Float64Array {
    this.#steps = 0;
    this.#observation.set([random.uniform(-1, 1), random.uniform(-1, 1), 0, 0]);
    return this.#observation;
  }

  step(action: ArrayLike<number>): StepResult {
    const state = this.#observation, result = this.#result, terms = result.rewardTerms;
    let distanceSquared = 0, forceSquared = 0, outside = false;
    for (let axis = 0; axis < 2; axis++) {
      const force = Math.min(Math.max(action[axis]!, -1), 1);
      state[2 + axis] = 0.8 * state[2 + axis]! + 0.2 * force;
      state[axis]! += TIME_STEP * state[2 + axis]!;
      distanceSquared += state[axis]! * state[axis]!;
      forceSquared += force * force;
      outside ||= Math.abs(state[axis]!) > HALF_WIDTH;
    }
    this.#steps++;
    terms["distance"] = -distanceSquared;
    terms["force"] = -0.05 * forceSquared;
    terms["leaving"] = outside ? -10 : 0;
    result.reward = terms["distance"] + terms["force"] + terms["leaving"];
    result.terminated = outside;
    result.truncated = this.#steps >= this.maxEpisodeSteps;
    return result;
  }

  getState(): Float64Array {
    return Float64Array.of(...this.#observation, this.#steps);
  }

  setState(state: Float64Array): void {
    if (state.length !== 5) throw new RangeError(`Cannot restore a state of ${state.length} numbers: expected 5`);
    this.#observation.set(state.subarray(0, 4));
    this.#steps = state[4]!;
  }

  observe(): Float64Array {
    return this.#observation;
  }

  dispose(): void {}
}

/** A good controller, proportional to position and velocity: what a learner can be measured against. */
export function pointMassController(observation: ArrayLike<number>): [number, number] {
  const force = (axis: number) => Math.min(Math.max(-4 * observation[axis]! - 2 * observation[2 + axis]!, -1), 1);
  return [force(0), force(1)];
}
