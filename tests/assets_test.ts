/** The committed figures and tables against what the committed runs give. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { analyze } from "../src/analysis/analyze.ts";
import { root, withFolder } from "./helpers/task.ts";

Deno.test("figures and tables in assets/ are what the runs in experiments/ give, to the byte", () =>
  withFolder(async (outDir) => {
    const { files } = await analyze({ experiments: join(root, "experiments"), outDir, band: "sd", drawOriginal: true });
    assert(files.length > 5);
    for (const file of files) {
      const name = basename(file), committed = await Deno.readFile(join(root, "assets", name));
      assert.deepEqual(await Deno.readFile(file), committed, `${name}: run deno task analyze --no-gifs`);
    }
  }));
