/** `deno task evaluate`: deterministic episodes of a trained policy. */

import { loadAgent } from "../src/agent.ts";
import { makeCommand, parseArguments, readInteger, runTask, valueFlag } from "../src/command_line.ts";
import { parseSetting } from "../src/config.ts";
import { evaluatePolicy } from "../src/evaluate.ts";
import { mean, standardDeviation } from "../src/moments.ts";
import { formatTable } from "../src/progress.ts";
import { RandomStream } from "../src/random.ts";

await runTask("evaluate", async () => {
  const command = makeCommand({
    task: "evaluate",
    summary:
      "Runs a trained policy's deterministic action for some episodes: return and length of each, mean ± standard " +
      "deviation (population) of all. The environment and its step limit are those of the policy's training.",
    examples: [
      ["experiments/Hopper-v4__seed_3", "10 episodes of a run's policy"],
      ["policy.safetensors --episodes 100 --seed 7 --json", "100 episodes of a policy file, as JSON"],
    ],
  })
    .usage("<run> [flags]")
    .argument("<run>", "a run's folder, or a policy.safetensors")
    .addOption(valueFlag("episodes", "N", "episodes [at least 1; default 10]", readInteger("episodes", 1)))
    .addOption(
      valueFlag(
        "seed",
        "N",
        "seed of the initial states [0 to 4294967295; default 0]",
        (text) => parseSetting("seed", text),
      ),
    )
    .option("--json", "print one JSON object instead of a table");
  const { flags, positional: [run = ""] } = parseArguments(command, Deno.args);
  const { episodes = 10, seed = 0, json = false } = flags as { episodes?: number; seed?: number; json?: boolean };

  const { path, file, policy, env } = await loadAgent(run);
  const { returns, lengths } = evaluatePolicy(env, policy, episodes, new RandomStream(seed, "evaluate task"));
  env.dispose();

  const summary = {
    meanReturn: mean(returns),
    returnStandardDeviation: standardDeviation(returns, "population"),
    meanLength: mean(lengths),
    lengthStandardDeviation: standardDeviation(lengths, "population"),
  };
  if (json) {
    const { env, maxEpisodeSteps, step, seed: trainingSeed } = file;
    console.log(
      JSON.stringify({ policy: path, env, maxEpisodeSteps, step, trainingSeed, seed, returns, lengths, ...summary }),
    );
    return 0;
  }
  console.log(`${path}: ${file.env}, trained for ${file.step} steps with seed ${file.seed}\n`);
  const rows = returns.map((value, i) => [String(i + 1), value.toFixed(2), String(lengths[i])]);
  console.log(formatTable(["episode", "return", "length"], rows));
  const { meanReturn, returnStandardDeviation, meanLength, lengthStandardDeviation } = summary;
  console.log(
    `\nreturn ${meanReturn.toFixed(2)} ± ${returnStandardDeviation.toFixed(2)}, ` +
      `length ${meanLength.toFixed(1)} ± ${lengthStandardDeviation.toFixed(1)} ` +
      `(mean ± standard deviation of ${episodes} ${episodes === 1 ? "episode" : "episodes"})`,
  );
  return 0;
});
