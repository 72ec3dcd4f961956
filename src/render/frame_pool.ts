/** Paints many frames on several workers. Each frame depends on its pose alone, so their number changes no byte. */

import { RunError } from "../errors.ts";
import type { FrameRequest, PainterSetup } from "./frame_worker.ts";

/** Workers that paint one model at one size. */
export class FramePool {
  readonly #workers: Worker[];
  readonly #failure = Promise.withResolvers<never>();

  constructor(setup: PainterSetup, workers: number) {
    this.#failure.promise.catch(() => {}); // it counts when someone waits for frames
    const fail = (reason: string) => this.#failure.reject(new RunError(`A painting worker died: ${reason}`));
    this.#workers = Array.from({ length: workers }, () => {
      const worker = new Worker(new URL("./frame_worker.ts", import.meta.url), { type: "module" });
      worker.onerror = (event) => {
        event.preventDefault(); // else the whole process ends here
        fail(event.message);
      };
      worker.onmessageerror = () => fail("a message could not be read");
      worker.postMessage(setup);
      return worker;
    });
  }

  /**
   * Paints frames; they come back in their order.
   *
   * @param onFrame called after each one
   * @throws {RunError} if a worker dies
   */
  async paint(
    requests: readonly FrameRequest[],
    onFrame: (done: number) => void = () => {},
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    let next = 0, done = 0;
    const work = async (worker: Worker) => {
      while (next < requests.length) {
        const frame = next++, { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(requests[frame]);
        frames[frame] = await Promise.race([promise, this.#failure.promise]);
        onFrame(++done);
      }
    };
    await Promise.all(this.#workers.map(work));
    return frames;
  }

  dispose(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
