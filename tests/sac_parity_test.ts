/** Every engine against updates computed in float64 by an independent implementation (tests/golden/sac). */

import assert from "node:assert/strict";
import { createLearner } from "../src/learner/create_learner.ts";
import type { LearnerOptions, Losses } from "../src/learner/learner.ts";
import { initialState, type ParameterSet } from "../src/learner/parameters.ts";
import { actorLayers, criticLayers } from "../src/learner/parameters.ts";
import { testEngines } from "./helpers/engines.ts";

type Matrix = number[][];

interface Layer {
  kernel: Matrix;
  bias: number[];
}

type Networks = Record<"q1" | "q2" | "q1_target" | "q2_target" | "actor", Layer[]> & { log_alpha: number };

/** The format of the golden files. Kernels are `[in, out]`. */
interface Golden {
  config: {
    obs_dim: number;
    action_dim: number;
    hidden: number;
    batch_size: number;
    action_low: number;
    action_high: number;
    gamma: number;
    polyak: number;
    q_lr: number;
    policy_lr: number;
    alpha_lr: number;
    policy_frequency: number;
    log_std_min: number;
    log_std_max: number;
    target_entropy: number;
  };
  initial: Networks;
  updates: {
    batch: {
      observations: Matrix;
      actions: Matrix;
      rewards: number[];
      next_observations: Matrix;
      terminated: number[];
    };
    noise: { next_action: Matrix; actor: Matrix[]; alpha: Matrix[] };
    expected: {
      policy_loss: number[];
      alpha_loss: number[];
      alpha: number[];
      q1_loss: number;
      q2_loss: number;
      q1_value_mean: number;
      q2_value_mean: number;
    };
  }[];
  final: Networks;
}

const flat = (matrix: Matrix) => Float32Array.from(matrix.flat());

function learnerOptions({ config }: Golden): LearnerOptions {
  assert.equal(config.target_entropy, -config.action_dim);
  assert.equal(config.alpha_lr, config.q_lr);
  return {
    observationSize: config.obs_dim,
    actionSize: config.action_dim,
    actionLow: Array(config.action_dim).fill(config.action_low),
    actionHigh: Array(config.action_dim).fill(config.action_high),
    hidden: config.hidden,
    batchSize: config.batch_size,
    gamma: config.gamma,
    polyak: config.polyak,
    qLr: config.q_lr,
    policyLr: config.policy_lr,
    initialAlpha: 1,
    logStdBounds: [config.log_std_min, config.log_std_max],
    policySteps: config.policy_frequency,
    seed: 0,
  };
}

/** The golden parameters under the names of `parameters.ts`. */
function namedParameters(networks: Networks): Record<string, number[]> {
  const named: Record<string, number[]> = { log_alpha: [networks.log_alpha] };
  for (const network of ["q1", "q2", "q1_target", "q2_target", "actor"] as const) {
    const layers = network === "actor" ? actorLayers : criticLayers;
    assert.equal(networks[network].length, layers.length);
    layers.forEach((layer, i) => {
      named[`${network}/${layer}/kernel`] = networks[network][i]!.kernel.flat();
      named[`${network}/${layer}/bias`] = networks[network][i]!.bias;
    });
  }
  return named;
}

function assertNear(actual: number, expected: number, tolerance: number, what: string) {
  assert(Math.abs(actual - expected) <= tolerance, `${what} is ${actual}, expected ${expected} within ${tolerance}`);
}

/** Within 2e-4 of the expected value, in relation to its size; near zero, in relation to `scale`. */
function assertLossNear(actual: number, expected: number, scale: number, what: string) {
  assertNear(actual, expected, 2e-4 * Math.max(Math.abs(expected), scale), what);
}

const folder = new URL("golden/sac/", import.meta.url);
const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
assert(files.length > 0, "there are no golden files");

for (const file of files) {
  const golden: Golden = JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
  testEngines(`golden updates of ${file}`, async (engine) => {
    const options = learnerOptions(golden);
    const learner = await createLearner({ ...options, ...engine });
    try {
      const state: ParameterSet = initialState(options, options);
      for (const [name, values] of Object.entries(namedParameters(golden.initial))) state[name]!.data.set(values);
      learner.setState(state);

      for (const [index, { batch, noise, expected }] of golden.updates.entries()) {
        await learner.update(
          {
            size: options.batchSize,
            observations: flat(batch.observations),
            actions: flat(batch.actions),
            rewards: Float32Array.from(batch.rewards),
            nextObservations: flat(batch.next_observations),
            terminated: Float32Array.from(batch.terminated),
          },
          noise.actor.length > 0,
          { nextAction: flat(noise.next_action), actor: noise.actor.map(flat), alpha: noise.alpha.map(flat) },
        );
        const losses = await learner.losses();
        const check = (key: keyof Losses, value: number | undefined, scale: number) => {
          if (value !== undefined) assertLossNear(losses[key], value, scale, `${key} of update ${index}`);
        };
        check("policyLoss", expected.policy_loss.at(-1), 0);
        check("alphaLoss", expected.alpha_loss.at(-1), 1e-2); // passes through zero with log α, times about 10
        check("alpha", expected.alpha.at(-1), 0);
        check("q1Loss", expected.q1_loss, 0);
        check("q2Loss", expected.q2_loss, 0);
        check("q1Mean", expected.q1_value_mean, 1e-1); // a mean of values of both signs
        check("q2Mean", expected.q2_value_mean, 1e-1);
      }

      assert.equal(learner.updates, golden.updates.length);
      const found = await learner.getState();
      for (const [name, values] of Object.entries(namedParameters(golden.final))) {
        assert.equal(found[name]!.data.length, values.length);
        values.forEach((value, i) => assertNear(found[name]!.data[i]!, value, 1e-4, `${name}[${i}] at the end`));
      }
    } finally {
      learner.dispose();
    }
  });
}
