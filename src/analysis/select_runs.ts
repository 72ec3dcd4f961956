/** Which runs a text on the command line means: a folder, or settings. */

import { basename, resolve } from "node:path";
import { type Config, flagName, keyName, parseSetting, schema, type Setting } from "../config.ts";
import { UsageError } from "../errors.ts";
import { exists } from "../run/whole_file.ts";
import { noRuns } from "./analyze.ts";
import type { Side } from "./compare.ts";
import { readRuns } from "./read_runs.ts";

/** A side of a comparison, and in words what is missing from its runs. */
export interface Selection {
  readonly side: Side;
  readonly notes: readonly string[];
}

/**
 * Reads the runs of a folder (those directly in it, or if there are none, all below it), or those below `experiments` that have
 * certain settings, as in `q_lr=1e-3` or `env=Hopper-v4,steps=200000`.
 *
 * @throws {UsageError} if there is neither such a folder nor such a setting, or no run
 */
export async function selectRuns(text: string, experiments: string): Promise<Selection> {
  if (exists(text) || !text.includes("=")) {
    const { runs, notes } = await readRuns(text);
    if (runs.length === 0) throw new UsageError(noRuns(text, notes));
    const direct = runs.filter(({ name }) => name === "");
    return { side: { label: basename(resolve(text)), runs: direct.length > 0 ? direct : runs }, notes };
  }
  const wanted = text.split(",").map(readSetting);
  const { runs, notes } = await readRuns(experiments);
  const matching = runs.filter(({ config }) =>
    wanted.every(([setting, value]) => String(config[setting]) === String(value))
  );
  if (matching.length === 0) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)}: none of the ${runs.length} runs in "${experiments}" has these settings`,
    );
  }
  return { side: { label: text, runs: matching }, notes: notes.filter((note) => matching.some(isNamedIn(note))) };
}

const isNamedIn = (note: string) => ({ folder }: { folder: string }) => note.includes(folder);

function readSetting(assignment: string): [Setting, Config[Setting]] {
  const [name = "", ...value] = assignment.split("=");
  const setting = (Object.keys(schema) as Setting[]).find((known) =>
    [known, keyName(known), flagName(known)].includes(name)
  );
  if (!setting || value.length === 0) {
    throw new UsageError(
      `Cannot use ${
        JSON.stringify(assignment)
      }: expected a folder, or settings as in q_lr=1e-3 or env=Hopper-v4,steps=200000`,
    );
  }
  return [setting, parseSetting(setting, value.join("="), name)];
}
