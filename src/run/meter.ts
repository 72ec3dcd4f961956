/** How fast a run is. Wall-clock figures go to the progress line and `events.jsonl`, nowhere else. */

/** Work done and the time it took, over all parts of a run that was interrupted. */
export interface Measured {
  readonly steps: number;
  readonly updates: number;
  /** All seconds. */
  readonly seconds: number;
  /** Seconds of stepping and updating, without waiting for evaluations and checkpoints. */
  readonly trainingSeconds: number;
}

/** Counts steps, updates and seconds. */
export class Meter {
  steps: number;
  updates: number;
  readonly #start: number;
  #aside: number;
  readonly #marks: [milliseconds: number, steps: number][] = [];

  /** @param before what earlier parts of the run measured */
  constructor(before: Measured = { steps: 0, updates: 0, seconds: 0, trainingSeconds: 0 }) {
    this.steps = before.steps;
    this.updates = before.updates;
    this.#start = performance.now() - 1000 * before.seconds;
    this.#aside = 1000 * (before.seconds - before.trainingSeconds);
  }

  /** Waits for work that is neither stepping nor updating. */
  async aside<T>(work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#aside += performance.now() - start;
    }
  }

  get measured(): Measured {
    const seconds = (performance.now() - this.#start) / 1000;
    return { steps: this.steps, updates: this.updates, seconds, trainingSeconds: seconds - this.#aside / 1000 };
  }

  /** Steps per second over the last ten seconds or so, as far as this was called regularly. */
  recentStepsPerSecond(): number | undefined {
    const now = performance.now(), marks = this.#marks;
    marks.push([now, this.steps]);
    while (marks.length > 2 && now - marks[1]![0] > 10_000) marks.shift();
    const [since, steps] = marks[0]!;
    return now > since ? rate(this.steps - steps, (now - since) / 1000) : undefined;
  }
}

/** Per second, to four figures; 0 where no time went by. */
export function rate(count: number, seconds: number): number {
  return seconds > 0 ? Number((count / seconds).toPrecision(4)) : 0;
}

/** Reads a {@link Measured} from an event; undefined if it is none. */
export function readMeasured(value: unknown): Measured | undefined {
  const { steps, updates, seconds, trainingSeconds } = (value ?? {}) as Record<string, unknown>;
  const good = [steps, updates, seconds, trainingSeconds].every((x) => Number.isFinite(x) && x as number >= 0);
  return good ? { steps, updates, seconds, trainingSeconds } as Measured : undefined;
}
