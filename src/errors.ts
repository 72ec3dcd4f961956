/** The errors that a user can mend; every task prints their message alone and leaves with their exit code. */

/**
 * Input that cannot be used: an unknown flag, a value out of range, an unreadable file. Thrown before anything is written.
 *
 * The message says what was given, what is expected and how to mend it. Tasks exit with code 2.
 */
export class UsageError extends Error {
  /** The name of its class, which messages show. */
  override readonly name = "UsageError";
}

/** A run that cannot go on: a loss or an observation became NaN or infinite, a worker died. Tasks exit with code 1. */
export class RunError extends Error {
  /** The name of its class, which messages show. */
  override readonly name = "RunError";
}
