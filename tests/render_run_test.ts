import assert from "node:assert/strict";
import { join } from "node:path";
import { decode as decodePng } from "fast-png";
import omggif from "omggif"; // another GIF library than the one that writes them
import type { environmentIds } from "../src/config.ts";
import { makeEnv } from "../src/env/make_env.ts";
import { UsageError } from "../src/errors.ts";
import { recordEpisodes } from "../src/evaluate.ts";
import { actorParameterShapes } from "../src/learner/parameters.ts";
import { RandomStream } from "../src/random.ts";
import { rolloutEpisode } from "../src/render/episode.ts";
import { renderRun } from "../src/render/render_run.ts";
import { makePolicy, type PolicyFile, writePolicyFile } from "../src/run/policy_file.ts";
import { writeRecording } from "../src/run/recording.ts";
import { runTask, withFolder } from "./helpers/task.ts";

/** Makes a run's folder with a policy that has learnt nothing, and a recording of two of its episodes at step 20. */
async function makeRun(
  folder: string,
  id: typeof environmentIds[number] = "HalfCheetah-v4",
  maxEpisodeSteps = 8,
): Promise<string> {
  const env = await makeEnv(id, { maxEpisodeSteps }), { observationSize, actionSize, actionLow, actionHigh } = env;
  const options = { observationSize, actionSize, hidden: 8, actionLow, actionHigh, logStdBounds: [-20, 2] } as const;
  const random = new RandomStream(7, "test policy");
  const file: PolicyFile = {
    options,
    parameters: Object.fromEntries(
      actorParameterShapes(options).map(([name, shape]) => {
        const length = shape.reduce((a, b) => a * b, 1);
        return [name, { shape, data: Float32Array.from({ length }, () => random.uniform(-0.5, 0.5)) }];
      }),
    ),
    env: id,
    maxEpisodeSteps,
    seed: 3,
    step: 20,
  };
  const run = join(folder, `${id}__seed_3`);
  Deno.mkdirSync(join(run, "videos"), { recursive: true });
  writePolicyFile(join(run, "policy.safetensors"), file);
  const episodes = recordEpisodes(env, await makePolicy(file), 2, new RandomStream(3, "recording", 20));
  const recording = { env: id, maxEpisodeSteps, seed: 3, step: 20, episodes };
  writeRecording(join(run, "videos", "step_000000020.safetensors"), recording, actionSize);
  env.dispose();
  return run;
}

const sameBytes = (a: string, b: string) => Deno.readFileSync(a).every((byte, i) => byte === Deno.readFileSync(b)[i]);

Deno.test("a policy's episode becomes a GIF of the right size, length and speed, the same bytes for any number of workers", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder), size = 40, progress: number[] = [];
    const [one, two, other] = ["one.gif", "two.gif", "other.gif"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const result = await renderRun({
      run,
      out: one,
      size,
      workers: 1,
      onProgress: ({ frames }) => progress.push(frames),
    });
    assert.deepEqual(progress, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual([result.frames, result.fps, result.episode.poses.length], [8, 20, 9]);
    const bytes = Deno.readFileSync(one), reader = new omggif.GifReader(bytes);
    assert.equal(result.bytes, bytes.length);
    assert.deepEqual([reader.width, reader.height, reader.numFrames()], [size, size, 8]);
    for (let n = 0; n < 8; n++) assert.equal(reader.frameInfo(n).delay, 5);
    await renderRun({ run, out: two, size, workers: 3 });
    assert.ok(sameBytes(one, two));
    await renderRun({ run: join(run, "policy.safetensors"), out: other, size, workers: 1, episodeSeed: 1 });
    assert.ok(!sameBytes(one, other), "another seed, another start");
  }));

Deno.test("an episode's return and poses are those of stepping the environment", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder, "InvertedPendulum-v4", 1000), episode = await rolloutEpisode(run, 5);
    const length = episode.poses.length - 1;
    assert.ok(length > 1 && length < 1000, `an untrained policy falls, here after ${length} steps`);
    assert.equal(episode.episodicReturn, length);
    assert.ok(Math.abs(episode.poses.at(-1)![1]!) > 0.2 && Math.abs(episode.poses.at(-2)![1]!) <= 0.2);
  }));

