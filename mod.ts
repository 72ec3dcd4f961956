/**
 * Soft Actor-Critic on MuJoCo: environments, learners, training, evaluation.
 *
 * {@linkcode train} makes a run in a folder of its own, {@linkcode loadPolicy} loads what it learnt, {@linkcode makeEnv} makes the
 * world to use it in. The README shows all three in ten lines.
 *
 * @module
 */

export { type Config, environmentIds, type Field, resolveConfig, schema, type Setting } from "./src/config.ts";
export { type Preset, presets } from "./src/presets.ts";
export { RunError, UsageError } from "./src/errors.ts";

export type { Env, StepResult } from "./src/env/env.ts";
export { makeEnv } from "./src/env/make_env.ts";

export { philox4x32, type RandomState, RandomStream } from "./src/random.ts";
export { type Batch, makeBatch, ReplayBuffer } from "./src/replay.ts";

export { createLearner, type EngineOptions } from "./src/learner/create_learner.ts";
export type { Learner, LearnerOptions, Losses, UpdateNoise } from "./src/learner/learner.ts";
export type { NetworkSizes, Parameter, ParameterSet } from "./src/learner/parameters.ts";

export { type Evaluation, type Progress, train, type TrainOptions, type TrainSummary } from "./src/train.ts";
export { Policy, type PolicyOptions } from "./src/policy.ts";
export { loadPolicy } from "./src/run/policy_file.ts";
export { type EpisodeResults, evaluatePolicy, type RecordedEpisode, recordEpisodes } from "./src/evaluate.ts";

export { mean, standardDeviation } from "./src/moments.ts";
export { interquartileMean } from "./src/analysis/statistics.ts";
export { type Rendered, type RenderOptions, type RenderProgress, renderRun } from "./src/render/render_run.ts";
export type { Episode } from "./src/render/episode.ts";
