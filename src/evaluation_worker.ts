/**
 * A worker that evaluates policies on an environment of its own, so that training does not wait. Talks to `evaluator.ts`.
 *
 * First message in: {@link WorkerSetup}. Then for each {@link WorkerRequest} an `EvaluationOutcome` goes out. What is thrown here
 * ends the worker and reaches the other side as an error event.
 */

import { makeEnv } from "./env/make_env.ts";
import { doEvaluationJob, type EvaluationJob } from "./evaluate.ts";
import type { ParameterSet } from "./learner/parameters.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { makePolicy } from "./run/policy_file.ts";
import type { Env } from "./env/env.ts";

/** What the worker needs before the first job. */
export interface WorkerSetup {
  readonly env: string;
  readonly maxEpisodeSteps: number;
  readonly options: PolicyOptions;
}

/** One job, with the actor's parameters at that step. */
export interface WorkerRequest {
  readonly job: EvaluationJob;
  readonly parameters: ParameterSet;
}

// The worker's global scope, which Deno types as a window's.
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<WorkerSetup | WorkerRequest>) => Promise<void>;
  postMessage(message: unknown): void;
};

let setup: WorkerSetup;
let ready: { env: Env; policy: Policy } | undefined;

scope.onmessage = async ({ data }) => {
  if ("env" in data) {
    setup = data;
    return;
  }
  const { job, parameters } = data;
  ready ??= {
    env: await makeEnv(setup.env, setup),
    policy: await makePolicy({ options: setup.options, parameters }),
  };
  ready.policy.load(parameters);
  scope.postMessage(doEvaluationJob(ready.env, ready.policy, job));
};
