/**
 * A module for `deno run --preload`: makes the process that it is loaded into fail at a set place, as `SABOTAGE` says in JSON.
 * What it hit goes to standard error.
 */

import { patchDisk } from "./disk.ts";

/** What is to fail. */
export type Sabotage =
  /** SIGKILL before the operation on the disk of this number, or within it where it is a write. */
  | { readonly killAt: number; readonly within: boolean }
  /** SIGTERM when this many evaluations have begun. */
  | { readonly terminateAtEvaluation: number }
  /** The evaluation worker throws when it gets this many messages. */
  | { readonly evaluationThrowsAt: number }
  /** A helper thread of the fused engine traps in its first update. */
  | { readonly threadTraps: true };

const sabotage = JSON.parse(Deno.env.get("SABOTAGE") ?? "{}") as Partial<Record<string, number | boolean>>;

if (sabotage["killAt"] !== undefined) {
  let made = 0;
  patchDisk((operation, perform) => {
    if (made++ < Number(sabotage["killAt"])) return perform();
    if (sabotage["within"] && operation.kind === "write") perform(0.5);
    console.error(`${operation.kind} ${operation.path}`);
    while (true) Deno.kill(Deno.pid, "SIGKILL");
  });
}

const RealWorker = Worker;
let evaluations = 0;

globalThis.Worker = class extends RealWorker {
  readonly #isEvaluation: boolean;

  constructor(module: string | URL, options?: WorkerOptions) {
    const isEvaluation = String(module).endsWith("/evaluation_worker.ts"), at = sabotage["evaluationThrowsAt"];
    const thrower = `import ${JSON.stringify(String(module))};
      const work = onmessage;
      let got = 0;
      onmessage = (event) => {
        if (++got >= ${at}) throw new Error("out of order");
        return work(event);
      };`;
    super(isEvaluation && at ? `data:application/javascript,${encodeURIComponent(thrower)}` : module, options);
    this.#isEvaluation = isEvaluation;
  }

  override postMessage(message: unknown, ...rest: never[]): void {
    const isThread = typeof message === "object" && message !== null && "base" in message;
    // A scratch outside the memory.
    super.postMessage(isThread && sabotage["threadTraps"] ? { ...message, base: 2 ** 31 } : message, ...rest);
    if (this.#isEvaluation && ++evaluations === sabotage["terminateAtEvaluation"]) Deno.kill(Deno.pid, "SIGTERM");
  }
};
