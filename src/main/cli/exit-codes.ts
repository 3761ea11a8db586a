/** What the program's exit code says. Documented in docs/cli.md. */
export const ExitCode = {
  OK: 0,
  /** Something failed in operation: the address is taken, the connection was refused or lost. */
  FAILURE: 1,
  /** The command line is wrong: nothing was started. */
  USAGE: 2,
  /** Nothing runs under this lock: as the Linux Standard Base has it for `status`. */
  NOT_RUNNING: 3,
  /** Something runs under this lock, and does not answer. */
  NO_ANSWER: 4,
  /** Something else runs under this lock. */
  ALREADY_RUNNING: 6,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
