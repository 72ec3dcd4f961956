/** How far a sweep is, and when it will be done. */

import { mean } from "../moments.ts";
import { formatDuration } from "../progress.ts";
import type { Progress } from "../run/pace.ts";
import type { SweepRun } from "./plan.ts";

interface RunProgress {
  readonly run: SweepRun;
  step: number;
  state: "waiting" | "running" | "ended";
  stepsPerSecond: number | undefined;
}

/** Follows the runs of a sweep as a pool trains them. */
export class SweepProgress {
  readonly #runs: ReadonlyMap<string, RunProgress>;
  readonly #concurrency: number;
  readonly #totalSteps: number;
  #finished = 0;

  /** @param concurrency runs at once */
  constructor(runs: readonly SweepRun[], concurrency: number) {
    this.#runs = new Map(
      runs.map((run) => [run.folder, { run, step: 0, state: "waiting", stepsPerSecond: undefined }]),
    );
    this.#concurrency = concurrency;
    this.#totalSteps = runs.reduce((sum, { config }) => sum + config.steps, 0);
  }

  start(folder: string): void {
    this.#runs.get(folder)!.state = "running";
  }

  update(folder: string, { step, stepsPerSecond }: Pick<Progress, "step" | "stepsPerSecond">): void {
    const run = this.#runs.get(folder)!;
    run.step = step;
    run.stepsPerSecond = stepsPerSecond ?? run.stepsPerSecond;
  }

  /** A run has ended. */
  end(folder: string, how: "finished" | "failed" | "to be retried"): void {
    const run = this.#runs.get(folder)!;
    if (how === "finished") {
      run.step = run.run.config.steps;
      this.#finished++;
    }
    run.state = how === "to be retried" ? "waiting" : "ended";
  }

  /**
   * Seconds until all is done; undefined until the speed of a run is known. A waiting run is taken to be as fast as the others of its
   * environment, and to start on the first place that is free.
   */
  get secondsLeft(): number | undefined {
    const runs = [...this.#runs.values()];
    const rates = runs.filter(({ stepsPerSecond }) => stepsPerSecond !== undefined && stepsPerSecond > 0);
    if (rates.length === 0) return runs.every(({ state }) => state === "ended") ? 0 : undefined;
    const overall = mean(rates.map(({ stepsPerSecond }) => stepsPerSecond!));
    const seconds = ({ run, step, stepsPerSecond }: RunProgress) => {
      const peers = rates.filter((peer) => peer.run.config.env === run.config.env);
      const usual = peers.length > 0 ? mean(peers.map(({ stepsPerSecond }) => stepsPerSecond!)) : overall;
      return (run.config.steps - step) / (stepsPerSecond || usual);
    };
    const busyUntil = runs.filter(({ state }) => state === "running").map(seconds);
    while (busyUntil.length < this.#concurrency) busyUntil.push(0);
    for (const run of runs.filter(({ state }) => state === "waiting")) {
      const first = busyUntil.indexOf(Math.min(...busyUntil));
      busyUntil[first]! += seconds(run);
    }
    return Math.max(...busyUntil);
  }

  /** Steps made of all steps, from 0 to 1. */
  get share(): number {
    return [...this.#runs.values()].reduce((sum, { step }) => sum + step, 0) / this.#totalSteps;
  }

  /** `3 of 40 runs finished, 9% of all steps, 2:13:05 left`. */
  describe(): string {
    const left = this.secondsLeft;
    return `${this.#finished} of ${this.#runs.size} runs finished, ` +
      `${Math.floor(100 * this.share)}% of all steps` +
      (left === undefined || left === 0 ? "" : `, about ${formatDuration(left)} left`);
  }
}
