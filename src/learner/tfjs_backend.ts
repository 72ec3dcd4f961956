/** Finds and starts the TensorFlow.js backend that a learner computes on. */

import * as tf from "@tensorflow/tfjs";
import { UsageError } from "../errors.ts";

/** Where TensorFlow.js computes. */
export type Backend = "webgpu" | "wasm" | "cpu";

/** What WebGPU would compute on. */
export interface GpuAdapter {
  /** For messages. */
  readonly description: string;
  /** False for a renderer in software, such as Mesa's llvmpipe. */
  readonly isHardware: boolean;
}

/** The adapter that TensorFlow.js would get from WebGPU, or undefined without one. */
export async function findGpuAdapter(
  gpu: Pick<GPU, "requestAdapter"> = navigator.gpu,
): Promise<GpuAdapter | undefined> {
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const { description, vendor, isFallbackAdapter } = adapter.info;
  const isSoftware = isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(description);
  return { description: description || `adapter of vendor ${vendor}`, isHardware: !isSoftware };
}

/**
 * The backend for a request: `auto` is webgpu on a real GPU, else wasm.
 *
 * @throws {UsageError} if webgpu is asked for and there is no adapter
 */
export function chooseBackend(requested: Backend | "auto", adapter: GpuAdapter | undefined): Backend {
  if (requested === "auto") return adapter?.isHardware ? "webgpu" : "wasm";
  if (requested === "webgpu" && !adapter) {
    throw new UsageError(
      "Cannot use backend webgpu: this machine offers no WebGPU adapter; " +
        "install a Vulkan driver (on Debian without a GPU: mesa-vulkan-drivers) or use backend wasm",
    );
  }
  return requested;
}

/**
 * Starts a backend and makes it the current one.
 *
 * Permissions: webgpu and cpu need none; wasm reads its `.wasm` file from Deno's npm cache (`--allow-read`).
 *
 * @throws {UsageError} if the backend does not start on this machine
 */
export async function startBackend(requested: Backend | "auto"): Promise<Backend> {
  const mayBeWebgpu = requested === "auto" || requested === "webgpu";
  const backend = chooseBackend(requested, mayBeWebgpu ? await findGpuAdapter() : undefined);
  tf.enableProdMode(); // silences the advice to install tfjs-node
  if (backend === "webgpu") {
    await import("@tensorflow/tfjs-backend-webgpu");
    // Else small tensors that were just uploaded are computed on the CPU, so that a resumed run would differ in the last bits.
    tf.env().set("WEBGPU_CPU_FORWARD", false);
  }
  if (backend === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  if (!await tf.setBackend(backend)) {
    throw new UsageError(
      `Cannot use backend ${backend}: TensorFlow.js could not start it, for the reason above` +
        (backend === "wasm" ? "; it has to read its .wasm file from Deno's cache, which --allow-read permits" : ""),
    );
  }
  return backend;
}
