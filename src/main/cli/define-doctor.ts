/** The command `ringcast doctor`: its flags and its help. */
import type { Command } from 'commander';
import { LOAD_DEFAULTS, LOAD_LIMITS } from '../load/limits';
import { collect, wholeNumber } from './arguments';
import type { DoctorOptions } from './doctor';
import type { ExitCode } from './exit-codes';

const EXAMPLES = `Examples:
  ringcast doctor                                 whether this machine can make a small load
  ringcast doctor -c 50000                        50,000 clients and a hub, all on this machine
  ringcast doctor -c 50000 wss://example.org/live
`;
const AFTER = `
Exit codes: 0 nothing is in the way (warnings do not count), 1 something is, 2 wrong usage.
Manual: docs/doctor.md`;

export function defineDoctor(
  program: Command,
  { exitWith }: { exitWith: (code: Promise<ExitCode>) => Promise<void> },
): void {
  program
    .command('doctor')
    .summary('check this machine before a load test')
    .description('Checks the limits of this machine for a load test, and prints what repairs them.')
    .argument('[url]', 'the server that is to be loaded; without it, a hub on this machine')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .option(
      '-c, --clients <N>',
      'how many clients there are to be',
      wholeNumber(...LOAD_LIMITS.clients),
      LOAD_DEFAULTS.clients,
    )
    .option('--source-ip <ADDRESS>', 'an address that clients will come from; may be given again', collect)
    .option('--json', 'print the checks as JSON')
    .action(async (url: string | undefined, options: DoctorOptions) => {
      const { doctor } = require('./doctor') as typeof import('./doctor');
      await exitWith(doctor(url, options));
    });
}
