import assert from "node:assert/strict";
import manifest from "../deno.json" with { type: "json" };

const root = new URL("../", import.meta.url);
const readme = Deno.readTextFileSync(new URL("README.md", root));
const tasks = Object.keys(manifest.tasks);

Deno.test("README's tasks exist", () => {
  const named = [...readme.matchAll(/deno(?:@[\d.]+)? task ([a-z][a-z:-]*)/g)].map((match) => match[1]!);
  assert.ok(named.length > 10);
  assert.deepEqual(named.filter((name) => !tasks.includes(name)), []);
});

Deno.test("README's files exist", () => {
  const named = [...readme.matchAll(/(?:tests|tasks)\/[a-z_/]+\.ts/g)].map((match) => match[0]);
  assert.ok(named.length > 3);
  for (const name of named) Deno.statSync(new URL(name, root));
});

Deno.test("README names every dependency", () => {
  const { "soft-actor-critic": _, ...packages } = manifest.imports;
  assert.deepEqual(Object.keys(packages).filter((name) => !readme.includes(`\`${name}\``)), []);
});

Deno.test("every dependency comes from npm under an exact version", () => {
  const { "soft-actor-critic": _, ...packages } = manifest.imports;
  for (const [name, target] of Object.entries(packages)) {
    assert.match(target, /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+$/, name);
  }
});
