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
  /** It runs, and takes no peers: it starts, closes, or starts again. */
  NOT_READY: 5,
  /** Load tests: the figures say nothing of the server. */
  INVALID_RUN: 3,
  /** Load tests: no client could connect. */
  UNREACHABLE: 4,
  /** Load tests: messages were lost, doubled, out of order or changed. */
  INCORRECT: 5,
  /** Something else runs under this lock. */
  ALREADY_RUNNING: 6,
  /** A supervisor gave up: the hub crashed again and again. */
  GAVE_UP: 7,
  /** A fault in ringcast: EX_SOFTWARE of sysexits.h. */
  INTERNAL: 70,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
