/**
 * What threads and processes are started with: nothing, but from sources (under ts-node or a test runner), where their entry
 * is TypeScript, too. Each file is compiled once and kept, so that a thread starts ten times faster than with ts-node.
 */
import path from 'node:path';

const REGISTER = path.join(__dirname, '..', '..', 'scripts', 'register-typescript.cjs');

export const LAUNCH_ARGUMENTS: readonly string[] = path.extname(__filename) === '.ts' ? ['-r', REGISTER] : [];

/** Options of a `Worker` for that. In a built package none: then a thread inherits what its process was started with. */
export function workerArguments(): { execArgv?: string[] } {
  return LAUNCH_ARGUMENTS.length === 0 ? {} : { execArgv: [...LAUNCH_ARGUMENTS] };
}
