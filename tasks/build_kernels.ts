/** Compiles the fused engine's kernels: `deno task build:kernels [--check]`. */

import { buildKernels } from "../src/learner/fused/build.ts";
import { kernelsUrl } from "../src/learner/fused/kernels.ts";

if (import.meta.main) {
  const built = await buildKernels();
  const committed = await Deno.readFile(kernelsUrl).catch(() => new Uint8Array());
  const same = built.length === committed.length && built.every((byte, i) => byte === committed[i]);
  if (Deno.args.includes("--check")) {
    console.log(
      same
        ? "kernels.wasm is what its sources give"
        : "kernels.wasm differs from what its sources give: run deno task build:kernels",
    );
    Deno.exit(same ? 0 : 1);
  }
  if (!same) await Deno.writeFile(kernelsUrl, built);
  console.log(`kernels.wasm: ${built.length} bytes${same ? ", unchanged" : ""}`);
}
