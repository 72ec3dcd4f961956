/** Files that appear whole or not at all, whatever happens while they are written. */

import { dirname } from "node:path";
import { RunError, UsageError } from "../errors.ts";

/** What a file is called until it is whole. */
const partialName = (path: string) => `${path}.partial`;

/**
 * Writes a file by way of a temporary one beside it: all bytes, fsync, rename, fsync of the folder. A reader sees the old file or
 * the new one.
 *
 * @param pieces the content, in order
 * @throws {RunError} if it cannot be written, for instance because the disk is full; an older file is then still there
 */
export function writeWholeFile(path: string, pieces: Iterable<Uint8Array>): void {
  const partial = partialName(path);
  tryToWrite(path, () => {
    try {
      using file = Deno.openSync(partial, { write: true, create: true, truncate: true });
      for (const piece of pieces) writeAll(file, piece);
      file.syncSync();
    } catch (error) {
      removeIfThere(partial);
      throw error;
    }
    Deno.renameSync(partial, path);
    syncFolder(dirname(path));
  });
}

/**
 * Does what writes to `path`.
 *
 * @throws {RunError} naming the path and the system's reason, if that fails
 */
export function tryToWrite<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new RunError(`Cannot write "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** Writes all of `bytes`; the system may take them in parts. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

/**
 * Reads a plain file. A folder, a pipe or a file of absurd size is refused before it is read.
 *
 * @param what what the file is, for the message
 * @throws {UsageError} naming the path and the reason
 */
export function readWholeFile(path: string, maximumBytes: number, what = "the file"): Uint8Array<ArrayBuffer> {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is not a file");
    if (size > maximumBytes) throw new Error(`it has ${size} bytes, expected at most ${maximumBytes}`);
    return Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${what} "${path}": ${(error as Error).message}`, { cause: error });
  }
}

/** Makes a folder and the parents that it lacks, so that they last through a power cut. One that is there already is fine. */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = path; !exists(folder); folder = dirname(folder)) missing.push(folder);
  Deno.mkdirSync(path, { recursive: true }); // at once: whoever may write to this folder alone may still make it
  for (const folder of missing) syncFolder(dirname(folder));
}

/** Makes the names in a folder last through a power cut. */
export function syncFolder(path: string): void {
  if (Deno.build.os === "windows") return; // folders cannot be opened there
  using folder = Deno.openSync(path, { read: true });
  folder.syncSync();
}

/** Removes a file or a folder with all in it; none there is fine. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether there is a file or a folder of this name. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
