/** Small training runs for tests of the loop and of the run's folder. */

import { type Config, environmentIds, resolveConfig } from "../../src/config.ts";
import { train, type TrainOptions, type TrainSummary } from "../../src/train.ts";
import { PointMass } from "./point_mass.ts";

export { withFolder } from "./task.ts";

/** A run of 400 steps with tiny networks; a second or less. */
export function smallConfig(settings: Partial<Config> = {}): Config {
  return resolveConfig({
    env: "PointMass",
    steps: 400,
    threads: 1,
    hidden: 8,
    batchSize: 8,
    bufferSize: 300, // the ring comes round
    learningStarts: 100,
    evalFreq: 50,
    evalEpisodes: 2,
    logFreq: 10,
    videoFreq: 150,
    checkpointFreq: 70,
    maxEpisodeSteps: 40,
    ...settings,
  }, { environments: [...environmentIds, "PointMass"] });
}

/** Trains on the point mass. */
export function trainPointMass(options: Partial<TrainOptions> & { directory: string }): Promise<TrainSummary> {
  const { config = smallConfig() } = options;
  return train({ config, makeEnv: () => Promise.resolve(new PointMass(config.maxEpisodeSteps)), ...options });
}

/** The files whose bytes config and seed decide. */
export const resultFiles = ["eval.csv", "train.csv", "losses.csv", "policy.safetensors"];

/** Their bytes, by name, in hexadecimal. */
export function readResults(directory: string): Record<string, string> {
  return Object.fromEntries(resultFiles.map((name) => [name, Deno.readFileSync(`${directory}/${name}`).toHex()]));
}

/** A point mass that tells how many steps it has made. */
class StoppingPointMass extends PointMass {
  readonly #stop: (made: number) => void;
  #made = 0;

  constructor(stop: (made: number) => void, maxEpisodeSteps: number) {
    super(maxEpisodeSteps);
    this.#stop = stop;
  }

  override step(action: ArrayLike<number>) {
    this.#stop(++this.#made);
    return super.step(action);
  }
}

/** Trains on the point mass until `steps` training steps are made by this call, then interrupts. */
export async function trainUntil(steps: number, options: Partial<TrainOptions> & { directory: string }) {
  const abort = new AbortController(), { config = smallConfig() } = options;
  const stop = (made: number) => {
    if (made === steps) abort.abort();
  };
  let isFirst = true; // the environment to train on; the other is for evaluations
  const makeEnv = () => {
    const env = isFirst ? new StoppingPointMass(stop, config.maxEpisodeSteps) : new PointMass(config.maxEpisodeSteps);
    isFirst = false;
    return Promise.resolve(env);
  };
  return await trainPointMass({ ...options, makeEnv, signal: abort.signal });
}
