import assert from "node:assert/strict";
import { clearRun, inspectRun, readConfig, runPaths, writeConfig } from "../src/run/run_folder.ts";
import { smallConfig, withFolder } from "./helpers/runs.ts";

const config = smallConfig(), learner = { engine: "fused", backend: "wasm" };

Deno.test("run folder: config.json holds settings, learner and versions, and reads back", () =>
  withFolder((folder) => {
    writeConfig(runPaths(folder).config, config, learner);
    assert.deepEqual(readConfig(runPaths(folder).config), config);
    const json = JSON.parse(Deno.readTextFileSync(`${folder}/config.json`));
    assert.equal(json.batch_size, 8);
    assert.deepEqual(json.learner, learner);
    assert.equal(json.versions.deno, Deno.version.deno);
    assert.match(json.versions["@mujoco/mujoco"], /^\d+\.\d+\.\d+$/);
  }));

Deno.test("run folder: a folder of other things is no place for a run", () =>
  withFolder((folder) => {
    assert.equal(inspectRun(`${folder}/none`, config), "absent");
    assert.equal(inspectRun(folder, config), "absent");
    Deno.writeTextFileSync(`${folder}/lock`, "1");
    Deno.writeTextFileSync(`${folder}/config.json.partial`, "{");
    assert.equal(inspectRun(folder, config), "absent"); // killed before it began
    Deno.writeTextFileSync(`${folder}/thesis.tex`, "");
    for (const overwrite of [false, true]) {
      assert.throws(() => inspectRun(folder, config, overwrite), {
        name: "UsageError",
        message: /holds "thesis\.tex" but no config\.json/,
      });
    }
    assert.throws(() => inspectRun(`${folder}/thesis.tex`, config), { name: "UsageError" });
  }));

Deno.test("run folder: other settings are listed with both values, --overwrite or not a config.json aside", () =>
  withFolder((folder) => {
    const { config: path } = runPaths(folder);
    writeConfig(path, config, learner);
    const other = { ...config, gamma: 0.5, hidden: 16, threads: 7, checkpointFreq: 1 };
    assert.throws(() => inspectRun(folder, other), (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.deepEqual(error.message.match(/^ .*$/gm), [
        "  --gamma: 0.99 there, 0.5 now",
        "  --hidden: 8 there, 16 now",
      ]);
      return true;
    });
    assert.equal(inspectRun(folder, { ...config, threads: 7, checkpointFreq: 1 }), "unfinished"); // change no byte
    assert.equal(inspectRun(folder, other, true), "unfinished");
    for (const text of ["", "{", "[]", "null", "{}", '{"env":{}}', " ".repeat(2 ** 20 + 1)]) {
      Deno.writeTextFileSync(path, text);
      assert.throws(() => inspectRun(folder, config, true), { name: "UsageError", message: /config\.json/ });
    }
  }));

Deno.test("run folder: clearing deletes what the run wrote, nothing else", () =>
  withFolder((folder) => {
    const paths = runPaths(folder);
    writeConfig(paths.config, config, learner);
    for (const path of [paths.checkpoint, paths.videos]) Deno.mkdirSync(path);
    for (
      const path of [paths.eval, paths.policy, `${paths.checkpoint}/x`, `${paths.videos}/step_000000010.safetensors`]
    ) {
      Deno.writeTextFileSync(path, "");
    }
    for (const name of ["notes.txt", "videos/seen.gif"]) Deno.writeTextFileSync(`${folder}/${name}`, "mine");
    clearRun(paths);
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(), [
      "config.json",
      "notes.txt",
      "videos",
    ]);
    assert.deepEqual(Array.from(Deno.readDirSync(paths.videos), ({ name }) => name), ["seen.gif"]);
  }));
