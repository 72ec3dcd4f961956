/** How far runs are, for people: one updating line for each run on a terminal, plain lines elsewhere. */

import process from "node:process";
import { clearScreenDown, cursorTo, moveCursor } from "node:readline";
import { stripVTControlCharacters, styleText } from "node:util";
import type { Evaluation, Progress, TrainSummary } from "./train.ts";

/** What a run tells while it trains; one JSON object a line in `deno task train --json`. */
export type RunMessage =
  | { readonly event: "progress" } & Progress
  | { readonly event: "evaluation" } & Evaluation
  | { readonly event: "message"; readonly text: string }
  | { readonly event: "summary" } & TrainSummary;

/** Seconds as `m:ss` or `h:mm:ss`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds)), two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A status in words: `step 45000 of 200000, 182 steps/s, 14:12 left, return 2315.2`. */
export function describeStatus({ step, steps, stepsPerSecond, evaluationReturn }: Progress): string {
  const parts = [`step ${step} of ${steps}`];
  if (stepsPerSecond) parts.push(`${formatRate(stepsPerSecond)} steps/s`);
  if (stepsPerSecond && step < steps) parts.push(`${formatDuration((steps - step) / stepsPerSecond)} left`);
  if (evaluationReturn !== undefined) parts.push(`return ${evaluationReturn.toFixed(1)}`);
  return parts.join(", ");
}

/** An evaluation in words: `evaluation at step 45000: return 2315.2 ± 31.4, length 987.1`. */
export function describeEvaluation({ step, episodicReturn, returnStd, episodicLength }: Evaluation): string {
  return `evaluation at step ${step}: return ${episodicReturn.toFixed(1)} ± ${returnStd.toFixed(1)}, ` +
    `length ${episodicLength.toFixed(1)}`;
}

/** A status with a bar: ` 22% ━━━━━─────────── step 45000 of 200000, …`. */
export function drawStatus(status: Progress): string {
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

/** Shows what one run tells. Lines begin with the run's name where there are several. */
export class RunView {
  readonly #lines: StatusLines;
  readonly #prefix: string;
  #printed = 0; // the step of the last plain line

  constructor(lines: StatusLines, prefix = "") {
    this.#lines = lines;
    this.#prefix = prefix;
  }

  show(message: RunMessage): void {
    if (message.event === "progress") this.#showProgress(message);
    if (message.event === "evaluation") this.#lines.print(this.#prefix + describeEvaluation(message));
    if (message.event === "message") this.#lines.print(indent(message.text, this.#prefix));
  }

  #showProgress(progress: Progress): void {
    const { step, steps } = progress;
    if (this.#lines.isTerminal) this.#lines.set(this.#prefix, this.#prefix + drawStatus(progress));
    else if (step !== this.#printed && (step % 1000 === 0 || step === steps)) {
      this.#lines.print(this.#prefix + describeStatus(progress));
      this.#printed = step;
    }
  }

  /** Takes the run's line away. */
  close(): void {
    this.#lines.remove(this.#prefix);
  }
}

/** A line cut to the terminal's width, so that it takes one row; a line that has to be cut loses its colours. */
function fit(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : plain.slice(0, Math.max(1, columns - 1));
}

/** Each line of a text behind `prefix`. */
export function indent(text: string, prefix: string): string {
  return text.replaceAll(/^/gm, prefix);
}

/** A table with aligned columns: the first one to the left, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isNumber = header.map((_, column) => rows.every((row) => /^[-–\d.,:]*$/.test(row[column]!)));
  return lines.map((line) =>
    line.map((cell, i) => isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join("  ").trimEnd()
  ).join("\n");
}
