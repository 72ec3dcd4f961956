/** The open logs of a run: three CSV files and the events. */

import { CsvLog } from "./csv_log.ts";
import { EventLog } from "./events.ts";
import { logColumns, type RunPaths } from "./run_folder.ts";

/** A run's logs by name. */
export const logNames = ["eval", "train", "losses"] as const;

/** How long each CSV file is, in bytes. */
export type LogLengths = Readonly<Record<typeof logNames[number], number>>;

/** All logs of one run. */
export class RunLogs {
  /** A row for each evaluation: means over its episodes. */
  readonly eval: CsvLog<typeof logColumns.eval>;
  /** A row for each training episode that ended. */
  readonly train: CsvLog<typeof logColumns.train>;
  /** A row every `logFreq` steps. */
  readonly losses: CsvLog<typeof logColumns.losses>;
  readonly events: EventLog;

  /**
   * @param lengths where to cut the CSV files back to; 0 begins them anew
   * @throws {UsageError | RunError} if one cannot be opened, or is shorter
   */
  constructor(paths: RunPaths, lengths: LogLengths) {
    using opened = new DisposableStack();
    const keep = <T extends { close(): void }>(log: T): T => opened.adopt(log, () => log.close());
    this.eval = keep(CsvLog.open(paths.eval, logColumns.eval, lengths.eval));
    this.train = keep(CsvLog.open(paths.train, logColumns.train, lengths.train));
    this.losses = keep(CsvLog.open(paths.losses, logColumns.losses, lengths.losses));
    this.events = keep(new EventLog(paths.events));
    opened.move(); // all are open: close them only on close
  }

  get lengths(): LogLengths {
    return { eval: this.eval.length, train: this.train.length, losses: this.losses.length };
  }

  /** Waits until everything logged is on the disk. */
  sync(): void {
    for (const log of [this.eval, this.train, this.losses, this.events]) log.sync();
  }

  close(): void {
    for (const log of [this.eval, this.train, this.losses, this.events]) log.close();
  }
}
