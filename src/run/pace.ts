/** Keeps a busy loop polite: lets signals and messages in, and says how far it is. */

import { setImmediate } from "node:timers/promises";

/** How far a run is. */
export interface Progress {
  /** Steps made. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Over the last seconds; undefined until it is known. */
  readonly stepsPerSecond: number | undefined;
  /** Return of the training episode that ended last, if one did. */
  readonly episodicReturn: number | undefined;
  /** Mean return of the last evaluation, if there was one, and its step. */
  readonly evaluationReturn: number | undefined;
  /** The step of that evaluation. */
  readonly evaluationStep: number | undefined;
}

/** Means over the episodes of one evaluation, as in `eval.csv`. */
export interface Evaluation {
  /** The step whose policy was evaluated. */
  readonly step: number;
  /** Mean return of its episodes. */
  readonly episodicReturn: number;
  /** Mean length of its episodes, in steps. */
  readonly episodicLength: number;
  /** Population standard deviation of the returns. */
  readonly returnStd: number;
}

/** How a run ended. */
export interface TrainSummary {
  /** `finished` also when it had been finished before: then `alreadyFinished` is true, and nothing was done. */
  readonly status: "finished" | "interrupted";
  /** Whether the run was finished before and stayed as it was. */
  readonly alreadyFinished: boolean;
  /** The run's folder. */
  readonly directory: string;
  /** Steps made. */
  readonly step: number;
  /** Over the whole run, all parts of an interrupted one together; 0 when nothing was done. */
  readonly stepsPerSecond: number;
  /** Updates per second of stepping and updating, without waiting for evaluations. */
  readonly updatesPerSecond: number;
  /** Mean return of the last evaluation here, if there was one. */
  readonly evaluationReturn: number | undefined;
}

const millisecondsBetweenPauses = 10; // a pause takes about 0.01 ms
const millisecondsBetweenReports = 100;
const stepsBetweenReports = 1000;

/** When to pause, and when to report. */
export class Pace {
  readonly #report: () => void;
  #lastPause = performance.now();
  #lastReport = performance.now();

  constructor(report: () => void) {
    this.#report = report;
  }

  /** Whether it is time for {@link pause}. */
  isDue(steps: number): boolean {
    return steps % stepsBetweenReports === 0 || performance.now() - this.#lastPause > millisecondsBetweenPauses;
  }

  /** Lets the event loop turn once. */
  async pause(steps: number): Promise<void> {
    await setImmediate();
    this.#lastPause = performance.now();
    if (steps % stepsBetweenReports === 0 || this.#lastPause - this.#lastReport > millisecondsBetweenReports) {
      this.#lastReport = this.#lastPause;
      this.#report();
    }
  }
}
