/** One process per run folder, by a lock of the operating system's, which ends with the process that holds it. */

import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { tryToWrite, writeAll } from "./whole_file.ts";

/** The file that is locked; it holds the process id, for the message to a second process. */
export const lockName = "lock";

/** A folder held by this process until `release`. */
export class RunLock {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Takes the lock of a folder. A lock file that a dead process left behind does not hold anybody up.
   *
   * @throws {UsageError} if another process holds it, or the folder cannot be written
   * @throws {RunError} if the disk is full or read-only
   */
  static acquire(directory: string): RunLock {
    const path = join(directory, lockName);
    while (true) {
      let file: Deno.FsFile;
      try {
        file = Deno.openSync(path, { read: true, write: true, create: true });
      } catch (error) {
        throw new UsageError(`Cannot write to "${directory}": ${(error as Error).message}`);
      }
      if (!tryLock(file, directory)) {
        const bytes = new Uint8Array(20), read = file.readSync(bytes) ?? 0;
        const holder = new TextDecoder().decode(bytes.subarray(0, read)).trim();
        file.close();
        throw new UsageError(
          `Cannot train in "${directory}": process ${holder || "(unknown)"} is training there; ` +
            `wait until it ends, or choose another --name`,
        );
      }
      // The holder before may have removed the file between our open and our lock: then this lock is nobody's.
      if (!isSameFile(file, path)) {
        file.close();
        continue;
      }
      const lock = new RunLock(path, file);
      try {
        tryToWrite(path, () => {
          file.truncateSync(0);
          writeAll(file, new TextEncoder().encode(`${Deno.pid}\n`));
        });
        return lock;
      } catch (error) {
        lock.release();
        throw error;
      }
    }
  }

  /** Gives the folder free and removes the file. */
  release(): void {
    try {
      Deno.removeSync(this.#path); // while it is still held, so that nobody locks a file that is going away
    } catch {
      // The folder is gone or read-only by now; closing is what counts.
    }
    this.#file.close();
  }
}

/** @throws {UsageError} if the file system knows no locks */
function tryLock(file: Deno.FsFile, directory: string): boolean {
  try {
    return file.tryLockSync(true);
  } catch (error) {
    file.close();
    throw new UsageError(`Cannot lock "${directory}": ${(error as Error).message}; choose another --out-dir`);
  }
}

function isSameFile(file: Deno.FsFile, path: string): boolean {
  try {
    return file.statSync().ino === Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
