/** A process that trains, to be killed: its arguments are the run's folder and the settings as JSON. */

import { resolveConfig } from "../../src/config.ts";
import { train } from "../../src/train.ts";

const [directory, settings] = Deno.args;
await train({ directory: directory!, config: resolveConfig(JSON.parse(settings!)) });
