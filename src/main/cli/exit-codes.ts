/** What the program's exit code says. Documented in docs/cli.md. */
export const ExitCode = {
  OK: 0,
  /** Something failed in operation: the address is taken, the connection was refused or lost. */
  FAILURE: 1,
  /** The command line is wrong: nothing was started. */
  USAGE: 2,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
