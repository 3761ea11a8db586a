#!/usr/bin/env node
/** The program `ringcast`. Each command's module is loaded when it runs: `--help` and `--version` load none. */
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { HUB_NUMBERS } from '../../shared/options';
import { channelName, seconds, wholeNumber } from './arguments';
import { defineConfigCommand } from './config-commands';
import { defineDaemonCommands } from './daemon-commands';
import { defineAgent } from './define-agent';
import { defineDoctor } from './define-doctor';
import { definePublish } from './define-publish';
import { defineServe } from './define-serve';
import { ExitCode } from './exit-codes';
import { exitWith } from './exit-with';
import { Failure } from './failure';
import { addHubFlags, addLogFlags, givenTo } from './hub-flags';
import { defineBench } from './load/define-bench';
import { defineFind } from './load/define-find';
import { defineReportCommands } from './load/define-report';
import type { RunOptions } from './run';
import { defineShellCommands } from './shell/define-shell';
import type { TailOptions } from './tail';
import { onReaderGone, Terminal, wantsColor } from './terminal';

const EXAMPLES = `Examples:
  tail -f app.log | ringcast run --stdin log      each line is a message of channel "log"
  ringcast run --port 9000                        a hub, and nothing that posts to it yet
  ringcast tail ws://127.0.0.1:8080/log           print what a channel sends
  tail -f app.log | ringcast publish -c log       into a hub that runs already
  ringcast start --port 9000; ringcast status     the same hub as a daemon
`;
const RUN_EXAMPLES = `Examples:
  tail -f app.log | ringcast run --stdin log
  cat words.txt | ringcast run --stdin words --wait-peers 1
  ringcast run --host 0.0.0.0 --channel news --channel sport --max-connections 5000
`;
const TAIL_EXAMPLES = `Examples:
  ringcast tail ws://127.0.0.1:8080/log
  ringcast tail ws://127.0.0.1:8080/log --count 1 --timeout 5
  ringcast tail wss://example.org/ticks --json | jq -r .text
`;
const EXIT_CODES = `
Exit codes: 0 good, 1 failed (refused, lost, port taken), 2 wrong usage, 130 ended by SIGINT, 143 by SIGTERM.
Manual: docs/cli.md`;
const MORE = '\nringcast COMMAND --help tells more.';

function createProgram(): Command {
  const { version } = require(join(__dirname, '../../../package.json')) as { version: string };
  const program = new Command('ringcast')
    .description('Messages from many threads to many WebSocket connections.')
    .usage('COMMAND [options]')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', EXIT_CODES);
  defineRun(program);
  defineTail(program);
  definePublish(program, { after: EXIT_CODES, exitWith });
  defineAgent(program);
  defineDaemonCommands(program);
  defineServe(program, { after: EXIT_CODES, exitWith });
  defineDoctor(program, { exitWith });
  defineConfigCommand(program);
  defineBench(program);
  defineFind(program);
  defineReportCommands(program);
  defineShellCommands(program);
  for (const command of everyCommand(program)) configure(command);
  return program;
}

function defineRun(program: Command): void {
  const { maxConnections } = HUB_NUMBERS;
  const command = addLogFlags(addHubFlags(program.command('run')))
    .summary('start a hub in the foreground')
    .description('Starts a hub in the foreground, until Ctrl-C or the end of its standard input.')
    .addHelpText('before', RUN_EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .option('--stdin <CHANNEL>', 'post each line of standard input to this channel; end with it', channelName)
    .option(
      '--wait-peers <N>',
      'read standard input when so many peers have its channel',
      wholeNumber(1, maxConnections[2]),
    )
    .option('--keep-open', 'go on serving when standard input has ended')
    .option('--json', 'tell events on standard output, one JSON object a line')
    .option(
      '--lock <FILE>',
      'lock and pid file: one process at a time; ringcast status and stop find it by it',
    )
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: RunOptions) => {
      const { run } = require('./run') as typeof import('./run');
      await exitWith(run(options, givenTo(command)));
    });
}

function defineTail(program: Command): void {
  program
    .command('tail')
    .summary('print what a channel sends')
    .description('Connects to a WebSocket server and prints each message as a line.')
    .argument('<url>', 'such as ws://127.0.0.1:8080/log')
    .addHelpText('before', TAIL_EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .option('-n, --count <N>', 'end after so many messages', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--timeout <SECONDS>', 'end after this time; with --count, fail if fewer came', seconds)
    .option('--json', 'print {"time", "text"} or {"time", "base64"}, one JSON object a line')
    .option('-q, --quiet', 'print messages and errors only')
    .action(async (url: string, options: TailOptions) => {
      const { tail } = require('./tail') as typeof import('./tail');
      await exitWith(tail(url, options));
    });
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** What all commands have. */
function configure(command: Command): void {
  command
    .option('--no-color', 'no colours (nor with NO_COLOR set, nor without a terminal)')
    .option('--debug', 'errors with their stack')
    .showHelpAfterError(`See ${fullNameOf(command)} --help.`)
    .exitOverride()
    .configureOutput({
      getOutHasColors: () => wantsColor(process.stdout, process.env, process.argv),
      getErrHasColors: () => wantsColor(process.stderr, process.env, process.argv),
      outputError: (text, write) => write(text.replace(/^error: /, 'ringcast: ')),
    })
    .configureHelp({ ...command.configureHelp(), styleTitle: (title) => `\x1b[1m${title}\x1b[22m` });
}

function fullNameOf(command: Command): string {
  return command.parent === null ? command.name() : `${fullNameOf(command.parent)} ${command.name()}`;
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  const terminal = new Terminal();
  const { message } = error as Error;
  const failure = error instanceof Failure ? error : undefined;
  if (process.argv.includes('--debug')) terminal.error(inspect(error));
  else terminal.error(message, failure?.remedy ?? (failure ? undefined : 'With --debug it tells more.'));
  return failure?.exitCode ?? ExitCode.FAILURE;
}

async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {});
  const program = createProgram();
  if (process.argv.length <= 2) {
    console.log(`${EXAMPLES}${MORE}`);
    return;
  }
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
    if (!(error instanceof CommanderError)) process.exit();
  }
}

void main();
