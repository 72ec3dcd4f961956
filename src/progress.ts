/** How far runs are, for people: one updating line for each run on a terminal, plain lines elsewhere. */

import process from "node:process";
import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { stripVTControlCharacters, styleText } from "node:util";

/** How far a run is. */
export interface RunStatus {
  readonly step: number;
  readonly steps: number;
  /** Over the last seconds; undefined until it is known. */
  readonly stepsPerSecond: number | undefined;
  /** Mean return of the last evaluation, if there was one. */
  readonly evaluationReturn: number | undefined;
}

/** Steps per second over the last `seconds`, so that it follows the change from random actions to learning. */
export class StepRate {
  readonly #marks: { time: number; step: number }[] = [];
  readonly #seconds: number;

  constructor(seconds = 10) {
    this.#seconds = seconds;
  }

  /** Takes note of the step reached at `time` (in seconds); returns the rate, undefined at first. */
  update(step: number, time: number): number | undefined {
    const marks = this.#marks;
    marks.push({ time, step });
    while (marks.length > 2 && marks[1]!.time <= time - this.#seconds) marks.shift();
    const first = marks[0]!;
    return time > first.time && step > first.step ? (step - first.step) / (time - first.time) : undefined;
  }
}

/** Seconds as `m:ss` or `h:mm:ss`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds)), two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A status in words: `step 45000 of 200000, 182 steps/s, 14:12 left, return 2315.2`. */
export function describeStatus({ step, steps, stepsPerSecond, evaluationReturn }: RunStatus): string {
  const parts = [`step ${step} of ${steps}`];
  if (stepsPerSecond !== undefined) {
    parts.push(`${formatRate(stepsPerSecond)} steps/s`, `${formatDuration((steps - step) / stepsPerSecond)} left`);
  }
  if (evaluationReturn !== undefined) parts.push(`return ${evaluationReturn.toFixed(1)}`);
  return parts.join(", ");
}

/** A status with a bar: ` 22% ━━━━━─────────── step 45000 of 200000, …`. */
export function drawStatus(status: RunStatus): string {
  const width = 16, share = status.steps > 0 ? Math.min(1, status.step / status.steps) : 1;
  const done = Math.floor(share * width);
  const bar = paint("green", "━".repeat(done)) + paint("gray", "─".repeat(width - done));
  return `${String(Math.floor(share * 100)).padStart(3)}% ${bar} ${describeStatus(status)}`;
}

function formatRate(stepsPerSecond: number): string {
  return stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : stepsPerSecond.toFixed(0);
}

/** Colours a text where standard output is a terminal and NO_COLOR is not set. */
function paint(colour: "green" | "gray", text: string): string {
  return Deno.stdout.isTerminal() && !Deno.noColor ? styleText(colour, text, { validateStream: false }) : text;
}

/**
 * Lines that stay at the bottom of a terminal and are rewritten in place, one for each key, under lines that are printed once.
 * Where standard output is no terminal, only the latter are written.
 */
export class StatusLines {
  readonly isTerminal = Deno.stdout.isTerminal();
  readonly #lines = new Map<string, string>();
  #drawn = 0; // lines on the screen now

  /** Sets the line of `key`. */
  set(key: string, line: string): void {
    this.#lines.set(key, line);
    this.#draw();
  }

  /** Takes away the line of `key`. */
  remove(key: string): void {
    if (this.#lines.delete(key)) this.#draw();
  }

  /** Prints a line once, above the others. */
  print(line: string): void {
    this.#erase();
    console.log(line);
    this.#draw();
  }

  /** Takes away all lines. */
  clear(): void {
    this.#lines.clear();
    this.#draw();
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    moveCursor(process.stdout, 0, -this.#drawn);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.isTerminal) return;
    this.#erase();
    const { columns = 80, rows = 24 } = process.stdout;
    const lines = [...this.#lines.values()].slice(0, Math.max(1, rows - 1)); // what scrolled away could not be erased
    process.stdout.write(lines.map((line) => fit(line, columns) + "\n").join(""));
    this.#drawn = lines.length;
  }
}

/** A line cut to the terminal's width, so that it takes one row; a line that has to be cut loses its colours. */
function fit(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : plain.slice(0, Math.max(1, columns - 1));
}
