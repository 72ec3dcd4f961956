/** Which run of a manifest a process is to train: the one that a flag or the scheduler's variable names. */

import { type Config, flagName, schema, type Setting } from "../config.ts";
import { UsageError } from "../errors.ts";
import { readManifest, runDirectory } from "./manifest.ts";

/** Where schedulers say which task of an array a process is: Slurm, then Kubernetes. */
export const indexVariables = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"] as const;

/** What the command line says of the run. */
export interface ManifestChoice {
  readonly manifest: string;
  /** Number of the run; by default what the first of {@link indexVariables} says that is set. */
  readonly index?: number | undefined;
  /** By default the manifest's folder. */
  readonly outDir?: string | undefined;
  /** Settings for this process alone; only such as change no result. */
  readonly settings?: Partial<Config>;
}

/**
 * The settings and the folder of a manifest's run.
 *
 * @throws {UsageError} if the manifest cannot be used, there is no such run in it, or a setting would change the result
 */
export function chooseManifestRun(
  { manifest, index, outDir, settings = {} }: ManifestChoice,
): { config: Config; directory: string } {
  const deciding = (Object.keys(settings) as Setting[]).find((setting) => schema[setting].decidesBytes);
  if (deciding) {
    throw new UsageError(`Cannot use --${flagName(deciding)} with --manifest: the manifest says it; leave it out`);
  }
  const runs = readManifest(manifest);
  const { value, source } = index === undefined ? readIndexVariable() : { value: String(index), source: "--index" };
  if (value === undefined) {
    throw new UsageError(
      `--index is missing: expected the number of a run in "${manifest}", from 0 to ${runs.length - 1}, ` +
        `or that number in ${indexVariables.join(" or ")}`,
    );
  }
  const run = /^\d+$/.test(value) ? runs[Number(value)] : undefined;
  if (!run) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(value)} for ${source}: expected an integer from 0 to ${runs.length - 1}, ` +
        `the number of a run in "${manifest}"`,
    );
  }
  return { config: { ...run.config, ...settings }, directory: runDirectory(manifest, run, outDir) };
}

function readIndexVariable(): { value: string | undefined; source: string } {
  const source = indexVariables.find((name) => Deno.env.get(name));
  return { value: source && Deno.env.get(source), source: source ?? "" };
}
