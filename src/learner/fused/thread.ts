/** A helper thread: runs the kernels' `serve` until the learner is disposed of. See `threads.ts`. */

/// <reference lib="deno.worker" />

import { controlWords, instantiateKernels } from "./kernels.ts";
import type { ThreadSetup } from "./threads.ts";

self.onmessage = ({ data }: MessageEvent<ThreadSetup>) => {
  const { module, memory, sizes, base, tile, thread, threads } = data;
  const kernels = instantiateKernels(module, memory);
  kernels.configure(...sizes);
  kernels.setThread(thread, threads, base);
  kernels.setTile(tile);
  self.postMessage("ready");
  // The message leaves before this thread goes to sleep in the kernels.
  setTimeout(() => {
    try {
      kernels.serve();
    } catch (error) {
      Atomics.store(new Int32Array(memory.buffer), controlWords.FAILED, 1); // nobody waits for this thread any longer
      self.postMessage(error instanceof Error ? error.message : String(error));
    }
    self.close();
  }, 0);
};
