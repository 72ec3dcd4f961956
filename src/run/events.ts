/** `events.jsonl`: what happened when, one JSON object a line. The only file of a run with wall-clock figures. */

import { exists, readWholeFile, tryToWrite, writeAll } from "./whole_file.ts";

/** What can happen to a run. */
export type EventName =
  | "started"
  | "resumed"
  | "checkpoint"
  | "evaluation"
  | "interrupted"
  | "finished"
  | "failed";

/** One line of `events.jsonl`. */
export interface RunEvent {
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly event: EventName;
  /** Steps made; for an evaluation, the step whose policy was evaluated. */
  readonly step: number;
  readonly [detail: string]: unknown;
}

/** An open `events.jsonl`. It only grows, also when a run goes on from an older checkpoint. */
export class EventLog {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** Opens the log to add to it; a last line that was cut short is removed. */
  constructor(path: string) {
    this.#path = path;
    this.#file = tryToWrite(path, () => Deno.openSync(path, { read: true, write: true, create: true }));
    tryToWrite(path, () => this.#cutBack(endOfLastLine(this.#file)));
  }

  /** @throws {RunError} if the line cannot be written */
  append(event: EventName, step: number, details: Record<string, unknown> = {}): void {
    const line = JSON.stringify({ time: new Date().toISOString(), event, step, ...details }) + "\n";
    const before = this.#file.seekSync(0, Deno.SeekMode.Current);
    tryToWrite(this.#path, () => {
      try {
        writeAll(this.#file, new TextEncoder().encode(line));
      } catch (error) {
        this.#cutBack(before); // no half line stays
        throw error;
      }
    });
  }

  #cutBack(length: number): void {
    this.#file.truncateSync(length);
    this.#file.seekSync(length, Deno.SeekMode.Start);
  }

  /** Waits until all events are on the disk. */
  sync(): void {
    tryToWrite(this.#path, () => this.#file.syncDataSync());
  }

  close(): void {
    this.#file.close();
  }
}

/** Where the last whole line ends, looking back from the end in blocks. */
function endOfLastLine(file: Deno.FsFile): number {
  const block = new Uint8Array(4096);
  for (let end = file.statSync().size; end > 0;) {
    const begin = Math.max(0, end - block.length);
    file.seekSync(begin, Deno.SeekMode.Start);
    const read = file.readSync(block.subarray(0, end - begin)) ?? 0;
    const newline = block.subarray(0, read).lastIndexOf(0x0a);
    if (newline >= 0) return begin + newline + 1;
    end = begin;
  }
  return 0;
}

const maximumBytes = 2 ** 28; // two million events

/**
 * The events of a run, oldest first; lines that are no events (one that is being written, say) are passed over. No file, no events.
 *
 * @throws {UsageError} if the file cannot be read
 */
export function readEvents(path: string): RunEvent[] {
  if (!exists(path)) return [];
  const text = new TextDecoder().decode(readWholeFile(path, maximumBytes));
  return text.split("\n").flatMap((line) => {
    try {
      const event = JSON.parse(line);
      return typeof event?.event === "string" && Number.isSafeInteger(event.step) ? [event as RunEvent] : [];
    } catch {
      return [];
    }
  });
}
