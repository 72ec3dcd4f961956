/** A trained policy with the environment that it was trained in. */

import type { MujocoEnv } from "./env/mujoco_env.ts";
import { makeMujocoEnv } from "./env/make_env.ts";
import { UsageError } from "./errors.ts";
import type { Policy } from "./policy.ts";
import { makePolicy, type PolicyFile, readPolicyFile } from "./run/policy_file.ts";
import { runPaths } from "./run/run_folder.ts";

/** What {@link loadAgent} gives. */
export interface Agent {
  /** The policy's file. */
  readonly path: string;
  /** What the file says of the training. */
  readonly file: PolicyFile;
  readonly policy: Policy;
  /** With the step limit of the training; the caller disposes of it. */
  readonly env: MujocoEnv;
}

/**
 * Loads a policy, and makes its environment.
 *
 * @param run a finished run's folder, or a `policy.safetensors`
 * @throws {UsageError} if there is no policy, or not one for its environment
 */
export async function loadAgent(run: string): Promise<Agent> {
  const path = isFolder(run) ? policyOf(run) : run;
  const file = readPolicyFile(path), policy = await makePolicy(file), { observationSize, actionSize } = file.options;
  const env = await makeMujocoEnv(file.env, { maxEpisodeSteps: file.maxEpisodeSteps });
  if (env.observationSize !== observationSize || env.actionSize !== actionSize) {
    env.dispose();
    throw new UsageError(
      `Cannot use "${path}" as a policy for ${env.id}: it has ${observationSize} observations and ${actionSize} ` +
        `actions, expected ${env.observationSize} and ${env.actionSize}`,
    );
  }
  return { path, file, policy, env };
}

/**
 * Whether a path is a folder.
 *
 * @throws {UsageError} if there is nothing there, or it cannot be read
 */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    throw new UsageError(`Cannot read ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  }
}

function policyOf(run: string): string {
  const { policy } = runPaths(run);
  try {
    Deno.statSync(policy);
  } catch (error) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(run)}: expected a finished run's folder, with a policy.safetensors in it`,
      { cause: error },
    );
  }
  return policy;
}
