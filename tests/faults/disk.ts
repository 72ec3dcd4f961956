/** Watches what a process does to the disk and disturbs it: Deno's own file functions, patched in place. */

import { dirname, join } from "node:path";
import type { RandomStream } from "../../src/random.ts";

/** One call that changes the disk, or makes a change last. */
export interface DiskOperation {
  readonly kind: "open" | "write" | "truncate" | "sync" | "rename" | "remove" | "mkdir";
  readonly path: string;
}

/** Is called in place of each operation; `perform` does it, a write also in part: the first `share` of its bytes. */
export type Disturb = (operation: DiskOperation, perform: (share?: number) => unknown) => unknown;

/** Patches Deno's synchronous file functions, as far as runs use them, until it is disposed of. */
export function patchDisk(disturb: Disturb): Disposable {
  const paths = new WeakMap<Deno.FsFile, string>(), file = Deno.FsFile.prototype;
  const { openSync, renameSync, removeSync, mkdirSync } = Deno;
  const { writeSync, truncateSync, syncSync, syncDataSync } = file;

  Deno.openSync = (path, options) => {
    const perform = () => {
      const opened = openSync(path, options);
      paths.set(opened, String(path));
      return opened;
    };
    return options?.create ? disturb({ kind: "open", path: String(path) }, perform) as Deno.FsFile : perform();
  };
  Deno.renameSync = (from, to) => void disturb({ kind: "rename", path: String(to) }, () => renameSync(from, to));
  Deno.removeSync = (path, options) =>
    void disturb({ kind: "remove", path: String(path) }, () => removeSync(path, options));
  Deno.mkdirSync = (path, options) =>
    void disturb({ kind: "mkdir", path: String(path) }, () => mkdirSync(path, options));

  /** Of a file that was opened here; standard output, say, is none. */
  const on = (open: Deno.FsFile, kind: DiskOperation["kind"], perform: (share?: number) => unknown) => {
    const path = paths.get(open);
    return path === undefined ? perform() : disturb({ kind, path }, perform);
  };
  file.writeSync = function (bytes) {
    return on(
      this,
      "write",
      (share = 1) => writeSync.call(this, bytes.subarray(0, Math.ceil(share * bytes.length))),
    ) as number;
  };
  file.truncateSync = function (length) {
    on(this, "truncate", () => truncateSync.call(this, length));
  };
  file.syncSync = function () {
    on(this, "sync", () => syncSync.call(this));
  };
  file.syncDataSync = function () {
    on(this, "sync", () => syncDataSync.call(this));
  };
  return {
    [Symbol.dispose]() {
      Object.assign(Deno, { openSync, renameSync, removeSync, mkdirSync });
      Object.assign(file, { writeSync, truncateSync, syncSync, syncDataSync });
    },
  };
}

/** What the program sees of its own end: the operation does not return. */
export class ProcessEnded extends Error {
  override readonly name = "ProcessEnded";
}

/** A disturbed disk, and the operation that was hit, once it was. */
export interface DisturbedDisk extends Disposable {
  readonly hit: DiskOperation | undefined;
}

/**
 * Ends the process, as the disk sees it, at its operation number `at`: before it, or within it where it is a write. Nothing that
 * the program does after that reaches the disk.
 */
export function endAt(at: number, within: boolean): DisturbedDisk {
  let made = 0, hit: DiskOperation | undefined;
  const patch = patchDisk((operation, perform) => {
    if (hit === undefined && made++ < at) return perform();
    if (hit === undefined && within && operation.kind === "write") perform(0.5);
    hit ??= operation;
    throw new ProcessEnded("killed");
  });
  return {
    get hit() {
      return hit;
    },
    [Symbol.dispose]: () => patch[Symbol.dispose](),
  };
}

/** What the system says when an operation fails, and which operations then fail from the first on. */
export const diskErrors = {
  full: { message: "No space left on device (os error 28)", kinds: ["open", "write", "mkdir"] },
  broken: { message: "Input/output error (os error 5)", kinds: ["sync"] },
  "read-only": {
    message: "Read-only file system (os error 30)",
    kinds: ["open", "write", "truncate", "sync", "rename", "remove", "mkdir"],
  },
} as const satisfies Record<string, { message: string; kinds: readonly DiskOperation["kind"][] }>;

/** Lets operations fail from number `at` on; a write to a full disk takes half of the bytes first. */
export function failFrom(at: number, error: keyof typeof diskErrors): DisturbedDisk {
  const { message, kinds } = diskErrors[error];
  let made = 0, hit: DiskOperation | undefined;
  const patch = patchDisk((operation, perform) => {
    if (made++ < at || !(kinds as readonly string[]).includes(operation.kind)) return perform();
    if (hit === undefined && error === "full" && operation.kind === "write") perform(0.5);
    hit ??= operation;
    throw new Error(message);
  });
  return {
    get hit() {
      return hit;
    },
    [Symbol.dispose]: () => patch[Symbol.dispose](),
  };
}

