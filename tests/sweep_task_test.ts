import assert from "node:assert/strict";
import { runTask, startTask, withFolder } from "./helpers/task.ts";
import { resolveConfig } from "../src/config.ts";
import { formatManifest } from "../src/sweep/manifest.ts";
import { planRuns, readVariation } from "../src/sweep/plan.ts";
import { train } from "../src/train.ts";

const settings = {
  steps: 120,
  hidden: 8,
  batchSize: 8,
  learningStarts: 50,
  evalFreq: 50,
  evalEpisodes: 1,
  logFreq: 10,
  videoFreq: 0,
  checkpointFreq: 20,
};
const flags = [
  "--name=tiny",
  "--env=InvertedPendulum-v4",
  "--steps=120",
  "--hidden=8",
  "--batch-size=8",
  "--learning-starts=50",
  "--eval-freq=50",
  "--eval-episodes=1",
  "--log-freq=10",
  "--video-freq=0",
  "--checkpoint-freq=20",
];
const variations = [readVariation("q_lr=3e-4,1e-3")];
const runs = planRuns({ environments: ["InvertedPendulum-v4"], variations, seeds: [1, 2], settings });

Deno.test("sweep --dry-run prints manifest, script and template, and writes nothing", () =>
  withFolder(async (folder) => {
    const dryRun = async (...args: string[]) => {
      const { code, stdout, stderr } = await runTask(
        "sweep",
        ...flags,
        "--seeds=1,2",
        "--set=q_lr=3e-4,1e-3",
        `--out-dir=${folder}/out`,
        "--dry-run",
        ...args,
      );
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const [here, slurm, kubernetes] = await Promise.all([
      dryRun(),
      dryRun("--launcher=slurm", "--time=4:00:00", "--max-parallel=2"),
      dryRun("--launcher=kubernetes"),
    ]);
    assert.equal(here, formatManifest(runs));
    assert.match(slurm, /^#!\/bin\/bash\n/);
    assert.match(slurm, /^#SBATCH --array=0-3%2$/m);
    assert.ok(slurm.endsWith(`\n\n${formatManifest(runs)}`));
    assert.match(kubernetes, /^kind: Job$/m);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

for (
  const [args, message] of [
    [["--seeds=1..2"], /^--name is missing: expected a name for the sweep's folder/],
    [["--name=a", "--seeds=3..1"], /^Cannot use "3\.\.1" for --seeds: the range is empty/],
    [["--name=a", "--set=q_lrr=1"], /^Cannot use "q_lrr" for --set: there is no such setting; did you mean q_lr\?$/m],
    [["--name=a", "--seed=1"], /^Unknown flag --seed: did you mean --seeds\?$/m],
    [["--name=a", "--launcher=pbs"], /^Cannot use "pbs" for --launcher: expected one of local, slurm, kubernetes$/m],
    [["--name=a", "--time=1:00"], /^Cannot use --time with the launcher local: it is for slurm$/m],
    [["--name=a", "--launcher=kubernetes"], /^Cannot start a sweep on Kubernetes from here: add --dry-run/],
    [["status", "a"], /^Cannot read the manifest /],
  ] as const
) {
  Deno.test(`sweep ${args.join(" ")} is refused with exit code 2, and nothing is written`, () =>
    withFolder(async (folder) => {
      const { code, stdout, stderr } = await runTask("sweep", ...args, `--out-dir=${folder}/out`);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("a sweep starts a run that fails once more, goes on with the others, and reports; mended, it goes on", () =>
  withFolder(async (folder) => {
    const sweep = () => runTask("sweep", ...flags, "--seeds=1..2", "--jobs=2", `--out-dir=${folder}`);
    const directory = `${folder}/tiny/InvertedPendulum-v4__seed_1`, obstacle = `${directory}/policy.safetensors`;
    const config = resolveConfig({ ...settings, env: "InvertedPendulum-v4", seed: 1 });
    await train({ directory, config, signal: AbortSignal.abort() }); // begun, and interrupted
    Deno.mkdirSync(obstacle); // its policy cannot be written
    const first = await sweep();
    assert.equal(first.code, 1, first.stdout + first.stderr);
    assert.match(first.stdout, /^InvertedPendulum-v4__seed_1: failed with exit code 1; it will be started once more$/m);
    assert.match(first.stdout, /^InvertedPendulum-v4__seed_1: started once more$/m);
    assert.match(first.stdout, /^InvertedPendulum-v4__seed_1 +failed with exit code 1 +2 /m);
    assert.match(first.stdout, /^InvertedPendulum-v4__seed_2 +finished +1 +120 /m);
    assert.match(first.stderr, /^1 of 2 runs failed:\n {2}InvertedPendulum-v4__seed_1: Cannot write /m);

    const status = await runTask("sweep", "status", "tiny", `--out-dir=${folder}`);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^index +run +state +step +of +last return +last event$/m);
    assert.match(status.stdout, /^ +0 +InvertedPendulum-v4__seed_1 +failed +\d+ +120 /m);
    assert.match(status.stdout, /^ +1 +InvertedPendulum-v4__seed_2 +finished +120 +120 +\d/m);
    assert.match(status.stdout, /^1 failed, 1 finished$/m);

    const other = await runTask("sweep", ...flags, "--seeds=1..3", `--out-dir=${folder}`);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /^ {2}run 2: none there, InvertedPendulum-v4__seed_3 now$/m);

    Deno.removeSync(obstacle);
    const second = await sweep();
    assert.equal(second.code, 0, second.stdout + second.stderr);
    assert.match(second.stdout, /^2 runs, 1 of them finished before; 1 at once/m);
    const alone = await runTask("train", `--manifest=${folder}/tiny/manifest.jsonl`, "--index=1", "--threads=1");
    assert.match(alone.stdout, /^This run is finished and stays as it is/m);
  }));

Deno.test("a sweep stopped by SIGTERM waits for its runs' checkpoints and leaves with 143", () =>
  withFolder(async (folder) => {
    const longFlags = flags.map((flag) => flag === "--steps=120" ? "--steps=100000" : flag);
    const process = startTask("sweep", ...longFlags, "--seeds=1..3", "--jobs=2", `--out-dir=${folder}`);
    const errors = process.stderr.cancel();
    let text = "", isStopped = false;
    const runsWithCheckpoint = () =>
      [1, 2].filter((seed) => {
        try {
          return [...Deno.readDirSync(`${folder}/tiny/InvertedPendulum-v4__seed_${seed}/checkpoint`)].length > 0;
        } catch {
          return false;
        }
      }).length;
    const timer = setInterval(() => {
      if (isStopped || runsWithCheckpoint() < 2) return;
      isStopped = true;
      process.kill("SIGTERM");
    }, 20);
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) text += chunk;
    clearInterval(timer);
    await errors;
    assert.equal((await process.status).code, 143, text);
    for (const seed of [1, 2]) {
      assert.match(text, new RegExp(`^InvertedPendulum-v4__seed_${seed} +interrupted +1 `, "m"));
    }
    assert.match(text, /^InvertedPendulum-v4__seed_3 +not started +0 /m);
    assert.match(text, /^Stopped; the same command goes on from here$/m);
  }));
