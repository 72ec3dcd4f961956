/** Reads flags whose values go into a Slurm script. */

import { UsageError } from "../errors.ts";

/** Reads a time as Slurm writes it. @throws {UsageError} for anything else */
export function readSlurmTime(text: string): string {
  if (/^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d\d?(:\d\d){0,2})$/.test(text)) return text;
  throw new UsageError(
    `Cannot use ${JSON.stringify(text)} for --time: expected minutes, as 90, or a time, as 4:00:00 or 1-12:00:00`,
  );
}

/** Reads a name or a size for a line of the script. */
export function readSlurmName(flag: string): (text: string) => string {
  return (text) => {
    if (/^[A-Za-z0-9][\w.,+-]*$/.test(text)) return text;
    throw new UsageError(
      `Cannot use ${
        JSON.stringify(text)
      } for --${flag}: expected letters, digits, dots, commas, dashes and underscores`,
    );
  };
}

/** Reads a flag of `sbatch` with its value. @throws {UsageError} if it is none, or the script sets it by itself */
export function readSbatchFlag(text: string): string {
  if (!/^--[a-z][a-z-]*(=[\x20-\x7e]+)?$/.test(text)) {
    throw new UsageError(
      `Cannot use ${JSON.stringify(text)} for --sbatch: expected a long flag of sbatch, as in --sbatch=--account=lab`,
    );
  }
  const own = /^--(job-name|array|signal|requeue|no-requeue|open-mode|output|cpus-per-task|time|partition|mem)(=|$)/
    .exec(text);
  if (own) {
    throw new UsageError(`Cannot use ${JSON.stringify(text)} for --sbatch: the script sets --${own[1]} by itself`);
  }
  return text;
}
