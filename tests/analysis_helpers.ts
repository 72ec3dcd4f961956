/** Synthetic runs for the tests of the analysis: smooth rises with seeded noise, in no way a result. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type Config, configToJson, resolveConfig } from "../src/config.ts";
import { RandomStream } from "../src/random.ts";

/** The text of an `eval.csv` whose returns rise to `height`. */
export function evaluationText(config: Config, height: number, until = config.steps): string {
  const random = new RandomStream(config.seed, "synthetic evaluations");
  const rows = ["step,episodic_return,episodic_length,return_std"];
  for (let step = 3000; step <= until; step += config.evalFreq) {
    const progress = step / (step + config.steps / 5);
    const episodicReturn = height * progress * (1 + 0.15 * random.uniform(-1, 1));
    rows.push(`${step},${episodicReturn.toFixed(3)},${config.maxEpisodeSteps},${random.uniform(0, 9).toFixed(3)}`);
  }
  return rows.join("\n") + "\n";
}

/** Writes a run's folder and returns its path. */
export async function writeRun(
  directory: string,
  settings: Partial<Config>,
  { name = "", height = 1000, text, until }: { name?: string; height?: number; text?: string; until?: number } = {},
): Promise<string> {
  const config = resolveConfig(settings);
  const folder = join(directory, name, `${config.env}__seed_${config.seed}`);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(configToJson(config)));
  await Deno.writeTextFile(join(folder, "eval.csv"), text ?? evaluationText(config, height, until));
  return folder;
}

/** The original's eleven runs, but with synthetic evaluations, and as many steps as wanted. */
export async function writeElevenRuns(directory: string, settings: Partial<Config> = {}): Promise<void> {
  for (const [env, height] of [["HalfCheetah-v4", 800], ["Hopper-v4", 2500], ["InvertedPendulum-v4", 1000]] as const) {
    for (const seed of [1, 2, 3]) {
      await writeRun(directory, { env, seed, ...settings }, { height: height * (0.9 + 0.1 * seed) });
    }
  }
  const hopper = { env: "Hopper-v4", steps: 500_000, ...settings };
  await writeRun(directory, { ...hopper, seed: 3 }, { name: "long_run", height: 3500 });
  const steps = settings.steps ?? 200_000;
  await writeRun(directory, { ...hopper, steps, seed: 1, qLr: 1e-3 }, { name: "high_critic_lrate", height: 3300 });
}

/**
 * Compares with `tests/golden/figures/<name>`, decimals left out. After a change that is meant, `UPDATE_SNAPSHOTS=1 deno task
 * test` writes the files anew: look at them.
 */
export function assertSnapshot(name: string, text: string): void {
  const file = join(import.meta.dirname!, "golden/figures", name);
  if (Deno.env.get("UPDATE_SNAPSHOTS") === "1") {
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeTextFileSync(file, text);
  }
  const normalize = (svg: string) => svg.replace(/(\d)\.\d+/g, "$1").replaceAll("><", ">\n<");
  assert.equal(normalize(text), normalize(Deno.readTextFileSync(file)));
}
