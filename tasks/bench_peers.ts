/** `deno task bench:peers`: this project beside its Python peers on the same work. */

import { benchPeers, describePeers } from "../bench/peers.ts";
import { makeCommand, parseArguments, readInteger, readText, runTask, valueFlag } from "../src/command_line.ts";
import { writeWholeFile } from "../src/run/whole_file.ts";

await runTask("bench:peers", async () => {
  const command = makeCommand({
    task: "bench:peers",
    summary:
      "Trains Hopper-v4 with this project, Stable-Baselines3, SBX and a plain PyTorch loop in turns and prints how fast " +
      "each is, as a table in Markdown. Needs python3 (3.11 or so) and, the first time, some gigabytes in .venv; takes about " +
      "ten minutes, in which the machine should have nothing else to do.",
    examples: [["", "three rounds"], ["--rounds 5 --json /tmp/peers.json", "five, with all figures as JSON"]],
  });
  command
    .addOption(valueFlag("rounds", "N", "rounds [at least 1; default 3]", readInteger("rounds", 1)))
    .addOption(
      valueFlag("updates", "N", "steps timed in a round [at least 10; default 500]", readInteger("updates", 10)),
    )
    .addOption(valueFlag("json", "FILE", "also write all figures as JSON", readText("json")));
  const { rounds = 3, updates = 500, json } = parseArguments(command, Deno.args).flags as PeersFlags;

  const folder = await Deno.makeTempDir({ prefix: "sac_bench_" });
  try {
    const report = await benchPeers({ rounds, updates, folder, onProgress: (what) => console.error(what) });
    console.log(describePeers(report));
    if (json !== undefined) {
      writeWholeFile(json, [new TextEncoder().encode(JSON.stringify(report, null, 2) + "\n")]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return 0;
});

interface PeersFlags {
  rounds?: number;
  updates?: number;
  json?: string;
}
