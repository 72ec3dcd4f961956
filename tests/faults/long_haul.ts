/** Memory over a long run of the real loop: logs, evaluations in the worker, recordings, checkpoints, everything but large networks. */

import { resolveConfig } from "../../src/config.ts";
import { loadMujoco } from "../../src/env/mujoco_env.ts";
import { formatTable } from "../../src/progress.ts";
import { train } from "../../src/train.ts";
import { inFolder } from "./disk_faults.ts";

/** What is in use after so many steps, in MiB. */
interface Sample {
  readonly step: number;
  /** Resident memory of the process. */
  readonly resident: number;
  /** JavaScript's heap after a collection, as far as the process was started with `--expose-gc`. */
  readonly heap: number;
  /** Arrays outside that heap: the replay buffer, and WASM's memories. */
  readonly external: number;
  /** MuJoCo's WASM memory. */
  readonly mujoco: number;
}

/** Trains `steps` steps and samples the memory ten times. */
export async function measureMemory(steps: number): Promise<Sample[]> {
  const samples: Sample[] = [], { DoubleBuffer } = await loadMujoco();
  const sample = (step: number) => {
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed, external } = Deno.memoryUsage();
    using probe = new DoubleBuffer(1);
    const mujoco = (probe.GetView() as Float64Array).buffer.byteLength;
    const [resident, heap, outside, physics] = [rss, heapUsed, external, mujoco].map((bytes) => bytes / 2 ** 20);
    samples.push({ step, resident: resident!, heap: heap!, external: outside!, mujoco: physics! });
  };
  const config = resolveConfig({
    env: "InvertedPendulum-v4",
    steps,
    threads: 1,
    hidden: 16,
    batchSize: 16,
    evalEpisodes: 2,
    checkpointFreq: Math.ceil(steps / 40),
  });
  await inFolder((directory) =>
    train({
      config,
      directory,
      onProgress: ({ step }) => {
        if (step % Math.floor(steps / 10) === 0 && step > (samples.at(-1)?.step ?? 0)) sample(step);
      },
    })
  );
  return samples;
}

/** The samples as a table. */
export function describeSamples(samples: readonly Sample[]): string {
  const rows = samples.map(({ step, resident, heap, external, mujoco }) => [
    String(step),
    ...[resident, heap, external, mujoco].map((size) => size.toFixed(1)),
  ]);
  return formatTable(["step", "resident MiB", "heap MiB", "external MiB", "MuJoCo's WASM MiB"], rows);
}

/** How much more is in use at most in the second half than in the first, past the first sample, in MiB. */
export function growth(samples: readonly Sample[]): Omit<Sample, "step"> {
  const middle = Math.ceil(samples.length / 2),
    most = (part: readonly Sample[], what: keyof Sample) => Math.max(...part.map((sample) => sample[what]));
  const grown = (what: keyof Sample) => most(samples.slice(middle), what) - most(samples.slice(1, middle), what);
  return { resident: grown("resident"), heap: grown("heap"), external: grown("external"), mujoco: grown("mujoco") };
}

if (import.meta.main) {
  const steps = Number(Deno.args[0] ?? 200_000), samples = await measureMemory(steps);
  console.log(describeSamples(samples));
  console.log("Growth from the first half's most to the second half's, MiB:", growth(samples));
}
