/** Starts tasks as a user does. */

import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** How a task ended and what it printed. */
export interface TaskOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `deno task <args>`, from the project's root. */
export function startTask(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `deno task <args>` to its end. */
export async function runTask(...args: string[]): Promise<TaskOutcome> {
  const { code, stdout, stderr } = await startTask(...args).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a test in a new folder that is removed at its end. */
export async function withFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A few dozen updates of tiny networks: `train` flags for a run of seconds. */
export const tinyRun = [
  "--env=InvertedPendulum-v4",
  "--engine=tfjs",
  "--backend=cpu",
  "--batch-size=8",
  "--hidden=8",
  "--learning-starts=50",
  "--eval-freq=50",
  "--eval-episodes=1",
  "--log-freq=10",
  "--video-freq=100",
];
