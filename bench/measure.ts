/** How the benchmarks measure: contenders in turns over several rounds, medians and minima; and on what machine. */

import { cpus, totalmem } from "node:os";

/** Times of one contender, one for each round, in milliseconds per unit of its work. */
export interface Timing {
  readonly median: number;
  readonly minimum: number;
}

/** What is timed against others. */
export interface Contender {
  readonly name: string;
  /** Units of work that one call of `run` does; the time is divided by it. */
  readonly units: number;
  run(): void | Promise<void>;
}

/**
 * Times contenders in turns, so that a busy minute hits all alike; one more round goes before, to warm up.
 *
 * @returns a timing for each contender, in their order
 */
export async function interleave(contenders: readonly Contender[], rounds: number): Promise<Timing[]> {
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { run, units }] of contenders.entries()) {
      const start = performance.now();
      const waiting = run();
      if (waiting) await waiting;
      if (round > 0) times[index]!.push((performance.now() - start) / units);
    }
  }
  return times.map(summarize);
}

/** The middle and the smallest of some times. */
export function summarize(times: readonly number[]): Timing {
  return { median: median(times), minimum: Math.min(...times) };
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What a benchmark ran on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly deno: string;
  readonly v8: string;
}

/** Describes this machine. Permissions: `--allow-sys=cpus,systemMemoryInfo`. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: navigator.hardwareConcurrency,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
  };
}

/** A machine in one line. */
export function machineLine({ processor, cores, memoryGigabytes, system, deno, v8 }: Machine): string {
  return `${processor}, ${cores} ${
    cores === 1 ? "core" : "cores"
  }, ${memoryGigabytes} GB, ${system}; Deno ${deno}, V8 ${v8}`;
}

/** Numbers of threads to measure: 1, 2, 4, … and one per core. */
export function threadCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}
