/** Malformed files for every reader: it takes them, or refuses them by a UsageError that names the file. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readRuns } from "../../src/analysis/read_runs.ts";
import { UsageError } from "../../src/errors.ts";
import { makeFusedLearner } from "../../src/learner/fused/fused_learner.ts";
import { RandomStream } from "../../src/random.ts";
import { ReplayBuffer } from "../../src/replay.ts";
import { listCheckpoints, readCheckpoint, restoreNewest, stepFileName } from "../../src/run/checkpoint.ts";
import { checkLog } from "../../src/run/csv_log.ts";
import { EventLog, readEvents } from "../../src/run/events.ts";
import { makePolicy, readPolicyFile } from "../../src/run/policy_file.ts";
import { readRecording } from "../../src/run/recording.ts";
import { inspectRun, logColumns, readConfig, runPaths } from "../../src/run/run_folder.ts";
import { logNames } from "../../src/run/run_logs.ts";
import { decodeSafetensors } from "../../src/run/safetensors.ts";
import { makeStreams, restoreCheckpoint, type TrainingState } from "../../src/run/training_state.ts";
import { PointMass } from "../helpers/point_mass.ts";
import { trainUntil } from "../helpers/runs.ts";
import { inFolder } from "./disk_faults.ts";
import { mutateBytes, mutateCsv, mutateJson, mutateSafetensors } from "./mutations.ts";
import { quickConfig, trainQuickly } from "./small_runs.ts";
import { type Row, Tally } from "./tally.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A reader, a good file for it, and how to break that. */
interface Target {
  readonly name: string;
  /** Where the file lies that is broken. */
  readonly path: string;
  readonly mutate: (bytes: Bytes, random: RandomStream, index: number) => Bytes;
  readonly read: (path: string, index: number) => unknown;
}

const onText =
  (mutate: (text: string, random: RandomStream) => string) => (bytes: Bytes, random: RandomStream): Bytes =>
    new TextEncoder().encode(mutate(new TextDecoder().decode(bytes), random));

/** What one reading may take; far from what any of them does take, so that a busy machine decides nothing. */
const maximumSeconds = 20, maximumGrowth = 2 ** 29;

/** What came of it, with bytes of memory more than before at most, and seconds of the slowest reading. */
export interface HostileResult {
  readonly rows: Row[];
  readonly growth: number;
  readonly slowest: number;
}

/** Reads `count` malformed files by each reader. */
export async function readHostileFiles(count: number, seed = 1): Promise<HostileResult> {
  return await inFolder(async (folder) => {
    const rows: Row[] = [], before = Deno.memoryUsage().rss;
    let growth = 0, slowest = 0;
    for (const { name, path, mutate, read } of await makeTargets(folder)) {
      const tally = new Tally(`malformed ${name}`, "refused by a message that names the file, or read");
      const good = Deno.readFileSync(path), random = new RandomStream(seed, `malformed ${name}`);
      await read(path, 0);
      for (let index = 0; index < count; index++) {
        const bytes = mutate(good, random, index);
        Deno.writeFileSync(path, bytes);
        await tally.try(`mutation ${index} of seed ${seed}`, async () => {
          const start = performance.now();
          try {
            await read(path, index);
          } catch (error) {
            if (!(error instanceof UsageError)) throw error;
            const { message } = error;
            assert.ok(message.includes(folder) && message.length < 5000, message.slice(0, 500));
          } finally {
            slowest = Math.max(slowest, (performance.now() - start) / 1000);
          }
        });
        if (index % 20 === 0) growth = Math.max(growth, Deno.memoryUsage().rss - before);
      }
      Deno.writeFileSync(path, good);
      rows.push(tally.row);
    }
    assert.ok(slowest < maximumSeconds, `a reading took ${slowest} s`);
    assert.ok(growth < maximumGrowth, `reading took ${growth} bytes of memory`);
    return { rows, growth, slowest };
  });
}

