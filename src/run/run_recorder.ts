/** Everything that a training run leaves in its folder while it goes: logs, events, evaluations, checkpoints, the policy. */

import { join } from "node:path";
import type { Config } from "../config.ts";
import { RunError } from "../errors.ts";
import type { EvaluationOutcome } from "../evaluate.ts";
import type { Evaluator } from "../evaluator.ts";
import { mean, standardDeviation } from "../moments.ts";
import type { PolicyOptions } from "../policy.ts";
import { findNotFinite, saveCheckpoint, stepFileName, writeCheckpoint } from "./checkpoint.ts";
import type { Measured } from "./meter.ts";
import { Meter, rate } from "./meter.ts";
import { writePolicyFile } from "./policy_file.ts";
import { writeRecording } from "./recording.ts";
import type { RunPaths } from "./run_folder.ts";
import type { Evaluation, Progress, TrainSummary } from "./pace.ts";
import type { RunLogs } from "./run_logs.ts";
import { takeCheckpoint, type TrainingState } from "./training_state.ts";
import { makeFolder, removeIfThere, syncFolder, tryToWrite } from "./whole_file.ts";

/** Episodes recorded every `videoFreq` steps. */
const recordedEpisodes = 3;

/** What a {@link RunRecorder} works with. */
export interface RecorderOptions {
  readonly config: Config;
  readonly paths: RunPaths;
  readonly logs: RunLogs;
  readonly state: TrainingState;
  readonly evaluator: Evaluator;
  readonly policyOptions: PolicyOptions;
  /** Speed figures of the run before it was interrupted. */
  readonly measured: Measured | undefined;
  /** Is told of each evaluation when it is logged. */
  readonly onEvaluation?: ((evaluation: Evaluation) => void) | undefined;
}

