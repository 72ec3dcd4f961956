/** From a folder of runs to a folder of figures and tables. */

import { join } from "node:path";
import { resolveConfig } from "../config.ts";
import { UsageError } from "../errors.ts";
import { presets } from "../presets.ts";
import { writeWholeFile } from "../run/whole_file.ts";
import { drawFigures } from "./figures.ts";
import { type BandKind, groupRuns, readOriginalCurves, unequalLengths } from "./learning_curves.ts";
import { rasterize } from "./rasterize.ts";
import { readRuns, type Run } from "./read_runs.ts";
import { computeResults, resultsToCsv, resultsToMarkdown } from "./results.ts";

/** Where the original's mean curves lie. */
export const originalFolder: string = join(import.meta.dirname!, "../../assets/original");

/** What to analyze, and how. */
export interface AnalyzeOptions {
  readonly experiments: string;
  readonly outDir: string;
  readonly band: BandKind;
  /** Whether the original's curves are drawn; the table has its values in any case. */
  readonly drawOriginal: boolean;
}

/** What was written, and in words what was missing. */
export interface Analysis {
  readonly runs: readonly Run[];
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Draws the figures and makes the result table. The same runs give the same bytes; other files in the folder are left alone.
 *
 * @throws {UsageError} if there are no runs, or one is malformed; nothing is written then
 */
export async function analyze(options: AnalyzeOptions): Promise<Analysis> {
  const { runs, notes: readingNotes } = await readRuns(options.experiments);
  if (runs.length === 0) throw new UsageError(noRuns(options.experiments, readingNotes));
  const originals = await readOriginalCurves(originalFolder);
  const { figures, notes: figureNotes } = drawFigures(runs, options.band, options.drawOriginal ? originals : new Map());
  const results = computeResults(runs, originals);
  const groups = groupRuns(runs);
  const runNotes = [
    ...readingNotes,
    ...missingSeeds(groups),
    ...groups.flatMap((group) => unequalLengths(group.runs)),
  ];
  const encoder = new TextEncoder(), files: string[] = [];
  Deno.mkdirSync(options.outDir, { recursive: true });
  const write = (name: string, content: string | Uint8Array) => {
    const path = join(options.outDir, name);
    writeWholeFile(path, [typeof content === "string" ? encoder.encode(content) : content]);
    files.push(path);
  };
  for (const { name, svg } of figures) {
    write(`${name}.svg`, svg);
    write(`${name}.png`, await rasterize(svg));
  }
  write("results.csv", resultsToCsv(results));
  write("results.md", resultsToMarkdown(results, runNotes));
  return { runs, files, notes: [...runNotes, ...results.notes, ...figureNotes] };
}

/** Why there is nothing to analyze, and what to do. */
export function noRuns(directory: string, notes: readonly string[]): string {
  return `Cannot use "${directory}": expected folders of runs with evaluations, such as ${
    join(directory, "Hopper-v4__seed_1")
  }, ` +
    `made by \`deno task train --out-dir ${directory}\`` +
    notes.map((note) => `\n  ${note}`).join("");
}

/** The original's seeds that are missing beside others of their environment and folder, in words. */
function missingSeeds(groups: ReturnType<typeof groupRuns>): string[] {
  return groups.flatMap(({ name, env, runs }) => {
    const expected = Object.values(presets).flat()
      .filter((preset) => (preset.name ?? "") === name && preset.settings.env === env)
      .map((preset) => resolveConfig(preset.settings).seed);
    const present = runs.map(({ seed }) => seed), missing = expected.filter((seed) => !present.includes(seed));
    if (missing.length === 0) return [];
    return [`${env}: no run of seed ${missing.join(", ")}; what is said of it is over seed ${present.join(", ")}`];
  });
}
