/**
 * A process that trains like `deno task train` and says how fast: `train_process.ts FOLDER SETTINGS WARM_UP UPDATES`.
 *
 * After `WARM_UP` updates it prints `{"event":"ready",…}` and waits for a line; then it times `UPDATES` updates of the real
 * training loop, environment, logs and evaluations included, prints `{"event":"timed",…}` and waits again, so that its memory can be
 * looked at. Times to the first and tenth update are dates, for whoever started the process to compare with.
 */

import { resolveConfig } from "../src/config.ts";
import { createLearner } from "../src/learner/create_learner.ts";
import { train } from "../src/train.ts";

const [directory, settings, warmUp, updates] = Deno.args;
const config = resolveConfig(JSON.parse(settings!)), first = Number(warmUp), last = first + Number(updates);
const dates = { firstUpdate: 0, tenthUpdate: 0 };
let begin = 0, count = 0;

function say(message: Record<string, unknown>): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(message) + "\n"));
  Deno.stdin.readSync(new Uint8Array(64));
}

function afterUpdate(): void {
  count++;
  if (count === 1) dates.firstUpdate = Date.now();
  if (count === Math.min(10, first)) dates.tenthUpdate = Date.now();
  if (count === first) {
    say({ event: "ready", ...dates });
    begin = performance.now();
  }
  if (count === last) {
    const seconds = (performance.now() - begin) / 1000;
    say({ event: "timed", updates: last - first, seconds });
  }
}

await train({
  config,
  directory: directory!,
  async makeLearner(options) {
    const learner = await createLearner({ ...config, ...options });
    const update = learner.update.bind(learner);
    learner.update = (...args) => {
      const waiting = update(...args);
      if (waiting) return waiting.then(afterUpdate);
      afterUpdate();
    };
    return learner;
  },
});
