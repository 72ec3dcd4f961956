/** Starts `tasks/train.ts` as the task `train` does, with sabotage. */

import { fileURLToPath } from "node:url";
import type { TaskOutcome } from "../helpers/task.ts";
import type { Sabotage } from "./sabotage.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Settings of a run of a second: 300 steps, 14 evaluations, 7 checkpoints. */
export const shortRun: readonly string[] = [
  "--env=InvertedPendulum-v4",
  "--steps=300",
  "--hidden=8",
  "--batch-size=8",
  "--learning-starts=20",
  "--eval-freq=20",
  "--eval-episodes=2",
  "--log-freq=5",
  "--video-freq=100",
  "--checkpoint-freq=40",
];

/** The folder of that run in an out-dir. */
export const shortRunFolder = (outDir: string) => `${outDir}/InvertedPendulum-v4__seed_1`;

/** Starts a training process. */
export function startTraining(
  args: readonly string[],
  sabotage: Sabotage | Record<string, never> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--preload", "tests/faults/sabotage.ts", "tasks/train.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1", SABOTAGE: JSON.stringify(sabotage) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What a process said, when it has ended; a process killed by a signal has 128 + its number as code. */
export async function outcomeOf(process: Deno.ChildProcess): Promise<TaskOutcome> {
  const { code, stdout, stderr } = await process.output(), decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Trains to the process's end. */
export async function runTraining(
  args: readonly string[],
  sabotage: Sabotage | Record<string, never> = {},
): Promise<TaskOutcome> {
  return await outcomeOf(startTraining(args, sabotage));
}
