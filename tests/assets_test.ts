/** The committed figures and tables against what the committed runs give. */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { analyze } from "../src/analysis/analyze.ts";
import { runFolder } from "../src/command_line.ts";
import { resolveConfig } from "../src/config.ts";
import { presets } from "../src/presets.ts";
import { root, withFolder } from "./helpers/task.ts";

Deno.test("figures and tables in assets/ are what the original's runs in experiments/ give, to the byte", () =>
  withFolder(async (folder) => {
    const experiments = join(folder, "experiments"), outDir = join(folder, "assets"); // without runs of the user's own
    for (const { name, settings } of Object.values(presets).flat()) {
      const run = runFolder(resolveConfig(settings), name);
      cpSync(join(root, "experiments", run), join(experiments, run), { recursive: true });
    }
    const { files } = await analyze({ experiments, outDir, band: "sd", drawOriginal: true });
    assert(files.length > 5);
    for (const file of files) {
      const name = basename(file), committed = await Deno.readFile(join(root, "assets", name));
      assert.deepEqual(await Deno.readFile(file), committed, `${name}: run deno task analyze --no-gifs`);
    }
  }));
