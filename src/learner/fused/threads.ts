/** The threads that help with an update: Deno workers that run the kernels on the learner's memory. */

import { RunError } from "../../errors.ts";
import { controlWords, type Kernels } from "./kernels.ts";

/** What a worker needs to know to help; it is posted to it once. */
export interface ThreadSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The arguments of the kernels' `configure`. */
  readonly sizes: readonly [number, number, number, number, number];
  /** What `configure` returned. */
  readonly base: number;
  readonly tile: number;
  /** 1 for the first helper, and so on; the main thread is 0. */
  readonly thread: number;
  /** Threads that share an update, the main one included. */
  readonly threads: number;
}

const { EPOCH, FAILED, QUIT } = controlWords;

/** The running helpers of a learner. */
export interface Threads {
  /**
   * One update together.
   *
   * @throws {RunError} if a thread died
   */
  update(kernels: Kernels): void;
  stop(): void;
}

/** Starts all threads but the main one and waits until they are ready. */
export async function startThreads(setup: Omit<ThreadSetup, "thread">): Promise<Threads> {
  const helpers = setup.threads - 1, control = new Int32Array(setup.memory.buffer, 0, 1024);
  let reason = "a thread of the fused engine stopped";
  const stop = () => {
    Atomics.store(control, QUIT, 1);
    Atomics.notify(control, EPOCH); // they leave the kernels and close themselves
  };
  const started = Promise.all(Array.from({ length: helpers }, (_, i) =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL("./thread.ts", import.meta.url), { type: "module", name: `fused ${i + 1}` });
      const fail = (message: string) => {
        reason = `A thread of the fused engine died: ${message}`;
        Atomics.store(control, FAILED, 1);
        reject(new RunError(reason));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message);
      };
      worker.onmessage = ({ data }) => data === "ready" ? resolve() : fail(String(data));
      worker.postMessage({ ...setup, thread: i + 1 } satisfies ThreadSetup);
    })));
  await started.catch((error) => {
    stop(); // those that did start
    throw error;
  });
  return {
    update(kernels) {
      try {
        kernels.update();
      } catch (error) {
        throw new RunError(`${reason} (${error instanceof Error ? error.message : error})`);
      }
    },
    stop,
  };
}
