import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { analyze } from "../src/analysis/analyze.ts";
import { drawFigure } from "../src/analysis/draw_figure.ts";
import { drawFigures } from "../src/analysis/figures.ts";
import { type BandKind, bandLabels, readBand, readOriginalCurves } from "../src/analysis/learning_curves.ts";
import { rasterize } from "../src/analysis/rasterize.ts";
import { readRuns } from "../src/analysis/read_runs.ts";
import { UsageError } from "../src/errors.ts";
import { assertSnapshot, writeElevenRuns, writeRun } from "./analysis_helpers.ts";
import { withFolder } from "./helpers/task.ts";

const originalFolder = join(import.meta.dirname!, "../assets/original");
const short = { env: "Hopper-v4", steps: 8000 };

/** The texts of an SVG that a reader sees. */
function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
}

async function readFolder(folder: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for await (const { name } of Deno.readDir(folder)) {
    hashes[name] = createHash("sha256").update(await Deno.readFile(join(folder, name))).digest("hex");
  }
  return hashes;
}

Deno.test("the environment's figure looks as it did", async () => {
  await withFolder(async (directory) => {
    for (const seed of [1, 2, 3]) await writeRun(directory, { ...short, seed }, { height: 900 + 100 * seed });
    const { runs } = await readRuns(directory);
    const { figures } = drawFigures(runs, "sd", new Map([["Hopper-v4", [[3000, 50], [8000, 700]]]]));
    assertSnapshot("environment_figure.svg", figures[0]!.svg);
  });
});

Deno.test("a figure names its axes, its band and n, and tells those who cannot see it", async () => {
  await withFolder(async (directory) => {
    await writeElevenRuns(directory, { steps: 20_000 });
    const { runs } = await readRuns(directory);
    const originals = await readOriginalCurves(originalFolder);
    for (const band of Object.keys(bandLabels) as BandKind[]) {
      const { figures, notes } = drawFigures(runs, band, originals);
      assert.deepEqual(notes, []);
      assert.deepEqual(figures.map(({ name }) => name), [
        "halfcheetah-v4",
        "hopper-v4",
        "invertedpendulum-v4",
        "hopper-v4_single_runs",
        "hopper-v4_critic_lrate",
      ]);
      const texts = textsOf(figures[1]!.svg);
      for (
        const text of [
          "Hopper-v4",
          "Time steps",
          "Average return",
          "mean of 3 seeds",
          "single seeds",
          "mean of the original",
          `${bandLabels[band]} (n = 3)`,
        ]
      ) assert.ok(texts.includes(text), `${text} is not among ${texts}`);
    }
    const { figures } = drawFigures(runs, "sd", new Map());
    for (const { svg } of figures) {
      assert.match(svg, /role="img"/);
      assert.match(svg, /aria-labelledby="title description"/);
      assert.match(svg, /<title id="title">[^<]+<\/title><desc id="description">[^<]+<\/desc>/);
      assert.match(svg, /@media \(prefers-color-scheme:dark\)/);
      assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
      assert.ok(!textsOf(svg).includes("mean of the original"));
    }
    assert.deepEqual(
      textsOf(figures[3]!.svg).filter((text) => text.startsWith("seed")),
      ["seed 1", "seed 2", "seed 3, long run"],
    );
    assert.deepEqual(textsOf(figures[4]!.svg).filter((text) => text.includes("seed")), [
      "3e-4 (seed 1)",
      "1e-3 (seed 1)",
    ]);
  });
});

Deno.test("a curve passes through its points", async () => {
  await withFolder(async (directory) => {
    const text = "step,episodic_return,episodic_length,return_std\n5000,500,1,0\n10000,1000,1,0\n";
    await writeRun(directory, { ...short, steps: 10_000, seed: 1 }, { text });
    const { runs } = await readRuns(directory);
    const { svg } = drawFigures(runs, "sd", new Map()).figures[0]!;
    const path = /class="stroke-orange"[^>]*><path d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)"/.exec(svg)!;
    const [x1, y1, x2, y2] = path.slice(1).map(Number) as [number, number, number, number];
    const ends = [...svg.matchAll(/<text transform="translate\(([\d.]+),([\d.]+)\)"[^>]*>([^<]*)</g)];
    const position = (label: string, index: 1 | 2) => Number(ends.find(([, , , text]) => text === label)![index]);
    assert.ok(Math.abs(x2 - position("10k", 1)) < 0.02 && Math.abs(y2 - position("1000", 2)) < 0.02);
    const left = Number(ends.find(([, , , text]) => text === "0")![1]);
    assert.ok(Math.abs(x1 - (left + x2) / 2) < 0.02, `${x1}`); // half way
    assert.ok(y1 > y2);
  });
});

