import assert from "node:assert/strict";
import { withFolder } from "./helpers/task.ts";
import { configToJson } from "../src/config.ts";
import { checkManifest, formatManifest, readManifest, writeManifest } from "../src/sweep/manifest.ts";
import { chooseManifestRun, indexVariables } from "../src/sweep/manifest_run.ts";
import { planRuns, readVariation } from "../src/sweep/plan.ts";

const plan = {
  environments: ["Hopper-v4"],
  variations: [readVariation("gamma=0.9,0.99")],
  seeds: [1, 2],
  settings: { steps: 1000 },
};
const runs = planRuns(plan);

Deno.test("a manifest has one run a line, is read back as it was written, and the same plan gives the same bytes", () =>
  withFolder((folder) => {
    const path = `${folder}/sweep/manifest.jsonl`;
    writeManifest(path, runs);
    const text = Deno.readTextFileSync(path), lines = text.trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.equal(text, formatManifest(planRuns(plan)));
    assert.ok(lines[2]!.startsWith('{"index":2,"folder":"gamma=0.99/Hopper-v4__seed_1","config":{"env":"Hopper-v4",'));
    assert.deepEqual(JSON.parse(lines[2]!).config, configToJson(runs[2]!.config));
    assert.deepEqual(readManifest(path), runs);

    const { mtime } = Deno.statSync(path);
    writeManifest(path, planRuns(plan));
    assert.deepEqual(Deno.statSync(path).mtime, mtime);
  }));

for (
  const [name, change, message] of [
    ["cut short", (text: string) => text.slice(0, -40), /line 4: it is no JSON/],
    ["without a run", () => "", /it names no run$/],
    ["misnumbered", (text: string) => text.replace('"index":1', '"index":3'), /line 2: expected the index 1, found 3$/],
    [
      "with a setting out of range",
      (text: string) => text.replace('"gamma":0.9,', '"gamma":9,'),
      /line 1: Cannot use 9 for gamma: expected a number from 0 to 1$/,
    ],
    [
      "with a folder elsewhere",
      (text: string) => text.replace('"gamma=0.9/', '"../gamma=0.9/'),
      /line 1: expected a folder within the manifest's, such as "Hopper-v4__seed_1", found "\.\.\/gamma=0\.9\/Hopper-v4__seed_1"$/,
    ],
    [
      "with another run's folder",
      (text: string) => text.replace('seed_1"', 'seed_2"'),
      /line 1: expected a folder within the manifest's, such as "Hopper-v4__seed_1"/,
    ],
  ] as const
) {
  Deno.test(`a manifest ${name} is refused`, () =>
    withFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/manifest.jsonl`, change(formatManifest(runs)));
      assert.throws(() => readManifest(`${folder}/manifest.jsonl`), { name: "UsageError", message });
    }));
}

Deno.test("a sweep goes on with its own manifest and refuses another, saying in what they differ", () =>
  withFolder((folder) => {
    const path = `${folder}/manifest.jsonl`;
    checkManifest(path, runs); // none there yet
    writeManifest(path, runs);
    checkManifest(path, runs);
    checkManifest(path, planRuns({ ...plan, settings: { steps: 1000, threads: 2, checkpointFreq: 5 } })); // no other bytes
    const refused = (other: Partial<typeof plan>, message: RegExp) =>
      assert.throws(() => checkManifest(path, planRuns({ ...plan, ...other })), { name: "UsageError", message });
    refused({ settings: { steps: 2000 } }, /^ {2}run 0, gamma=0\.9\/Hopper-v4__seed_1: steps 1000 there, 2000 now$/m);
    refused(
      { seeds: [1, 2, 3] },
      /^ {2}run 2: gamma=0\.99\/Hopper-v4__seed_1 there, gamma=0\.9\/Hopper-v4__seed_3 now$/m,
    );
    refused({ seeds: [1, 2, 3] }, /^ {2}run 5: none there, gamma=0\.99\/Hopper-v4__seed_3 now$/m);
    refused({ seeds: [1] }, /^ {2}run 3: gamma=0\.99\/Hopper-v4__seed_2 there, none now$/m);
    const many = Array.from({ length: 20 }, (_, i) => i + 10);
    refused({ seeds: many }, /^ {2}and 30 more$/m);
  }));

Deno.test("a process trains the run that --index names, or Slurm's variable, or Kubernetes'", () =>
  withFolder((folder) => {
    const manifest = `${folder}/manifest.jsonl`, before = indexVariables.map((name) => Deno.env.get(name));
    writeManifest(manifest, runs);
    try {
      for (const name of indexVariables) Deno.env.delete(name);
      const chosen = chooseManifestRun({ manifest, index: 2, settings: { threads: 3 } });
      assert.deepEqual(chosen.config, { ...runs[2]!.config, threads: 3 });
      assert.equal(chosen.directory, `${folder}/gamma=0.99/Hopper-v4__seed_1`);
      assert.equal(
        chooseManifestRun({ manifest, index: 0, outDir: "/elsewhere" }).directory,
        "/elsewhere/gamma=0.9/Hopper-v4__seed_1",
      );
      assert.throws(() => chooseManifestRun({ manifest }), {
        name: "UsageError",
        message: /^--index is missing: expected the number of a run in ".*", from 0 to 3, or that number in SLURM_/,
      });
      Deno.env.set("JOB_COMPLETION_INDEX", "1");
      assert.equal(chooseManifestRun({ manifest }).config.seed, 2);
      Deno.env.set("SLURM_ARRAY_TASK_ID", "3");
      assert.equal(chooseManifestRun({ manifest }).config.gamma, 0.99);
      assert.equal(chooseManifestRun({ manifest, index: 1 }).config.gamma, 0.9);
      Deno.env.set("SLURM_ARRAY_TASK_ID", "4");
      assert.throws(() => chooseManifestRun({ manifest }), {
        name: "UsageError",
        message: /^Cannot use "4" for SLURM_ARRAY_TASK_ID: expected an integer from 0 to 3, the number of a run in /,
      });
      assert.throws(() => chooseManifestRun({ manifest, index: 0, settings: { gamma: 0.5 } }), {
        name: "UsageError",
        message: "Cannot use --gamma with --manifest: the manifest says it; leave it out",
      });
    } finally {
      indexVariables.forEach((name, i) => before[i] === undefined || Deno.env.set(name, before[i]));
    }
  }));
