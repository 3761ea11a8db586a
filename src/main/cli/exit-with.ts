import type { ExitCode } from './exit-codes';

/** Ends the process with the code that a command comes to. */
export async function exitWith(code: Promise<ExitCode>): Promise<void> {
  // Standard input may still be open, and would keep the process alive.
  process.exit(await code);
}
