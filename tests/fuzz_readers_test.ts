/** Some of the malformed files that `deno task test:faults` gives to every reader. */

import assert from "node:assert/strict";
import { readHostileFiles } from "./faults/hostile_files.ts";
import { isGood } from "./faults/tally.ts";

Deno.test("every reader takes malformed files, or refuses them by a message that names the file", async () => {
  const { rows } = await readHostileFiles(100, 2);
  assert.ok(rows.length >= 9);
  for (const row of rows) assert.ok(isGood(row), row.failures.join("\n"));
});
