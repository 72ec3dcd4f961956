import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { withFolder } from "./helpers/task.ts";
import { kubernetesTemplate } from "../src/sweep/kubernetes.ts";
import { formatManifest } from "../src/sweep/manifest.ts";
import { planRuns } from "../src/sweep/plan.ts";
import { formatIndices, slurmScript } from "../src/sweep/slurm.ts";
import { readSbatchFlag, readSlurmName, readSlurmTime } from "../src/sweep/slurm_flags.ts";

const options = { cpusPerTask: 2, grace: 90, further: ["--account=lab"] };

Deno.test("indices are written as Slurm's ranges", () => {
  assert.equal(formatIndices([0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
  assert.equal(formatIndices([3]), "3");
});

Deno.test("a Slurm script asks for what it was told, and for what a run needs to go on", () => {
  const script = slurmScript({
    name: "critic_lr",
    manifest: "/shared/my runs/critic_lr/manifest.jsonl",
    indices: [0, 1, 2, 7],
    threads: 2,
    options: { ...options, time: "4:00:00", partition: "short", memory: "2G", maxParallel: 3 },
  });
  for (
    const line of [
      "#!/bin/bash",
      "#SBATCH --job-name=critic_lr",
      "#SBATCH --array=0-2,7%3",
      "#SBATCH --time=4:00:00",
      "#SBATCH --partition=short",
      "#SBATCH --mem=2G",
      "#SBATCH --cpus-per-task=2",
      "#SBATCH --signal=B:TERM@90",
      "#SBATCH --requeue",
      '#SBATCH --output="/shared/my runs/critic_lr/slurm/%a.log"',
      "#SBATCH --account=lab",
      "  '--manifest=/shared/my runs/critic_lr/manifest.jsonl' \\",
      "  --threads=2 &",
    ]
  ) assert.ok(script.split("\n").includes(line), `${line}\n${script}`);
  const manifest = '/x"y/manifest.jsonl';
  assert.throws(() => slurmScript({ name: "a", manifest, indices: [0], threads: 1, options }), {
    name: "UsageError",
    message: /^Cannot use the folder "\/x\\"y" with Slurm/,
  });
});

Deno.test("values for a Slurm script are refused unless they are plain", () => {
  for (const time of ["90", "10:00", "4:00:00", "1-12", "1-12:30", "1-12:00:00"]) {
    assert.equal(readSlurmTime(time), time);
  }
  for (const time of ["", "4h", "1-", "4:00:00\n#SBATCH --x"]) assert.throws(() => readSlurmTime(time), /for --time/);
  assert.equal(readSlurmName("partition")("a,b-1"), "a,b-1");
  assert.throws(() => readSlurmName("partition")("a b"), /^UsageError: Cannot use "a b" for --partition/);
  assert.equal(readSbatchFlag("--account=lab"), "--account=lab");
  assert.throws(() => readSbatchFlag("account"), /expected a long flag of sbatch/);
  assert.throws(() => readSbatchFlag("--array=1"), /the script sets --array by itself/);
});

/**
 * Runs a script with programs in place of Deno and of Slurm's: `run` is what the run does, `state` what the queue says of the task.
 *
 * @returns the script's exit code, and what `scontrol` was told
 */
async function runScript({ run, state, signals }: { run: string; state: string; signals: number }) {
  let outcome: { code: number; told: string } | undefined;
  await withFolder(async (folder) => {
    const program = (name: string, text: string) => {
      Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    };
    program("deno", `trap 'sleep 0.2; exit 143' TERM\necho ready\n${run}`);
    program("squeue", `echo ${state}`);
    program("scontrol", `echo "$@" >> "${folder}/told"`);
    const array = { name: "a", manifest: `${folder}/manifest.jsonl`, indices: [7], threads: 1, options };
    const script = slurmScript(array).replace(`\n${Deno.execPath()} `, `\n${folder}/deno `);
    assert.ok(script.includes(`${folder}/deno `));
    const process = new Deno.Command("bash", {
      args: ["-c", script],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, SLURM_ARRAY_JOB_ID: "5", SLURM_ARRAY_TASK_ID: "7" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    for await (const _ready of process.stdout) {
      for (let sent = 0; sent < signals; sent++) {
        process.kill("SIGTERM"); // to the shell alone, as --signal=B: does
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    const { code } = await process.status;
    let told = "";
    try {
      told = Deno.readTextFileSync(`${folder}/told`).trim();
    } catch {
      // Nothing.
    }
    outcome = { code, told };
  });
  return outcome!;
}

const wait = "while :; do sleep 0.02; done";

for (
  const [name, given, expected] of [
    ["near its time limit goes back to the queue", { run: wait, state: "RUNNING", signals: 1 }, [143, "requeue 5_7"]],
    ["signalled twice waits for its checkpoint", { run: wait, state: "RUNNING", signals: 2 }, [143, "requeue 5_7"]],
    ["that is cancelled stays away", { run: wait, state: "COMPLETING", signals: 1 }, [143, ""]],
    ["that ends is done", { run: "exit 0", state: "RUNNING", signals: 0 }, [0, ""]],
    ["that fails leaves with the run's exit code", { run: "exit 1", state: "RUNNING", signals: 0 }, [1, ""]],
  ] as const
) {
  Deno.test({
    name: `a task of a Slurm array ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { code, told } = await runScript(given);
      assert.deepEqual([code, told], expected);
    },
  });
}

Deno.test("the template for Kubernetes is an Indexed Job with the manifest beside it", () => {
  const runs = planRuns({ environments: ["Hopper-v4"], variations: [], seeds: [1, 2, 3], settings: {} });
  const text = kubernetesTemplate({ name: "Critic_LR", runs, cpusPerTask: 2, threads: 2, grace: 90, maxParallel: 2 });
  const [configMap, job] = parseAllDocuments(text).map((document) => document.toJS());
  assert.equal(configMap.data["manifest.jsonl"], formatManifest(runs));
  assert.deepEqual([job.apiVersion, job.kind, job.metadata.name], ["batch/v1", "Job", "critic-lr"]);
  const { template: { spec: pod }, podFailurePolicy, ...spec } = job.spec;
  assert.deepEqual(spec, {
    completionMode: "Indexed",
    completions: 3,
    parallelism: 2,
    backoffLimitPerIndex: 1,
    maxFailedIndexes: 3,
  });
  assert.equal(podFailurePolicy.rules.length, 2);
  assert.deepEqual([pod.restartPolicy, pod.terminationGracePeriodSeconds], ["Never", 90]);
  const [container] = pod.containers;
  assert.ok(container.command.includes("--manifest=/manifest/manifest.jsonl"));
  assert.ok(container.command.includes("--out-dir=/runs/Critic_LR"));
  const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
  assert.deepEqual(pod.volumes.map(({ name }: { name: string }) => name), mounted);
  assert.equal(pod.volumes[0].configMap.name, configMap.metadata.name);
});