/** Counts a program's operations on the disk. */
export function countOperations(): Disposable & { readonly operations: readonly DiskOperation[] } {
  const operations: DiskOperation[] = [];
  const patch = patchDisk((operation, perform) => {
    operations.push(operation);
    return perform();
  });
  return { operations, [Symbol.dispose]: () => patch[Symbol.dispose]() };
}

/**
 * A power cut at operation number `at`: the process ends there, and of what it did only that is sure to be on the disk which it
 * synced: a file's content by syncing the file, a name by syncing its folder. {@link PowerCut.lose} makes the folder into what
 * may be found after the cut.
 */
export class PowerCut implements DisturbedDisk {
  hit: DiskOperation | undefined;
  readonly #root: string;
  readonly #patch: Disposable;
  readonly #files = new Map<string, number>(); // by path, as the program sees it; a number is a file, whatever it is called
  readonly #contents = new Map<number, Uint8Array>(); // what is sure to be in a file
  readonly #names = new Map<string, Map<string, number>>(); // what is sure to be in a folder
  #count = 0;

  /** @param root a folder that is there and empty */
  constructor(root: string, at: number) {
    this.#root = root;
    this.#names.set(root, new Map());
    let made = 0;
    this.#patch = patchDisk((operation, perform) => {
      if (this.hit === undefined && made++ < at) return this.#follow(operation, perform);
      this.hit ??= operation;
      throw new ProcessEnded("no power");
    });
  }

  [Symbol.dispose](): void {
    this.#patch[Symbol.dispose]();
  }

  #follow({ kind, path }: DiskOperation, perform: () => unknown): unknown {
    const from = kind === "rename" ? `${path}.partial` : path; // the only renames that there are
    const result = perform();
    if (kind === "open" && !this.#files.has(path)) {
      this.#files.set(path, ++this.#count);
      this.#contents.set(this.#count, new Uint8Array(0));
    } else if (kind === "rename") {
      this.#files.set(path, this.#files.get(from)!);
      this.#files.delete(from);
    } else if (kind === "remove") {
      for (const name of this.#files.keys()) {
        if (name === path || name.startsWith(path + "/")) this.#files.delete(name);
      }
    } else if (kind === "sync") {
      if (Deno.statSync(path).isDirectory) this.#names.set(path, this.#list(path));
      else this.#contents.set(this.#files.get(path)!, Deno.readFileSync(path));
    }
    return result;
  }

  /** What the program sees in a folder: files by number, folders as 0. */
  #list(folder: string): Map<string, number> {
    const entries = Array.from(Deno.readDirSync(folder));
    return new Map(entries.map(({ name, isDirectory }) => [
      name,
      isDirectory ? 0 : this.#files.get(join(folder, name))!,
    ]));
  }

  /** After the cut: leaves of all that was not synced what chance will have it; without `random`, nothing. */
  lose(random?: RandomStream): void {
    this[Symbol.dispose]();
    const present = new Map<number, Uint8Array>();
    for (const [path, file] of this.#files) present.set(file, Deno.readFileSync(path));
    const found = new Map<string, Uint8Array | undefined>(); // by path; undefined is a folder
    const visit = (folder: string) => {
      const sure = this.#names.get(folder) ?? new Map<string, number>();
      const seen = isFolder(folder) ? this.#list(folder) : new Map<string, number>();
      for (const name of new Set([...sure.keys(), ...seen.keys()])) {
        const file = (random?.integer(2) === 1 ? seen : sure).get(name), path = join(folder, name);
        if (file === undefined) continue;
        found.set(path, file === 0 ? undefined : survivor(this.#contents.get(file)!, present.get(file), random));
        if (file === 0) visit(path);
      }
    };
    visit(this.#root);
    for (const { name } of [...Deno.readDirSync(this.#root)]) {
      Deno.removeSync(join(this.#root, name), { recursive: true });
    }
    for (const [path, content] of found) {
      if (content === undefined) Deno.mkdirSync(path, { recursive: true });
      else {
        Deno.mkdirSync(dirname(path), { recursive: true });
        Deno.writeFileSync(path, content);
      }
    }
  }
}

/** What may be found in a file of which `sure` was synced and `seen` (if it is still there) was written. */
function survivor(sure: Uint8Array, seen: Uint8Array | undefined, random?: RandomStream): Uint8Array {
  if (!random || !seen) return sure;
  switch (random.integer(4)) {
    case 0:
      return sure;
    case 1:
      return seen;
    case 2: // the file has grown, and not all of it was written
      return seen.slice(0, sure.length + random.integer(Math.max(1, seen.length - sure.length)));
    default: { // its size was written, and not what is in it
      const found = seen.slice();
      if (seen.length > sure.length) found.fill(0, sure.length);
      return found;
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
