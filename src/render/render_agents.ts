/** The animations that stand beside the learning curves: one trained agent of each environment. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { rolloutEpisode } from "./episode.ts";
import { type RenderProgress, renderRun } from "./render_run.ts";

/** A run whose agent may be shown. */
export interface ShownRun {
  readonly env: string;
  readonly seed: number;
  /** Its folder. */
  readonly folder: string;
  /** The folder that it lies in within all experiments; only runs that lie in none are shown. */
  readonly name: string;
}

/** The seed that the original shows. */
const preferredSeed = 3;

/**
 * For each environment the run to show: that of seed 3, as in the original, or of the greatest seed if there is none. Runs without a
 * policy, since they are not finished, are left out.
 */
export function chooseShownRuns(runs: readonly ShownRun[]): ShownRun[] {
  const chosen = new Map<string, ShownRun>();
  for (const run of runs.toSorted((a, b) => a.seed - b.seed)) {
    if (run.name !== "" || !existsSync(join(run.folder, "policy.safetensors"))) continue;
    if (chosen.get(run.env)?.seed !== preferredSeed) chosen.set(run.env, run);
  }
  return [...chosen.values()].sort((a, b) => a.env < b.env ? -1 : 1);
}

/** Episodes of which the typical one is shown. */
const candidates = 11;

/** The seed, from 0, of the episode with the median return: one that falls by chance is as misleading as one that happens to stand. */
export async function chooseEpisodeSeed(run: string): Promise<number> {
  const returns: { seed: number; episodicReturn: number }[] = [];
  for (let seed = 0; seed < candidates; seed++) {
    returns.push({ seed, episodicReturn: (await rolloutEpisode(run, seed)).episodicReturn });
  }
  returns.sort((a, b) => a.episodicReturn - b.episodicReturn);
  return returns[(candidates - 1) / 2]!.seed;
}

/**
 * Renders one episode of each of {@link chooseShownRuns} as `<env>__seed_<n>.gif`, in small letters, into `outDir`; returns the files.
 * The episode is the one with the median return of eleven.
 *
 * @throws {UsageError} if a policy cannot be read
 */
export async function renderAgents(
  runs: readonly ShownRun[],
  outDir: string,
  onProgress?: (run: ShownRun, progress: RenderProgress) => void,
): Promise<string[]> {
  const files: string[] = [];
  for (const run of chooseShownRuns(runs)) {
    const out = join(outDir, `${run.env.toLowerCase()}__seed_${run.seed}.gif`);
    const episodeSeed = await chooseEpisodeSeed(run.folder);
    await renderRun({ run: run.folder, out, episodeSeed, onProgress: (progress) => onProgress?.(run, progress) });
    files.push(out);
  }
  return files;
}