/** Writes a run's folder. */
export class RunRecorder {
  readonly meter: Meter;
  #lastEvaluation: { step: number; episodicReturn: number } | undefined;
  readonly #options: RecorderOptions;
  #pending: Promise<void> | undefined; // the evaluation that is under way
  #failure: unknown; // of an evaluation
  #before: Measured; // when the last evaluation began
  #checkpointStep = -1;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.meter = new Meter(options.measured);
    this.#before = this.meter.measured;
  }

  /**
   * Begins the evaluation and the recording that are due at a step. At most one is under way, so that rows come in the order of
   * steps; a background evaluator's training goes on meanwhile.
   */
  async evaluate(step: number): Promise<void> {
    const { config, evaluator, state: { learner } } = this.#options;
    const episodes = step % config.evalFreq === 0 ? config.evalEpisodes : 0;
    const recordings = config.videoFreq > 0 && step % config.videoFreq === 0 ? recordedEpisodes : 0;
    if (episodes === 0 && recordings === 0) return;
    await this.settle();
    const now = this.meter.measured, before = this.#before;
    this.#before = now;
    const stepsPerSecond = rate(now.steps - before.steps, now.seconds - before.seconds);
    this.#pending = evaluator.evaluate(
      { seed: config.seed, step, episodes, recordings },
      await learner.actorParameters(),
    )
      .then((outcome) => this.#record(step, outcome, stepsPerSecond))
      .catch((error) => {
        this.#failure = error;
      });
    if (!evaluator.isBackground) await this.settle();
  }

  #record(step: number, { returns, lengths, recordings }: EvaluationOutcome, stepsPerSecond: number): void {
    const { config, paths, logs, policyOptions: { actionSize } } = this.#options;
    if (returns.length > 0) {
      const episodicReturn = mean(returns),
        episodicLength = mean(lengths),
        returnStd = standardDeviation(returns, "population");
      logs.eval.append({
        step,
        episodic_return: episodicReturn,
        episodic_length: episodicLength,
        return_std: returnStd,
      });
      logs.events.append("evaluation", step, { episodicReturn, episodicLength, returnStd, stepsPerSecond });
      this.#lastEvaluation = { step, episodicReturn };
      this.#options.onEvaluation?.({ step, episodicReturn, episodicLength, returnStd });
    }
    if (recordings.length > 0) {
      const { env, maxEpisodeSteps, seed } = config;
      tryToWrite(paths.videos, () => makeFolder(paths.videos));
      const recording = { env, maxEpisodeSteps, seed, step, episodes: recordings };
      writeRecording(join(paths.videos, stepFileName(step)), recording, actionSize);
    }
  }

  /**
   * Waits for the evaluation under way.
   *
   * @throws {RunError} if it failed
   */
  async settle(): Promise<void> {
    await this.meter.aside(() => this.#pending);
    this.#pending = undefined;
    this.throwIfFailed();
  }

  /** @throws {RunError} if an evaluation in the background has failed */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Saves a checkpoint after `step` steps, once everything logged so far is on the disk. */
  async checkpoint(step: number): Promise<void> {
    if (step === this.#checkpointStep) return;
    const { paths, logs, state } = this.#options;
    await this.settle();
    await this.meter.aside(async () => {
      logs.sync();
      const checkpoint = await takeCheckpoint(state, step, logs.lengths);
      const name = findNotFinite(checkpoint);
      if (name !== undefined) throw await this.diverged(name, step);
      saveCheckpoint(paths.checkpoint, checkpoint);
    });
    this.#checkpointStep = step;
    logs.events.append("checkpoint", step, { measured: this.meter.measured });
  }

  /** The run stops here and can go on. */
  async interrupt(step: number): Promise<void> {
    await this.checkpoint(step);
    this.#options.logs.events.append("interrupted", step);
    this.#options.logs.events.sync();
  }

  /** The run is done. The checkpoints go last: until then, a run that is killed can go on. */
  async finish(): Promise<void> {
    const { config: { env, maxEpisodeSteps, seed, steps }, paths, logs, state, policyOptions } = this.#options;
    await this.settle();
    logs.sync();
    writePolicyFile(paths.policy, {
      options: policyOptions,
      parameters: await state.learner.actorParameters(),
      env,
      maxEpisodeSteps,
      seed,
      step: steps,
    });
    logs.events.append("finished", steps, { ...this.#rates(), measured: this.meter.measured });
    logs.events.sync();
    tryToWrite(paths.directory, () => {
      removeIfThere(paths.checkpoint);
      syncFolder(paths.directory);
    });
  }

  /** Notes that the run cannot go on; that this may fail, too, hides nothing. */
  fail(step: number, error: unknown): void {
    try {
      this.#options.logs.events.append("failed", step, { message: (error as Error).message });
      this.#options.logs.sync();
    } catch {
      // The error that is being reported counts.
    }
  }

  /**
   * The error for a number that is NaN or infinite. The state with it is saved to look at, apart from the checkpoints: those
   * stay as they are, so that the run can go on from the last good one.
   */
  async diverged(what: string, step: number): Promise<RunError> {
    const { paths, logs, state } = this.#options;
    const path = join(paths.checkpoint, "failed.safetensors");
    let saved = `; the state is saved in "${path}"`;
    try {
      writeCheckpoint(path, await takeCheckpoint(state, step, logs.lengths));
    } catch (error) {
      saved = `; its state could not be saved (${(error as Error).message})`;
    }
    return new RunError(
      `The run in "${paths.directory}" stopped at step ${step}: ${what} is NaN or infinite${saved}. ` +
        `The same command goes on from the last checkpoint; smaller learning rates may help`,
    );
  }

  /** How far the run is. */
  progress(step: number, episodicReturn: number | undefined): Progress {
    return {
      step,
      steps: this.#options.config.steps,
      stepsPerSecond: this.meter.recentStepsPerSecond(),
      episodicReturn,
      evaluationReturn: this.#lastEvaluation?.episodicReturn,
      evaluationStep: this.#lastEvaluation?.step,
    };
  }

  /** Figures for the end of a run, also of one that stops before its end. */
  summary(status: "finished" | "interrupted", step: number): TrainSummary {
    return {
      status,
      alreadyFinished: false,
      directory: this.#options.paths.directory,
      step,
      ...this.#rates(),
      evaluationReturn: this.#lastEvaluation?.episodicReturn,
    };
  }

  /** Steps and updates per second over the whole run. */
  #rates(): { stepsPerSecond: number; updatesPerSecond: number } {
    const { steps, updates, seconds, trainingSeconds } = this.meter.measured;
    return { stepsPerSecond: rate(steps, seconds), updatesPerSecond: rate(updates, trainingSeconds) };
  }
}
