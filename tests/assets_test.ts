/** The committed figures and tables against what the committed runs give. */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { analyze } from "../src/analysis/analyze.ts";
import { runFolder } from "../src/command_line.ts";
import { resolveConfig } from "../src/config.ts";
import { presets } from "../src/presets.ts";
import { root, runTask, withFolder } from "./helpers/task.ts";

/** The sweep that is committed besides the original's runs. */
const sweep = "experiments/hopper_critic_lr";

Deno.test("figures and tables in assets/ are what the committed runs give, to the byte", () =>
  withFolder(async (folder) => {
    const experiments = join(folder, "experiments"), outDir = join(folder, "assets"); // without runs of the user's own
    for (const { name, settings } of Object.values(presets).flat()) {
      const run = runFolder(resolveConfig(settings), name);
      cpSync(join(root, "experiments", run), join(experiments, run), { recursive: true });
    }
    cpSync(join(root, sweep), join(experiments, basename(sweep)), { recursive: true });
    const { files } = await analyze({ experiments, outDir, band: "sd", drawOriginal: true });
    assert(files.length > 5);
    await assertCommitted(files, "deno task analyze --no-gifs");
  }));

Deno.test("the comparison of learning rates in assets/ is what the sweep's runs give, to the byte", () =>
  withFolder(async (folder) => {
    const settings = ["q_lr=3e-4", "q_lr=1e-3", "--experiments", sweep], out = join(folder, "hopper_critic_lr");
    const { code, stderr } = await runTask("compare", ...settings, "--out", out);
    assert.equal(code, 0, stderr);
    const files = [".svg", ".png", ".md"].map((ending) => out + ending);
    await assertCommitted(files, `deno task compare ${settings.join(" ")} --out assets/hopper_critic_lr`);
  }));

async function assertCommitted(files: readonly string[], command: string): Promise<void> {
  for (const file of files) {
    const name = basename(file), committed = await Deno.readFile(join(root, "assets", name));
    assert.deepEqual(await Deno.readFile(file), committed, `${name}: run ${command}`);
  }
}
