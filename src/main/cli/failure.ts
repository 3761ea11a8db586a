/** How the command line fails: one sentence of what is wrong, one of what to do. */
import { ExitCode } from './exit-codes';

export class Failure extends Error {
  readonly exitCode: ExitCode;
  /** What the user can do about it. */
  readonly remedy: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Failure';
    this.exitCode = exitCode;
    this.remedy = options.remedy;
  }
}

/** The command line is wrong. */
export function usageError(message: string, remedy?: string): Failure {
  return new Failure(ExitCode.USAGE, message, { remedy });
}
