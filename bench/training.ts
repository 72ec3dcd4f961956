/** The speed of whole training runs, each in a process of its own, started with the flags of `deno task train`. */

import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Config } from "../src/config.ts";
import { RunError } from "../src/errors.ts";
import { v8Flags } from "../src/learner/fused/v8_flags.ts";

/** What a process measured that trains. */
export interface Training {
  /** Steps of the real training loop per second, one update each. */
  readonly stepsPerSecond: number;
  /** Seconds from the process's start to its first and to its tenth update. */
  readonly firstUpdateSeconds: number;
  readonly tenthUpdateSeconds: number;
  /** Peak of the resident memory in megabytes (10⁶ bytes); only Linux tells. */
  readonly peakMegabytes: number | undefined;
}

/** A program that trains: it says `ready` when it is warm and `timed` when it has measured, and waits for a line after each. */
export interface TrainingProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/** What to train, and for how long. */
export interface TrainingCase {
  readonly settings: Partial<Config>;
  /** Updates before the timed ones. */
  readonly warmUp: number;
  readonly updates: number;
}

/** The program that trains with this project, in a new folder within `folder`. */
export function ourProgram({ settings, warmUp, updates }: TrainingCase, folder: string): TrainingProgram {
  const { learningStarts = 256 } = settings, steps = learningStarts + warmUp + updates + 1;
  const directory = Deno.makeTempDirSync({ dir: folder });
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--ignore-env",
      `--config=${fileURLToPath(new URL("../deno.json", import.meta.url))}`,
      "--allow-read",
      `--allow-write=${directory.replaceAll(",", ",,")}`,
      v8Flags,
      fileURLToPath(new URL("train_process.ts", import.meta.url)),
      `${directory}/run`,
      JSON.stringify({ learningStarts, ...settings, steps }),
      String(warmUp),
      String(updates),
    ],
  };
}

/**
 * Runs programs side by side; none measures before all are warm.
 *
 * @throws {RunError} if one fails, with what it wrote to standard error
 */
export async function runTogether(programs: readonly TrainingProgram[]): Promise<Training[]> {
  let waiting = programs.length;
  const { promise: allReady, resolve } = Promise.withResolvers<void>();
  const whenReady = () => {
    if (--waiting === 0) resolve();
    return allReady;
  };
  return await Promise.all(programs.map((program) => runOne(program, whenReady)));
}

async function runOne({ command, args, env }: TrainingProgram, whenReady: () => Promise<void>): Promise<Training> {
  const start = Date.now();
  const process = new Deno.Command(command, {
    args: [...args],
    ...(env && { env }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = process.stdin.getWriter(), goOn = () => stdin.write(new TextEncoder().encode("\n"));
  const errors = new Response(process.stderr).text();
  let ready: { firstUpdate: number; tenthUpdate: number } | undefined;
  let timed: { updates: number; seconds: number; peakMegabytes?: number } | undefined;
  let peakMegabytes: number | undefined;
  for await (const line of createInterface({ input: Readable.fromWeb(process.stdout as never) })) {
    if (!line.startsWith('{"event"')) continue;
    const message = JSON.parse(line);
    if (message.event === "ready") {
      ready = message;
      await whenReady();
      await goOn();
    } else if (message.event === "timed") {
      timed = message;
      peakMegabytes = message.peakMegabytes ?? await peakMemory(process.pid);
      await goOn();
    }
  }
  await stdin.close().catch(() => {}); // it may be gone
  const { code } = await process.status;
  if (code !== 0 || !ready || !timed) {
    whenReady();
    throw new RunError(`${command} failed with exit code ${code}:\n${(await errors).trimEnd()}`);
  }
  await errors;
  return {
    stepsPerSecond: timed.updates / timed.seconds,
    firstUpdateSeconds: (ready.firstUpdate - start) / 1000,
    tenthUpdateSeconds: (ready.tenthUpdate - start) / 1000,
    peakMegabytes,
  };
}

/** Peak of a process's resident memory (VmHWM). Deno itself reads no file of /proc without all permissions, `cat` does. */
async function peakMemory(pid: number): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(new TextDecoder().decode(stdout))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024 / 1e6;
}
