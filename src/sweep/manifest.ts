/**
 * `manifest.jsonl`: the runs of a sweep, numbered, one JSON object a line: `index` (from 0), `folder` (within the manifest's own)
 * and `config` (every setting). Any scheduler that counts can run it: `deno task train --manifest FILE --index N`.
 */

import { dirname, join } from "node:path";
import { runFolder } from "../command_line.ts";
import { configDifferences, configFromJson, configToJson, keyName } from "../config.ts";
import { UsageError } from "../errors.ts";
import { exists, readWholeFile, writeWholeFile } from "../run/whole_file.ts";
import type { SweepRun } from "./plan.ts";

/** What a sweep's manifest is called in its folder. */
export const manifestName = "manifest.jsonl";

/** The manifest of these runs, as text: the same runs give the same bytes. */
export function formatManifest(runs: readonly SweepRun[]): string {
  return runs.map(({ index, folder, config }) => JSON.stringify({ index, folder, config: configToJson(config) }) + "\n")
    .join("");
}

const maximumBytes = 2 ** 28; // half a million runs

/**
 * Reads a manifest.
 *
 * @throws {UsageError} if it cannot be read or used: the line and its fault are named
 */
export function readManifest(path: string): SweepRun[] {
  const text = new TextDecoder().decode(readWholeFile(path, maximumBytes, "the manifest"));
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new UsageError(`Cannot use the manifest "${path}": it names no run`);
  return lines.map((line, index) => readLine(line, index, `"${path}", line ${index + 1}`));
}

function readLine(line: string, index: number, source: string): SweepRun {
  let json: Record<string, unknown> | null;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new UsageError(`Cannot use ${source}: it is no JSON (${(error as Error).message})`);
  }
  if (json?.index !== index) {
    throw new UsageError(`Cannot use ${source}: expected the index ${index}, found ${JSON.stringify(json?.index)}`);
  }
  const config = configFromJson(json.config, source), { folder } = json, own = runFolder(config);
  const segments = typeof folder === "string" ? folder.split("/") : [];
  if (segments.at(-1) !== own || !segments.every((segment) => /^[\w=.,+-]+$/.test(segment) && !/^\.+$/.test(segment))) {
    throw new UsageError(
      `Cannot use ${source}: expected a folder within the manifest's, such as "${own}", found ${
        JSON.stringify(folder)
      }`,
    );
  }
  return { index, folder: folder as string, config };
}

/** Where a run of a manifest lies; `outDir` stands for the manifest's own folder where that is read-only, say. */
export function runDirectory(manifest: string, { folder }: SweepRun, outDir = dirname(manifest)): string {
  return join(outDir, folder);
}

const shownDifferences = 10;

/**
 * Checks that a sweep can begin with these runs or go on with them. Settings that change no result may differ.
 *
 * @throws {UsageError} if the manifest there names other runs, saying in what they differ
 */
export function checkManifest(path: string, runs: readonly SweepRun[]): void {
  if (!exists(path)) return;
  const present = readManifest(path), differences: string[] = [];
  for (let index = 0; index < Math.max(present.length, runs.length); index++) {
    const there = present[index], now = runs[index];
    if (!now) differences.push(`run ${index}: ${there!.folder} there, none now`);
    else if (!there) differences.push(`run ${index}: none there, ${now.folder} now`);
    else if (there.folder !== now.folder) differences.push(`run ${index}: ${there.folder} there, ${now.folder} now`);
    else {
      const list = configDifferences(there.config, now.config);
      const settings = list.map(({ setting, a, b }) => `${keyName(setting)} ${a} there, ${b} now`);
      if (settings.length > 0) differences.push(`run ${index}, ${now.folder}: ${settings.join("; ")}`);
    }
  }
  if (differences.length === 0) return;
  const shown = differences.slice(0, shownDifferences), more = differences.length - shown.length;
  throw new UsageError(
    `Cannot go on with the sweep of "${path}": it was planned with other runs\n` +
      shown.map((difference) => `  ${difference}\n`).join("") + (more > 0 ? `  and ${more} more\n` : "") +
      "Give it the same flags, or choose another --name; to extend the sweep, remove that file first: its runs stay",
  );
}

/**
 * Makes the sweep's folder and writes the manifest; one that is there already in the same bytes is left as it is.
 *
 * @throws {UsageError} if the folder cannot be made
 * @throws {RunError} if the file cannot be written
 */
export function writeManifest(path: string, runs: readonly SweepRun[]): void {
  const text = formatManifest(runs);
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw new UsageError(`Cannot make the folder "${dirname(path)}": ${(error as Error).message}`, { cause: error });
  }
  if (!exists(path) || Deno.readTextFileSync(path) !== text) writeWholeFile(path, [new TextEncoder().encode(text)]);
}
