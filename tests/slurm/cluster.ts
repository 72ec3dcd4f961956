/** A Slurm cluster of this one machine, with everything that it needs in a temporary folder. */

/** A running cluster. */
export interface Cluster {
  /** Variables for programs that speak to it. */
  readonly env: Record<string, string>;
  /** Runs a program such as `scontrol` and returns its standard output. @throws {Error} if it fails */
  call(program: string, ...args: string[]): Promise<string>;
  /** The last lines of the daemons' logs. */
  logs(): string;
  /** Cancels all jobs, ends the daemons and removes the folder. */
  stop(): Promise<void>;
}

const programs = ["munged", "munge", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo"];
const path = `${Deno.env.get("PATH")}:/usr/sbin:/usr/local/sbin`;
const cores = 2; // as many as tasks at once, whatever the machine has

/** Why there can be no cluster here; undefined if there can. */
export function whyNoCluster(): string | undefined {
  if (Deno.build.os !== "linux") return "Slurm runs on Linux only";
  if (Deno.uid() !== 0) return "Slurm's daemons need root";
  const missing = programs.filter((program) => !path.split(":").some((folder) => isFile(`${folder}/${program}`)));
  if (missing.length > 0) return `${missing.join(", ")} missing: apt-get install slurm-wlm munge`;
  return findMungeUser() ? undefined : "there is no user munge";
}

/** Starts a cluster; it takes a few seconds. @throws {Error} with the daemons' logs, if it does not come up */
export async function startCluster(): Promise<Cluster> {
  const folder = await Deno.makeTempDir({ prefix: "slurm_" }), host = Deno.hostname().split(".")[0]!;
  const { uid, gid } = findMungeUser()!, munge = `${folder}/munge`, socket = `${munge}/socket`;
  Deno.chmodSync(folder, 0o755); // munge is another user
  for (const name of ["munge", "state", "spool"]) Deno.mkdirSync(`${folder}/${name}`);
  Deno.writeFileSync(`${munge}/key`, crypto.getRandomValues(new Uint8Array(128)), { mode: 0o400 });
  for (const owned of [munge, `${munge}/key`]) Deno.chownSync(owned, uid, gid);
  const [controllerPort, nodePort] = freePorts(2);
  Deno.writeTextFileSync(
    `${folder}/slurm.conf`,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cores} State=UNKNOWN
PartitionName=short Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { PATH: path, SLURM_CONF: `${folder}/slurm.conf` };
  const logs = () =>
    ["munge/log", "slurmctld.log", "slurmd.log"].map((name) => {
      const lines = isFile(`${folder}/${name}`) ? Deno.readTextFileSync(`${folder}/${name}`).split("\n") : [];
      return `${name}:\n${lines.slice(-15).join("\n")}`;
    }).join("\n");
  const call = async (program: string, ...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, env, stdin: "null" }).output();
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trim();
  };
  const daemons: Deno.ChildProcess[] = [];
  const start = (program: string, args: string[], user = {}) => {
    // munge may not be allowed into the present folder
    const options = { args, env, cwd: folder, ...user, stdin: "null", stdout: "null", stderr: "null" } as const;
    daemons.push(new Deno.Command(program, options).spawn());
  };
  const stop = async () => {
    await call("scancel", "--full", "--signal=KILL", `--user=${await userName()}`).catch(() => {});
    for (const daemon of daemons.reverse()) {
      kill(daemon, "SIGTERM");
      const timer = setTimeout(() => kill(daemon, "SIGKILL"), 10_000);
      await daemon.status;
      clearTimeout(timer);
    }
    await Deno.remove(folder, { recursive: true });
  };
  try {
    start("munged", [
      "--foreground",
      `--socket=${socket}`,
      `--key-file=${munge}/key`,
      `--pid-file=${munge}/pid`,
      `--log-file=${munge}/log`,
      `--seed-file=${munge}/seed`,
    ], { uid, gid });
    await until("munged answers", () => call("munge", `--socket=${socket}`, "--no-input").then(() => true));
    start("slurmctld", ["-D"]);
    start("slurmd", ["-D", "-N", host]);
    await until("the node is idle", async () => await call("sinfo", "--noheader", "--format=%T") === "idle");
  } catch (error) {
    const text = logs();
    await stop();
    throw new Error(`${(error as Error).message}\n${text}`);
  }
  return { env, call, logs, stop };
}

/** Waits until `condition` holds; an error counts as not yet. @throws {Error} after `seconds` */
export async function until(what: string, condition: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let reason: unknown = "";
  while (Date.now() < end) {
    try {
      if (await condition()) return;
    } catch (error) {
      reason = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Waited ${seconds} s until ${what}, in vain ${reason}`);
}

function findMungeUser(): { uid: number; gid: number } | undefined {
  const line = Deno.readTextFileSync("/etc/passwd").split("\n").find((user) => user.startsWith("munge:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  return line === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

async function userName(): Promise<string> {
  const { stdout } = await new Deno.Command("id", { args: ["--user", "--name"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    listener.close();
    return (listener.addr as Deno.NetAddr).port;
  });
}

function isFile(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
