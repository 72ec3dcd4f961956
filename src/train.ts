/**
 * The training loop of Soft Actor-Critic (Haarnoja et al., "Soft actor-critic algorithms and applications", 2018):
 * environment → replay → learner → logs, one update for each step.
 */

import type { Config } from "./config.ts";
import type { Env } from "./env/env.ts";
import { makeEnv as makeBuiltInEnv } from "./env/make_env.ts";
import { type Evaluator, InlineEvaluator, WorkerEvaluator } from "./evaluator.ts";
import { createLearner } from "./learner/create_learner.ts";
import type { Learner, LearnerOptions } from "./learner/learner.ts";
import type { PolicyOptions } from "./policy.ts";
import { makeBatch, ReplayBuffer } from "./replay.ts";
import { openRun, prepareRunFolder, tidyFinishedRun } from "./run/open_run.ts";
import { type Evaluation, Pace, type Progress, type TrainSummary } from "./run/pace.ts";
import { makePolicy } from "./run/policy_file.ts";
import { inspectRun, runPaths } from "./run/run_folder.ts";
import { RunRecorder } from "./run/run_recorder.ts";
import { makeStreams, type TrainingState } from "./run/training_state.ts";

export type { Evaluation, Progress, TrainSummary };

/** What {@link train} needs. */
export interface TrainOptions {
  /** All settings, from `resolveConfig`. */
  readonly config: Config;
  /** The run's own folder, for instance `experiments/Hopper-v4__seed_3`. */
  readonly directory: string;
  /** Makes an environment of the caller's own, once for training and once for evaluation; by default the one that `config.env` names. */
  readonly makeEnv?: () => Promise<Env>;
  /** Makes a learner of the caller's own; by default the engine that `config.engine` names. */
  readonly makeLearner?: (options: LearnerOptions) => Promise<Learner>;
  /** Starts over, deleting what the run in that folder has written. */
  readonly overwrite?: boolean;
  /** Is told how far the run is: after every 1000th step, at the end, and about ten times a second in between. */
  readonly onProgress?: (progress: Progress) => void;
  /** Is told of each evaluation when it is logged. */
  readonly onEvaluation?: (evaluation: Evaluation) => void;
  /** Is told what a person should know: where the run goes on from, a damaged checkpoint. */
  readonly onMessage?: (message: string) => void;
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * Trains one run in its folder, or goes on with it where it was interrupted; a finished run is left as it is.
 *
 * Config and seed decide the bytes of the logs and of the policy, however often the run was interrupted.
 *
 * ```ts
 * import { resolveConfig, train } from "soft-actor-critic";
 * const directory = await Deno.makeTempDir();
 * const config = resolveConfig({
 *   env: "InvertedPendulum-v4", steps: 40, learningStarts: 30, hidden: 8, batchSize: 4, engine: "tfjs", backend: "cpu",
 * });
 * const { status, step } = await train({ config, directory });
 * console.log(status, step); // finished 40
 * ```
 *
 * @throws {UsageError} if the folder cannot be used or holds a run with other settings; nothing has been written then
 * @throws {RunError} if the run cannot go on: a number became NaN or infinite, a disk is full, a worker died
 */
export async function train(options: TrainOptions): Promise<TrainSummary> {
  const { config, directory, overwrite = false, onProgress, onEvaluation, onMessage = () => {}, signal } = options;
  const paths = runPaths(directory);
  if (inspectRun(directory, config, overwrite) === "finished" && !overwrite) return leaveFinished(options);

  // Whatever may be refused comes before the first write.
  await using stack = new AsyncDisposableStack();
  const makeEnv = options.makeEnv ?? (() => makeBuiltInEnv(config.env, config));
  const env = stack.adopt(await makeEnv(), (env) => env.dispose());
  const { observationSize, actionSize, actionLow, actionHigh } = env;
  const { hidden, logStdBounds, batchSize, learningStarts, policyFrequency, logFreq, checkpointFreq } = config;
  const policyOptions = { observationSize, actionSize, actionLow, actionHigh, hidden, logStdBounds };
  const learner = stack.adopt(
    await (options.makeLearner ?? createLearner)({ ...config, ...policyOptions, policySteps: policyFrequency }),
    (learner) => learner.dispose(),
  );
  if (learner.hint !== undefined) onMessage(learner.hint);
  const evaluator = stack.adopt(await makeEvaluator(options, policyOptions), (evaluator) => evaluator.dispose());

  const lock = prepareRunFolder({ config, paths, overwrite, learner });
  if (!lock) return leaveFinished(options); // by another process, since we looked
  stack.defer(() => lock.release());

  const replay = new ReplayBuffer(config.bufferSize, observationSize, actionSize);
  const random = makeStreams(config.seed);
  const state: TrainingState = { env, replay, learner, random, episodicReturn: 0, episodicLength: 0 };
  const { begin, isRestored, logs, measured } = openRun({ paths, state, onMessage });
  stack.defer(() => logs.close());
  let step = begin;
  const run = new RunRecorder({ config, paths, logs, state, evaluator, policyOptions, measured, onEvaluation });
  let lastReturn: number | undefined; // of a training episode
  const pace = new Pace(() => onProgress?.(run.progress(step, lastReturn)));

  try {
    const observation = Float64Array.from(isRestored ? env.observe() : env.reset(random.resets)); // [observation]
    const action = new Float32Array(actionSize); // [action]
    const noise = new Float32Array(actionSize); // [action]
    const batch = makeBatch(batchSize, observationSize, actionSize);
    const policy = learner.policy ??
      await makePolicy({ options: policyOptions, parameters: await learner.actorParameters() });

    while (step < config.steps) {
      if (signal?.aborted) {
        await run.interrupt(step);
        return run.summary("interrupted", step);
      }

      // Act: uniformly at random before learning starts, then as the policy says, with noise.
      if (step < learningStarts) {
        for (let i = 0; i < actionSize; i++) action[i] = random.exploration.uniform(actionLow[i], actionHigh[i]);
      } else {
        random.exploration.fillNormal(noise);
        policy.act(observation, action, noise);
      }
      if (!areFinite(action)) throw await run.diverged("the action", step);

      const { observation: nextObservation, reward, terminated, truncated } = env.step(action);
      if (!areFinite(nextObservation)) throw await run.diverged("the observation", step);
      if (!isFinite32(reward)) throw await run.diverged("the reward", step);

      // `terminated` alone, not `truncated`: after a time limit the next state still has a value.
      replay.add(observation, action, reward, nextObservation, terminated);
      observation.set(nextObservation);
      state.episodicReturn += reward; // undiscounted
      state.episodicLength++;

      if (terminated || truncated) {
        const { episodicReturn, episodicLength } = state;
        logs.train.append({ step, episodic_return: episodicReturn, episodic_length: episodicLength });
        lastReturn = episodicReturn;
        observation.set(env.reset(random.resets));
        if (!areFinite(observation)) throw await run.diverged("the first observation of an episode", step);
        state.episodicReturn = 0;
        state.episodicLength = 0;
      }

      if (step > learningStarts) {
        // Learn: one update of the critics a step; every `policyFrequency` steps as many of policy and temperature.
        replay.sample(random.batches, batch);
        const withPolicy = step % policyFrequency === 0;
        const update = learner.update(batch, withPolicy);
        if (update) await update;
        if (withPolicy && policy !== learner.policy) {
          const actor = await learner.actorParameters();
          const fault = Object.keys(actor).find((name) => !areFinite(actor[name]!.data));
          if (fault) throw await run.diverged(fault, step);
          policy.load(actor);
        }
        run.meter.updates++;

        if (step % logFreq === 0) {
          const losses = await learner.losses();
          const notFinite = Object.entries(losses).find(([, value]) => !isFinite32(value));
          if (notFinite) throw await run.diverged(notFinite[0], step);
          logs.losses.append({
            step,
            policy_loss: losses.policyLoss, // mean(α log π − min Q)
            alpha_loss: losses.alphaLoss, // −log α · mean(log π + target entropy)
            q_loss: (losses.q1Loss + losses.q2Loss) / 2,
            q1_loss: losses.q1Loss, // mean squared error against the target
            q2_loss: losses.q2Loss,
            q1_values: losses.q1Mean, // mean over the batch
            q2_values: losses.q2Mean,
            alpha: losses.alpha, // temperature
          });
        }

        await run.evaluate(step); // if it is due
      }

      step++;
      run.meter.steps++;
      if (checkpointFreq > 0 && step % checkpointFreq === 0 && step < config.steps) await run.checkpoint(step);
      if (pace.isDue(step)) {
        await pace.pause(step);
        run.throwIfFailed();
      }
    }
    await run.finish();
    onProgress?.(run.progress(step, lastReturn));
    return run.summary("finished", step);
  } catch (error) {
    run.fail(step, error);
    throw error;
  }
}

function makeEvaluator(options: TrainOptions, policyOptions: PolicyOptions): Promise<Evaluator> {
  const { config: { env, maxEpisodeSteps }, makeEnv } = options;
  return makeEnv
    ? makeEnv().then((env) => new InlineEvaluator(env, policyOptions)) // a function cannot go to a worker
    : Promise.resolve(new WorkerEvaluator({ env, maxEpisodeSteps, options: policyOptions }));
}

/** The summary of a run that was done before; removes what its process had no time to remove. */
function leaveFinished({ config: { steps }, directory }: TrainOptions): TrainSummary {
  tidyFinishedRun(runPaths(directory));
  return {
    status: "finished",
    alreadyFinished: true,
    directory,
    step: steps,
    stepsPerSecond: 0,
    updatesPerSecond: 0,
    evaluationReturn: undefined,
  };
}

/** Whether a number is finite in float32, as the replay buffer stores it. */
function isFinite32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

function areFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!isFinite32(values[i]!)) return false;
  return true;
}
