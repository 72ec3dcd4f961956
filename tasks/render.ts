/** `deno task render`: an episode of a trained policy, or a recorded one, as a picture. */

import { makeCommand, parseArguments, readInteger, readText, runTask, valueFlag } from "../src/command_line.ts";
import { parseSetting } from "../src/config.ts";
import { UsageError } from "../src/errors.ts";
import { StatusLines } from "../src/progress.ts";
import type { Episode } from "../src/render/episode.ts";
import { renderRun } from "../src/render/render_run.ts";

interface Flags {
  readonly episodeSeed?: number;
  readonly video?: number;
  readonly episode?: number;
  readonly format?: "gif" | "png";
  readonly size?: number;
  readonly fps?: number;
  readonly time?: number;
  readonly maxMegabytes?: number;
  readonly workers?: number;
  readonly out?: string;
}

await runTask("render", async () => {
  const command = makeCommand({
    task: "render",
    summary:
      "Shows an episode of a trained policy, acting deterministically: as a GIF that plays at real time, or as a " +
      "PNG. Drawn by MuJoCo's ray casting, without a GPU. The same input gives the same bytes.",
    examples: [
      ["experiments/Hopper-v4__seed_3", "a GIF of the trained policy, in the present folder"],
      ["experiments/Hopper-v4__seed_3 --video 50000 --episode 2", "of an episode that was recorded at step 50000"],
      ["policy.safetensors --format png --time 1.5 --size 512 --out pose.png", "one moment, larger"],
    ],
  })
    .usage("<run> [flags]")
    .argument("<run>", "a run's folder, or a policy.safetensors")
    .addOption(valueFlag("episode-seed", "N", "seed of the initial state [default 0]", (text) => {
      parseSetting("seed", text, "--episode-seed");
      return Number(text);
    }))
    .addOption(valueFlag("video", "STEP", "show what the run recorded at this step", readInteger("video", 0)))
    .addOption(valueFlag("episode", "N", "which recorded episode [from 0; default 0]", readInteger("episode", 0)))
    .addOption(valueFlag("format", "KIND", "gif or png [default gif]", readFormat))
    .addOption(
      valueFlag("size", "N", "pixels across and down [16 to 1024; default 256]", readNumber("size", 16, 1024, true)),
    )
    .addOption(valueFlag("fps", "X", "frames a second at most [1 to 50; default 25]", readNumber("fps", 1, 50)))
    .addOption(
      valueFlag(
        "max-megabytes",
        "X",
        "leave out frames of a GIF until it fits [0.1 to 100; default 3]",
        readNumber("max-megabytes", 0.1, 100),
      ),
    )
    .addOption(
      valueFlag("time", "SECONDS", "a PNG's moment [default: 12 moments side by side]", readNumber("time", 0, 1e6)),
    )
    .addOption(
      valueFlag("workers", "N", "painters at once [1 to 64; default one per core]", readNumber("workers", 1, 64, true)),
    )
    .addOption(
      valueFlag("out", "FILE", "[default <env>__seed_<n>.gif or .png in the present folder]", readText("out")),
    );
  const { flags, positional: [run = ""] } = parseArguments(command, Deno.args);
  const { video, episode, out, maxMegabytes, ...options } = flags as Flags;
  const { format = "gif" } = options;
  refuse(episode !== undefined && video === undefined, "--episode", "--video STEP");
  refuse(video !== undefined && options.episodeSeed !== undefined, "--episode-seed", "a policy, without --video");
  refuse(options.time !== undefined && format !== "png", "--time", "--format png");
  refuse(
    format !== "gif" && (options.fps ?? maxMegabytes) !== undefined,
    options.fps ? "--fps" : "--max-megabytes",
    "--format gif",
  );

  const lines = new StatusLines(), start = performance.now();
  let announced = 0; // tenths of the frames, where lines cannot be rewritten
  const result = await renderRun({
    ...options,
    run,
    out: out ?? ((shown) => defaultName(shown, format, video === undefined ? undefined : episode ?? 0)),
    ...(maxMegabytes !== undefined && { maximumBytes: maxMegabytes * 1e6 }),
    ...(video !== undefined && { recording: { step: video, episode: episode ?? 0 } }),
    onProgress: ({ frames, totalFrames }) => {
      const text = `frame ${frames} of ${totalFrames}`, tenths = Math.floor(10 * frames / totalFrames);
      if (lines.isTerminal) lines.set("", text);
      else if (tenths > announced) lines.print(text);
      announced = tenths;
    },
  });
  lines.clear();

  const { path, bytes, frames, fps, episode: shown } = result, steps = shown.poses.length - 1;
  console.log(
    `${shown.env}, ${shown.trainingSteps} steps of training with seed ${shown.seed}: return ` +
      `${shown.episodicReturn.toFixed(1)} in ${steps} steps, ${(steps * shown.dt).toFixed(2)} s`,
  );
  console.log(
    `Wrote ${path}: ${frames} ${frames === 1 ? "frame" : "frames"}` +
      (fps === undefined ? "" : `, ${Number(fps.toFixed(2))} a second`) +
      `, ${(bytes / 1e6).toFixed(2)} MB, in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  return 0;
});

/** What the default file is called. */
function defaultName({ env, seed, trainingSteps }: Episode, format: string, recorded: number | undefined): string {
  const recording = recorded === undefined ? "" : `__step_${trainingSteps}__episode_${recorded}`;
  return `${env.toLowerCase()}__seed_${seed}${recording}.${format}`;
}

/** Refuses a flag that would be without effect. */
function refuse(condition: boolean, flag: string, needed: string): void {
  if (condition) throw new UsageError(`Cannot use ${flag} here: it needs ${needed}`);
}

function readFormat(text: string): string {
  if (text === "gif" || text === "png") return text;
  throw new UsageError(`Cannot use ${JSON.stringify(text)} for --format: expected gif or png`);
}

function readNumber(flag: string, minimum: number, maximum: number, integer = false): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum && (!integer || Number.isInteger(value))) return value;
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)} for --${flag}: expected ${integer ? "an integer" : "a number"} from ` +
        `${minimum} to ${maximum}`,
    );
  };
}
