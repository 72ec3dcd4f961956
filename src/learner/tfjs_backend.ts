/** Finds and starts the TensorFlow.js backend that a learner computes on. */

import * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";

/** Where TensorFlow.js computes. */
export type Backend = "webgpu" | "wasm" | "cpu";

/** Where TensorFlow.js would compute with WebGPU. */
export interface GpuAdapter {
  /** For messages. */
  readonly description: string;
  /** False for a renderer in software, such as Mesa's llvmpipe. */
  readonly isHardware: boolean;
}

/** The adapter that TensorFlow.js gets from WebGPU, or undefined without one. */
export async function findGpuAdapter(): Promise<GpuAdapter | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const description = [adapter.info.description, adapter.info.vendor].find((text) => text !== "") ?? "unnamed adapter";
  const isSoftware = adapter.info.isFallbackAdapter ||
    /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(description);
  return { description, isHardware: !isSoftware };
}

/**
 * Starts a backend and makes it the current one. `auto` is webgpu on a real GPU, else wasm.
 *
 * Permissions: webgpu and cpu need none; wasm reads its `.wasm` file from Deno's npm cache (`--allow-read`).
 *
 * @throws {UsageError} if the backend does not start on this machine
 */
export async function startBackend(requested: Backend | "auto"): Promise<Backend> {
  tf.enableProdMode(); // silences the advice to install tfjs-node
  const backend = requested === "auto" ? (await findGpuAdapter())?.isHardware ? "webgpu" : "wasm" : requested;
  if (backend === "webgpu") {
    if (!await findGpuAdapter()) {
      throw new UsageError(
        "Cannot use backend webgpu: this machine offers no WebGPU adapter; install a Vulkan driver " +
          "(mesa-vulkan-drivers on Debian), or use backend wasm",
      );
    }
    await import("@tensorflow/tfjs-backend-webgpu");
  }
  if (backend === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  if (!await tf.setBackend(backend)) {
    throw new UsageError(
      `Cannot use backend ${backend}: TensorFlow.js could not start it (its message stands above)` +
        (backend === "wasm" ? "; it has to read its .wasm file from Deno's cache, which --allow-read permits" : ""),
    );
  }
  return backend;
}
