/** Counts of tries, and the table made of them. */

/** What came of one kind of fault. */
export interface Row {
  readonly fault: string;
  readonly tries: number;
  /** Tries that ended as they should: in a clear message where there can be one, with nothing lost that was whole. */
  readonly survived: number;
  /** Runs that then went on and ended with the bytes of a run that was never disturbed; undefined where nothing goes on. */
  readonly equal: number | undefined;
  /** What happens, in words. */
  readonly outcome: string;
  /** What went wrong, at most a few of each kind. */
  readonly failures: readonly string[];
  /** Why this machine cannot try it. */
  readonly skipped?: string;
}

/** Collects the tries of one fault. */
export class Tally {
  tries = 0;
  survived = 0;
  equal: number | undefined;
  readonly failures: string[] = [];

  constructor(readonly fault: string, readonly outcome: string) {}

  /**
   * One try.
   *
   * @param test throws if the fault did harm; returns whether the bytes are the same, or nothing where there are none to compare
   */
  async try(name: string, test: () => Promise<boolean | void> | boolean | void): Promise<void> {
    this.tries++;
    try {
      const isEqual = await test();
      this.survived++;
      if (isEqual === undefined) return;
      this.equal = (this.equal ?? 0) + (isEqual ? 1 : 0);
      if (!isEqual) this.failures.push(`${name}: other bytes`);
    } catch (error) {
      this.failures.push(`${name}: ${error instanceof Error ? error.stack : error}`);
    }
  }

  get row(): Row {
    const { fault, outcome, tries, survived, equal, failures } = this;
    return { fault, outcome, tries, survived, equal, failures };
  }
}

/** Whether all tries of a fault ended well. */
export function isGood({ tries, survived, equal, failures, skipped }: Row): boolean {
  if (skipped !== undefined) return true;
  return tries > 0 && survived === tries && failures.length === 0 && (equal === undefined || equal === tries);
}

/** The table, as the README has it. */
export function describeRows(rows: readonly Row[]): string {
  const cells = rows.map(({ fault, tries, survived, equal, outcome, skipped }) =>
    skipped !== undefined
      ? [fault, "–", "–", "–", `skipped: ${skipped}`]
      : [fault, String(tries), String(survived), equal === undefined ? "–" : String(equal), outcome]
  );
  const table = [["fault", "tries", "survived", "bytes equal", "outcome"], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(table[0]!), line(widths.map((width) => "-".repeat(width))), ...table.slice(1).map(line)].join("\n");
}
