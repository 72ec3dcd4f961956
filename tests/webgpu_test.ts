/**
 * The learner's tests on WebGPU, each file in a process of its own, one after the other.
 *
 * A software Vulkan (Mesa's llvmpipe) may corrupt its heap when several threads set up a device at once, as parallel test files do, and
 * when a process exits while its threads still work. So no other test shares a process with it, and a process is judged by its
 * report, not by how it exits after that.
 */

import assert from "node:assert/strict";
import { webgpuVariable } from "./helpers/engines.ts";
import { root } from "./helpers/task.ts";

function runDeno(args: string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), { args, cwd: root, env: { NO_COLOR: "1", ...env }, stdin: "null" });
}

const find =
  `const adapter = await navigator.gpu?.requestAdapter(); console.log(adapter ? adapter.info.description || "a GPU" : "")`;
const adapter = new TextDecoder().decode((await runDeno(["eval", find]).output()).stdout).trim();

for (const file of ["sac_parity_test.ts", "learner_contract_test.ts", "learner_tfjs_test.ts"]) {
  Deno.test({
    name: `on WebGPU, ${file}: ${adapter || "skipped, WebGPU offers no adapter here"}`,
    ignore: adapter === "",
    fn: async () => {
      const args = ["test", "-A", "--filter=tfjs on webgpu", `tests/${file}`];
      const { stdout, stderr } = await runDeno(args, { [webgpuVariable]: "1" }).output();
      const report = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      const passed = /^ok \| ([1-9]\d*) passed .*\b0 failed/m.exec(report);
      assert(passed, report);
      console.log(`${file}: ${passed[0]}`);
    },
  });
}
