/** A CSV file that only grows: fixed columns, one whole line a row. */

import { RunError, UsageError } from "../errors.ts";
import { tryToWrite, writeAll } from "./whole_file.ts";

/** How a column's numbers are written: the shortest text that reads back as the same integer, float32 or float64. */
export type ColumnType = "integer" | "float32" | "float64";

/** The shortest decimal text that reads back as the same float32 number: `0.1` for `Math.fround(0.1)`. */
export function shortestFloat32(value: number): string {
  const rounded = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(rounded.toPrecision(digits));
    if (Math.fround(text) === rounded) return String(text);
  }
  return String(Number(rounded.toPrecision(9)));
}

const formats: Record<ColumnType, (value: number) => string> = {
  integer: String,
  float32: shortestFloat32,
  float64: String,
};

/** An open log. Its columns are those of `Columns`, in order. */
export class CsvLog<Columns extends Readonly<Record<string, ColumnType>>> {
  readonly path: string;
  readonly #columns: [string, ColumnType][];
  readonly #file: Deno.FsFile;
  #length: number;

  private constructor(path: string, columns: [string, ColumnType][], file: Deno.FsFile, length: number) {
    this.path = path;
    this.#columns = columns;
    this.#file = file;
    this.#length = length;
  }

  /**
   * Opens a log to go on after its first `length` bytes: what lies behind them is cut off. 0 begins it anew.
   *
   * @throws {UsageError} if the file is shorter than that, or its first line names other columns
   * @throws {RunError} if it cannot be written
   */
  static open<Columns extends Readonly<Record<string, ColumnType>>>(
    path: string,
    columns: Columns,
    length: number,
  ): CsvLog<Columns> {
    if (length > 0) checkLog(path, columns, length);
    const file = tryToWrite(path, () => Deno.openSync(path, { write: true, create: true }));
    try {
      tryToWrite(path, () => cutBack(file, length));
      const log = new CsvLog<Columns>(path, Object.entries(columns), file, length);
      if (length === 0) log.#write(headerLine(columns));
      return log;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds a row: one line, one write.
   *
   * @throws {TypeError} if its columns are not the log's
   * @throws {RunError} if a value is not finite, or the line cannot be written; the file then ends with the row before
   */
  append(row: { readonly [Column in keyof Columns]: number }): void {
    const values = row as Readonly<Record<string, number>>;
    const texts = this.#columns.map(([name, type]) => {
      const value = values[name];
      if (value === undefined) throw new TypeError(`Cannot add a row to "${this.path}": ${name} is missing`);
      if (!Number.isFinite(value)) throw new RunError(`Cannot add a row to "${this.path}": ${name} is ${value}`);
      return formats[type](value);
    });
    const extra = Object.keys(values).find((name) => !this.#columns.some(([column]) => column === name));
    if (extra !== undefined) throw new TypeError(`Cannot add a row to "${this.path}": ${extra} is no column of it`);
    this.#write(texts.join(",") + "\n");
  }

  #write(line: string): void {
    const bytes = new TextEncoder().encode(line);
    tryToWrite(this.path, () => {
      try {
        writeAll(this.#file, bytes);
      } catch (error) {
        cutBack(this.#file, this.#length); // no half line stays
        throw error;
      }
    });
    this.#length += bytes.length;
  }

  /** Waits until all rows are on the disk. */
  sync(): void {
    tryToWrite(this.path, () => this.#file.syncDataSync());
  }

  close(): void {
    this.#file.close();
  }
}

function cutBack(file: Deno.FsFile, length: number): void {
  file.truncateSync(length);
  file.seekSync(length, Deno.SeekMode.Start);
}

function headerLine(columns: Readonly<Record<string, ColumnType>>): string {
  return Object.keys(columns).join(",") + "\n";
}

/**
 * Checks that a log can be cut back to `length` bytes: that it is that long, has these columns, and has a whole line there.
 *
 * @throws {UsageError} naming the file and what is wrong
 */
export function checkLog(path: string, columns: Readonly<Record<string, ColumnType>>, length: number): void {
  const fail = (fault: string): never => {
    throw new UsageError(`Cannot go on with "${path}": ${fault}`);
  };
  const header = new TextEncoder().encode(headerLine(columns));
  let file: Deno.FsFile;
  try {
    if (!Deno.statSync(path).isFile) throw new Error("it is not a file"); // opening a pipe would wait for a writer
    file = Deno.openSync(path);
  } catch (error) {
    return fail((error as Error).message);
  }
  using open = file;
  const { size } = open.statSync();
  if (length < header.length || size < length) fail(`it has ${size} bytes, expected at least ${length}`);
  const start = new Uint8Array(header.length), last = new Uint8Array(1);
  open.readSync(start);
  if (!start.every((byte, i) => byte === header[i])) fail(`its first line is not ${headerLine(columns).trim()}`);
  open.seekSync(length - 1, Deno.SeekMode.Start);
  open.readSync(last);
  if (last[0] !== 0x0a) fail(`no line ends at byte ${length}`);
}
