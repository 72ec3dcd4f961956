/** Evaluates a policy during training: in a background worker where that is possible, else in line, with the same results. */

import type { Env } from "./env/env.ts";
import { RunError } from "./errors.ts";
import { doEvaluationJob, type EvaluationJob, type EvaluationOutcome } from "./evaluate.ts";
import type { WorkerRequest, WorkerSetup } from "./evaluation_worker.ts";
import type { ParameterSet } from "./learner/parameters.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { makePolicy } from "./run/policy_file.ts";

/** Does one job at a time. */
export interface Evaluator {
  /** Whether it goes on while the caller does something else. If not, the caller leaves the parameters alone until it is done. */
  readonly isBackground: boolean;
  /**
   * @param parameters the actor's
   * @throws {RunError} if the worker died
   */
  evaluate(job: EvaluationJob, parameters: ParameterSet): Promise<EvaluationOutcome>;
  dispose(): void;
}

/** Evaluates in line, on an environment of its own. */
export class InlineEvaluator implements Evaluator {
  readonly isBackground = false;
  readonly #env: Env;
  readonly #options: PolicyOptions;
  #policy: Policy | undefined;

  constructor(env: Env, options: PolicyOptions) {
    this.#env = env;
    this.#options = options;
  }

  async evaluate(job: EvaluationJob, parameters: ParameterSet): Promise<EvaluationOutcome> {
    this.#policy ??= await makePolicy({ options: this.#options, parameters });
    this.#policy.load(parameters);
    return doEvaluationJob(this.#env, this.#policy, job);
  }

  dispose(): void {
    this.#env.dispose();
  }
}

/** Evaluates on one of this project's environments in a worker. */
export class WorkerEvaluator implements Evaluator {
  readonly isBackground = true;
  readonly #worker: Worker;
  readonly #failure: Promise<never>;

  /** @param module the worker's module, for tests */
  constructor(setup: WorkerSetup, module = new URL("./evaluation_worker.ts", import.meta.url)) {
    this.#worker = new Worker(module, { type: "module" });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failure = promise;
    this.#failure.catch(() => {}); // it counts when a job waits for it
    const fail = (reason: string) => reject(new RunError(`The evaluation worker died: ${reason}`));
    this.#worker.onerror = (event) => {
      event.preventDefault(); // else the whole process ends here
      fail(event.message);
    };
    this.#worker.onmessageerror = () => fail("a message could not be read");
    this.#worker.postMessage(setup);
  }

  evaluate(job: EvaluationJob, parameters: ParameterSet): Promise<EvaluationOutcome> {
    const { promise, resolve } = Promise.withResolvers<EvaluationOutcome>();
    this.#worker.onmessage = ({ data }) => resolve(data);
    this.#worker.postMessage({ job, parameters } satisfies WorkerRequest); // copies them
    return Promise.race([promise, this.#failure]);
  }

  dispose(): void {
    this.#worker.terminate();
  }
}
