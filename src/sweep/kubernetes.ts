/** A sweep as an Indexed Job of Kubernetes: a template to look through, change and apply. */

import { stringify } from "yaml";
import { UsageError } from "../errors.ts";
import { v8Flags } from "../learner/fused/v8_flags.ts";
import { formatManifest, manifestName } from "./manifest.ts";
import type { SweepRun } from "./plan.ts";

/** What a template is made from. */
export interface KubernetesSweep {
  readonly name: string;
  readonly runs: readonly SweepRun[];
  readonly cpusPerTask: number;
  readonly threads: number;
  /** Runs at once; by default all. */
  readonly maxParallel?: number;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly grace: number;
}

const maximumConfigMapBytes = 1_000_000; // Kubernetes takes 1 MiB, with the names around it

/**
 * A ConfigMap with the manifest and a Job with a pod for each run, as YAML. A pod that is evicted gets SIGTERM, saves a checkpoint
 * and begins again with the same number, which costs no retry; input that cannot be used (exit code 2) fails its run at once.
 *
 * @throws {UsageError} if the manifest is too large for a ConfigMap
 */
export function kubernetesTemplate(sweep: KubernetesSweep): string {
  const { runs, cpusPerTask, threads, maxParallel = runs.length, grace } = sweep;
  const name = sweep.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 50);
  const manifest = formatManifest(runs), { length } = new TextEncoder().encode(manifest);
  if (length > maximumConfigMapBytes) {
    throw new UsageError(
      `Cannot put a manifest of ${length} bytes into a ConfigMap: expected at most ${maximumConfigMapBytes}; split the sweep`,
    );
  }
  const runsPath = `/runs/${sweep.name}`, resources = { cpu: String(cpusPerTask), memory: "2Gi" };
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `${name}-manifest` },
    data: { [manifestName]: manifest },
  };
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      completionMode: "Indexed",
      completions: runs.length,
      parallelism: Math.min(maxParallel, runs.length),
      backoffLimitPerIndex: 1,
      maxFailedIndexes: runs.length,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
          { action: "FailIndex", onExitCodes: { containerName: "train", operator: "In", values: [2] } },
        ],
      },
      template: {
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: grace,
          containers: [{
            name: "train",
            image: "soft-actor-critic:latest",
            workingDir: "/workspace",
            command: [
              "deno",
              "run",
              "--no-prompt",
              "--ignore-env",
              "--allow-env=JOB_COMPLETION_INDEX",
              "--allow-read",
              "--allow-write=/runs",
              v8Flags,
              "tasks/train.ts",
              `--manifest=/manifest/${manifestName}`,
              `--out-dir=${runsPath}`,
              `--threads=${threads}`,
            ],
            resources: { requests: resources, limits: resources },
            volumeMounts: [
              { name: "manifest", mountPath: "/manifest", readOnly: true },
              { name: "runs", mountPath: "/runs" },
            ],
          }],
          volumes: [
            { name: "manifest", configMap: { name: `${name}-manifest` } },
            { name: "runs", persistentVolumeClaim: { claimName: "runs" } },
          ],
        },
      },
    },
  };
  const yaml = [configMap, job].map((object) => stringify(object, { lineWidth: 0 })).join("---\n");
  return `# Before \`kubectl apply -f\`: build the image (Deno, and this project in /workspace with its packages cached), name it
# below, and claim a volume "runs" that all pods can write. The runs appear in ${runsPath} there.
${yaml}`;
}