async function makeTargets(folder: string): Promise<Target[]> {
  const run = `${folder}/PointMass__seed_1`, done = `${folder}/done`, paths = runPaths(run);
  await trainQuickly({ directory: done });
  await trainUntil(121, { directory: run, config: quickConfig });
  Deno.copyFileSync(runPaths(done).policy, `${folder}/policy.safetensors`);
  const [step = 0, ...older] = listCheckpoints(paths.checkpoint);
  for (const old of older) Deno.removeSync(`${paths.checkpoint}/${stepFileName(old)}`);
  const checkpointFile = `${paths.checkpoint}/${stepFileName(step)}`, { logs } = readCheckpoint(checkpointFile);
  const state = await makeState();
  return [
    {
      name: "safetensors",
      path: `${folder}/policy.safetensors`,
      mutate: mutateSafetensors,
      read: (path) => decodeSafetensors(Deno.readFileSync(path), path),
    },
    {
      name: "checkpoint",
      path: checkpointFile,
      // Nine in ten with a digest that fits, to come further than that.
      mutate: (bytes, random, index) => {
        const broken = mutateSafetensors(bytes, random);
        return index % 10 === 0 ? broken : sign(broken);
      },
      read: () => restoreNewest(paths.checkpoint, (checkpoint) => restoreCheckpoint(state, checkpoint), () => {}),
    },
    {
      name: "config.json",
      path: paths.config,
      mutate: onText(mutateJson),
      read: (path, index) => index % 2 === 0 ? readConfig(path) : inspectRun(run, quickConfig, index % 4 === 1),
    },
    ...logNames.map((log): Target => ({
      name: `${log}.csv`,
      path: paths[log],
      mutate: onText(mutateCsv),
      read: (path, index) => {
        if (log === "eval" && index % 2 === 0) return readRuns(folder);
        checkLog(path, logColumns[log], index % 3 === 1 ? index : logs[log]!);
      },
    })),
    {
      name: "config.json, by the analysis",
      path: paths.config,
      mutate: onText(mutateJson),
      read: () => readRuns(folder),
    },
    {
      name: "events.jsonl",
      path: paths.events,
      mutate: (bytes, random) =>
        random.integer(2) === 0
          ? mutateBytes(bytes, random)
          : onText((text) => mutateLines(text, random))(bytes, random),
      read: (path) => {
        for (const { event, step } of readEvents(path)) assert.ok(typeof event === "string" && step >= -(2 ** 53));
        new EventLog(path).close();
      },
    },
    {
      name: "policy",
      path: `${done}/policy.safetensors`,
      mutate: mutateSafetensors,
      read: async (path, index) => {
        const file = readPolicyFile(path), { observationSize, actionSize } = file.options;
        if (index % 50 > 0) return; // each has a memory of its own
        (await makePolicy(file)).act(new Float32Array(observationSize), new Float32Array(actionSize));
      },
    },
    {
      name: "recording",
      path: `${done}/videos/${stepFileName(80)}`,
      mutate: mutateSafetensors,
      read: readRecording,
    },
  ];
}

/** What a checkpoint is restored into. */
async function makeState(): Promise<TrainingState> {
  const env = new PointMass(quickConfig.maxEpisodeSteps), { observationSize, actionSize, actionLow, actionHigh } = env;
  const learner = await makeFusedLearner(
    { ...quickConfig, observationSize, actionSize, actionLow, actionHigh, policySteps: quickConfig.policyFrequency },
    { tile: { number: 0, shape: "4x8", gigaflops: 0 }, threads: 1 },
  );
  return {
    env,
    replay: new ReplayBuffer(quickConfig.bufferSize, observationSize, actionSize),
    learner,
    random: makeStreams(1),
    episodicReturn: 0,
    episodicLength: 0,
  };
}

/** A checkpoint with the digest that its bytes ask for, as far as it has a place for one. */
function sign(bytes: Bytes): Bytes {
  const start = 8 + '{"__metadata__":{"sha256":"'.length, place = bytes.subarray(start, start + 64);
  place.fill(0x30);
  place.set(new TextEncoder().encode(createHash("sha256").update(bytes).digest("hex")).subarray(0, place.length));
  return bytes;
}

/** One line of many broken. */
function mutateLines(text: string, random: RandomStream): string {
  const lines = text.split("\n"), at = random.integer(lines.length - 1);
  lines[at] = mutateJson(lines[at]!, random);
  return lines.join("\n");
}

/** In a process of its own, so that its memory is nobody else's: the number of files as argument, the result as JSON. */
if (import.meta.main) {
  console.log(JSON.stringify(await readHostileFiles(Number(Deno.args[0]))));
  Deno.exit(0);
}