Deno.test("a recorded episode shows what the policy did then", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder);
    const render = async (episode: number) => {
      const out = join(folder, `${episode}.png`);
      const result = await renderRun({
        run,
        out,
        format: "png",
        size: 32,
        workers: 1,
        recording: { step: 20, episode },
      });
      return { ...result, out };
    };
    const [first, second] = [await render(0), await render(1)];
    assert.deepEqual([first.frames, first.episode.trainingSteps, first.episode.poses.length], [9, 20, 9]);
    assert.ok(!sameBytes(first.out, second.out));
    const sheet = decodePng(Deno.readFileSync(first.out));
    assert.deepEqual([sheet.width, sheet.height, sheet.channels], [4 * 32, 3 * 32, 3]);
    await assert.rejects(render(2), /^UsageError: Cannot show episode 2 of ".*": expected 0 to 1$/);
  }));

Deno.test("a GIF that would be too large has fewer frames, and plays as long", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder, "HalfCheetah-v4", 24), options = { run, size: 48, workers: 1 };
    const whole = await renderRun({ ...options, out: join(folder, "whole.gif") });
    const maximumBytes = Math.floor(0.6 * whole.bytes);
    const small = await renderRun({ ...options, out: join(folder, "small.gif"), maximumBytes });
    assert.ok(small.bytes <= maximumBytes);
    assert.ok(small.frames < whole.frames && small.frames > 2, `${small.frames} of ${whole.frames} frames`);
    const length = ({ path }: { path: string }) => {
      const reader = new omggif.GifReader(Deno.readFileSync(path));
      return Array.from({ length: reader.numFrames() }, (_, n) => reader.frameInfo(n).delay).reduce((a, b) => a + b);
    };
    assert.equal(length(small), length(whole));
    assert.equal(length(whole), 24 * 5);
  }));

Deno.test("what cannot be rendered is refused before anything is written", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder), out = join(folder, "out.gif");
    const noPolicy = join(folder, "empty"), noSafetensors = join(folder, "text.safetensors");
    Deno.mkdirSync(noPolicy);
    Deno.writeTextFileSync(noSafetensors, "text");
    for (
      const [options, message] of [
        [{ run: join(folder, "nowhere"), out }, /Cannot read ".*nowhere"/],
        [{ run: noPolicy, out }, /Cannot use ".*empty": expected a finished run's folder/],
        [{ run: noSafetensors, out }, /Cannot read ".*text.safetensors" as safetensors/],
        [{ run, out: join(folder, "missing", "out.gif") }, /there is no folder ".*missing"; make it first$/],
        [{ run, out: folder }, /it is a folder, expected a file's name$/],
        [
          { run, out, recording: { step: 30, episode: 0 } },
          /^Cannot show step 30 of ".*": it has recordings of step 20$/,
        ],
        [{ run, out, format: "png", time: 99 }, /^Cannot show 99 s: the episode ends after 0.40 s$/],
      ] as const
    ) {
      await assert.rejects(renderRun(options), (error) => error instanceof UsageError && message.test(error.message));
    }
    assert.deepEqual([...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("out")), []);
  }));

Deno.test("deno task render writes the file and says what is in it", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder), out = join(folder, "out.png");
    const { code, stdout, stderr } = await runTask(
      "render",
      run,
      `--out=${out}`,
      "--format=png",
      "--time=0.2",
      "--size=32",
    );
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^HalfCheetah-v4, 20 steps of training with seed 3: return -?[\d.]+ in 8 steps, 0\.40 s$/m);
    assert.match(stdout, /^Wrote .*out\.png: 1 frame, [\d.]+ MB, in [\d.]+ s$/m);
    const { width, height } = decodePng(Deno.readFileSync(out));
    assert.deepEqual([width, height], [32, 32]);
  }));

Deno.test("deno task render refuses what it cannot use with exit code 2", () =>
  withFolder(async (folder) => {
    const run = await makeRun(folder), out = `--out=${join(folder, "out.gif")}`;
    for (
      const [args, message] of [
        [[], /^The argument <run> is missing$/m],
        [[run, "--size=3"], /^Cannot use "3" for --size: expected an integer from 16 to 1024$/m],
        [[run, "--format=mp4"], /^Cannot use "mp4" for --format: expected gif or png$/m],
        [[run, "--episode=1"], /^Cannot use --episode here: it needs --video STEP$/m],
        [[run, "--time=1"], /^Cannot use --time here: it needs --format png$/m],
        [[join(folder, "nowhere")], /^Cannot read ".*nowhere"/m],
      ] as const
    ) {
      const { code, stdout, stderr } = await runTask("render", ...args, out);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, message);
      assert.match(stderr, /^Run `deno task render --help` for all flags$/m);
    }
    assert.throws(() => Deno.statSync(join(folder, "out.gif")), Deno.errors.NotFound);
  }));
