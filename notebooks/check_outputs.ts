/**
 * Checks the outputs of an executed notebook and, given a second path, writes it there without the times of execution.
 * `execute.sh` calls it: `check_outputs.ts EXECUTED [TARGET]`.
 */

import assert from "node:assert/strict";
import { GifReader } from "omggif";
import { writeWholeFile } from "../src/run/whole_file.ts";

/** A text, in lines or whole, as nbformat 4 has it. */
type Text = string | readonly string[];

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: Text;
  readonly data?: Readonly<Record<string, Text>>;
}

interface Cell {
  readonly id: string;
  readonly cell_type: string;
  readonly execution_count?: number | null;
  readonly metadata: Record<string, unknown>;
  readonly outputs?: readonly Output[];
}

const [executed, target] = Deno.args;
const notebook = JSON.parse(Deno.readTextFileSync(executed!)) as { readonly cells: readonly Cell[] };
const cells = notebook.cells.filter(({ cell_type }) => cell_type === "code");
const join = (text: Text = "") => typeof text === "string" ? text : text.join("");

/** The outputs of a cell that make one text: what it printed, or what it displayed as `mime`. */
function outputOf(id: string, mime?: string): string {
  const cell = cells.find((cell) => cell.id === id);
  assert.ok(cell, `there is no cell ${id}`);
  return cell.outputs!.map(({ text, data }) => join(mime ? data?.[mime] : text)).join("");
}

for (const { id, execution_count, outputs } of cells) {
  assert.ok(execution_count, `cell ${id} was not executed`);
  for (const { output_type, name, text } of outputs!) {
    assert.notEqual(output_type, "error", `cell ${id} failed`);
    assert.notEqual(name, "stderr", `cell ${id} complained: ${join(text)}`);
  }
}
for (const id of ["squashed_gaussian", "train", "hopper_figure"]) {
  const svg = outputOf(id, "image/svg+xml");
  assert.match(svg, /^<svg .*<path .*<\/svg>\s*$/s, `cell ${id} shows no figure`);
  assert.doesNotMatch(svg, /NaN/, `the figure of cell ${id} has coordinates that are no numbers`);
  assert.match(outputOf(id, "image/png"), /^iVBORw0KGgo/, `cell ${id} shows no PNG`);
}
const balanced = Number(/^InvertedPendulum-v4: return ([\d.]+)/.exec(outputOf("evaluate"))?.[1]);
assert.ok(balanced > 900, `the pole was balanced for ${balanced} of 1000 steps`);
assert.match(outputOf("hopper_policy"), /^Hopper-v4: return \d/);
const gif = /src="data:image\/gif;base64,([^"]+)"/.exec(outputOf("hopper_gif", "text/html"))?.[1];
const frames = new GifReader(Uint8Array.fromBase64(gif ?? "")).numFrames();
assert.ok(frames > 5, `the GIF has ${frames} frames`);
console.log(`${cells.length} cells executed, 3 figures, pole balanced for ${balanced} steps, GIF of ${frames} frames`);

if (target) {
  for (const { metadata } of notebook.cells) delete metadata["execution"];
  writeWholeFile(target, [new TextEncoder().encode(JSON.stringify(notebook, null, 1) + "\n")]);
  console.log(`Wrote ${target}`);
}
