/** The command `ringcast serve`: its flags and its help. */
import { type Command, Option } from 'commander';
import { HUB_NUMBERS } from '../../shared/options';
import { REFERENCE_TARGETS } from '../load/options';
import { wholeNumber } from './arguments';
import type { ExitCode } from './exit-codes';
import type { ServeOptions } from './serve';

const EXAMPLES = `Examples:
  ringcast serve --list                           the servers that there are
  ringcast serve --target echo --port 9000
  ringcast bench ws://127.0.0.1:9000/bench --mode echo
`;

export function defineServe(
  program: Command,
  { after, exitWith }: { after: string; exitWith: (code: Promise<ExitCode>) => Promise<void> },
): void {
  program
    .command('serve')
    .summary('run a reference server, to load or to compare with')
    .description('Runs one of the servers that ringcast is compared with, in the foreground.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', after)
    .addOption(new Option('-t, --target <NAME>', 'which server').choices(REFERENCE_TARGETS))
    .option('--list', 'print the servers and what each of them does')
    .option('--host <HOST>', 'address to listen on; others can connect only from 0.0.0.0 on', '127.0.0.1')
    .option(
      '-p, --port <PORT>',
      'port to listen on; 0: any free one',
      wholeNumber(HUB_NUMBERS.port[1], HUB_NUMBERS.port[2]),
      0,
    )
    .option('--strict', 'echo: limits as a hub has them by default: 64 KiB, 128 fragments')
    .option('--compression', 'echo: clients may compress their messages')
    .option('--json', 'tell events on standard output, one JSON object a line')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: ServeOptions) => {
      const { serve } = require('./serve') as typeof import('./serve');
      await exitWith(serve(options));
    });
}
