/**
 * How many floating-point operations an update needs: those of its matrix products, two for each multiply-add, without padding and
 * without what computes nothing new (the backward pass of the greater Q, a forward pass that was made before).
 */

import type { LearnerOptions } from "../src/learner/learner.ts";

/** Operations of an update's parts. */
export interface Operations {
  /** Both critics with their targets: forward, the actor's on the next observations included, and backward. */
  readonly critics: number;
  /** The actor's forward pass before the first policy step. */
  readonly actor: number;
  /** One step of the policy, given the actor's heads. */
  readonly policy: number;
  /** One step of the temperature, whose forward pass serves the next policy step. */
  readonly temperature: number;
  /** An update, as the mean of one with policy steps and `policySteps − 1` without. */
  readonly update: number;
}

/** The sizes that count. */
export type Sizes = Pick<LearnerOptions, "observationSize" | "actionSize" | "hidden" | "batchSize" | "policySteps">;

/** Counts the operations. */
export function countOperations({ observationSize, actionSize, hidden, batchSize, policySteps }: Sizes): Operations {
  const dense = (inputs: number, outputs: number) => 2 * batchSize * inputs * outputs;
  const square = dense(hidden, hidden), heads = dense(hidden, 2 * actionSize), value = dense(hidden, 1);
  const criticInput = dense(observationSize + actionSize, hidden), actorInput = dense(observationSize, hidden);
  const actor = actorInput + square + heads;
  const critic = criticInput + square + value; // forward; the gradients of its parameters take as much
  const critics = actor + 2 * (critic + critic + critic + square + value); // forward, targets, backward by parameters and by inputs
  const policy = 2 * critic + (value + square + dense(hidden, actionSize)) + (actor + square + heads);
  const temperature = actor;
  return { critics, actor, policy, temperature, update: critics + actor / policySteps + policy + temperature };
}
