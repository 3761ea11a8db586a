/** `ringcast config print | validate | init`, with their flags. */
import type { Command } from 'commander';
import type { InitOptions, PrintOptions } from './config';
import { exitWith } from './exit-with';
import { addHubFlags, addLogFlags, givenTo } from './hub-flags';

const EXAMPLES = `Examples:
  ringcast config init ringcast.yaml                      a file to begin with
  ringcast config validate ringcast.yaml
  ringcast config print --config ringcast.yaml --origin   what holds, and who says so
`;
const EXIT_CODES = `
Exit codes: 0 good, 1 failed, 2 wrong usage or settings.
Manual: docs/daemon.md`;

export function defineConfigCommand(program: Command): void {
  const config = program
    .command('config')
    .summary('print, check or begin a configuration file')
    .description('Deals with configuration files, as --config takes them.')
    .usage('print|validate|init [options]')
    .helpCommand(false)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES);
  definePrint(config);
  defineValidate(config);
  defineInit(config);
}

function definePrint(config: Command): void {
  const command = addLogFlags(addHubFlags(config.command('print')))
    .summary('print the settings that hold')
    .description('Prints the settings that hold, out of flags, environment, file and defaults.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .option('--origin', 'say of each where it comes from')
    .option('--json', 'print them as JSON')
    .action(async (options: PrintOptions) => {
      const { print } = require('./config') as typeof import('./config');
      await exitWith(print(options, givenTo(command)));
    });
}

function defineValidate(config: Command): void {
  config
    .command('validate')
    .summary('check a configuration file')
    .description('Checks a configuration file, and tells all that is wrong, by line.')
    .argument('<file>')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (file: string, options: { quiet?: boolean }) => {
      const { validate } = require('./config') as typeof import('./config');
      await exitWith(validate(file, options));
    });
}

function defineInit(config: Command): void {
  config
    .command('init')
    .summary('write a configuration file to begin with')
    .description(
      'Writes a configuration file in which everything is explained and nothing is changed. -: to standard output.',
    )
    .argument('[file]', '', 'ringcast.yaml')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .option('-f, --force', 'overwrite a file that is there')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (file: string, options: InitOptions) => {
      const { init } = require('./config') as typeof import('./config');
      await exitWith(init(file, options));
    });
}