Deno.test("analyze writes the same bytes each time, and only its own files", async () => {
  await withFolder(async (directory) => {
    const experiments = join(directory, "experiments"), outDir = join(directory, "assets");
    for (const seed of [1, 2, 3]) await writeRun(experiments, { env: "Hopper-v4", seed, steps: 30_000 });
    await Deno.mkdir(outDir);
    await Deno.writeTextFile(join(outDir, "of_the_user.txt"), "mine");
    const options = { experiments, outDir, band: "bootstrap95", drawOriginal: true } as const;
    const { files, notes } = await analyze(options);
    assert.deepEqual(notes, [
      "hopper-v4_single_runs is drawn without seed 3, long run: no such run",
      "hopper-v4_critic_lrate is not drawn: runs are missing (1e-3 (seed 1))",
    ]);
    assert.equal(files.length, 6);
    const first = await readFolder(outDir);
    await analyze(options);
    assert.deepEqual(await readFolder(outDir), first);
    assert.equal(Object.keys(first).length, 7);
  });
});

Deno.test("analyze says which seeds are missing and which runs are short", async () => {
  await withFolder(async (directory) => {
    const experiments = join(directory, "experiments"), outDir = join(directory, "assets");
    await writeRun(experiments, { env: "Hopper-v4", seed: 1 });
    await writeRun(experiments, { env: "Hopper-v4", seed: 3 }, { until: 30_000 });
    const { notes } = await analyze({ experiments, outDir, band: "sd", drawOriginal: false });
    const all = notes.join("\n");
    assert.match(all, /Hopper-v4: no run of seed 2; what is said of it is over seed 1, 3/);
    assert.match(all, /seed_3 is unfinished: evaluated up to step 30000 of 200000/);
    assert.match(all, /seed_3 ends at step 30000: from there to 200000 the mean is over fewer seeds/);
    assert.match(all, /hopper-v4_critic_lrate is not drawn: runs are missing/);
    assert.ok(textsOf(await Deno.readTextFile(join(outDir, "hopper-v4.svg"))).includes("mean of 1–2 seeds"));
    assert.match(await Deno.readTextFile(join(outDir, "results.md")), /no run of seed 2/);
  });
});

Deno.test("analyze without runs writes nothing and says what it expects", async () => {
  await withFolder(async (directory) => {
    const experiments = join(directory, "experiments"), outDir = join(directory, "assets");
    await Deno.mkdir(experiments);
    await assert.rejects(
      analyze({ experiments, outDir, band: "sd", drawOriginal: true }),
      (error) => error instanceof UsageError && /expected folders of runs with evaluations/.test(error.message),
    );
    await assert.rejects(Deno.stat(outDir), Deno.errors.NotFound);
  });
});

Deno.test("one run alone makes a figure without a band", async () => {
  await withFolder(async (directory) => {
    await writeRun(directory, { ...short, seed: 2 });
    const { svg } = drawFigures((await readRuns(directory)).runs, "t95", new Map()).figures[0]!;
    assert.ok(textsOf(svg).includes("mean of 1 seed"));
    assert.doesNotMatch(svg, /class="fill-orange"/);
  });
});

Deno.test("labels may hold any characters, and their decimals stay", async () => {
  const label = `a<b & "c" ='0.12345'`;
  const svg = drawFigure({
    title: label,
    description: label,
    panels: [{
      title: label,
      xLabel: label,
      yLabel: label,
      curves: [{ label, color: "gray", style: "solid", points: [[0, 0], [1, -1 / 3]] }],
      bands: [{ label: "band", color: "gray", points: [{ x: 0, low: -1, high: 1 }] }],
    }],
  });
  const escaped = label.replace("&", "&amp;").replace("<", "&lt;");
  assert.equal(svg.split(escaped).length - 1, 6); // title, description, panel, two axes, legend
  assert.doesNotMatch(svg, /="[^"]*\d\.\d{3}/);
  await rasterize(svg); // refuses what is no XML
});

Deno.test("PNG bytes are these on every machine, letters included", async () => {
  const svg = (text: string) =>
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="#fff"/>' +
    `<text x="2" y="15" font-size="12" font-family="Verdana">${text}</text></svg>`;
  const hash = async (text: string) => createHash("sha256").update(await rasterize(svg(text))).digest("hex");
  assert.equal(await hash("Hopper"), "df429327bcda4853b279aa7306025e3eaf43e8600e4281c4a251ad78968a7683");
  assert.notEqual(await hash("Hopper"), await hash(""));
});

Deno.test("an unknown band is refused", () => {
  assert.equal(readBand("t68"), "t68");
  assert.throws(() => readBand("toString"), /Cannot use "toString" for --band: expected one of sd, t68, t95/);
});
