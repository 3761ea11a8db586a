/** The commands for daemons, with their flags. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_MAX_RESTARTS, HIGHEST_MAX_RESTARTS } from '../daemon/supervision/restart-pace';
import { seconds, wholeNumber } from './arguments';
import type { ReachOptions, StopOptions } from './daemon-control';
import type { StartOptions } from './daemon-start';
import { exitWith } from './exit-with';
import { addHubFlags, addLogFlags, givenTo } from './hub-flags';

const START_EXAMPLES = `Examples:
  ringcast start --port 9000
  ringcast start --config /etc/ringcast.yaml --lock /run/ringcast.pid --log-file /var/log/ringcast.log
  ringcast start --name second --port 9001       another one beside it
`;
const STOP_EXAMPLES = `Examples:
  ringcast stop
  ringcast stop --name second --force
`;
const RESTART_EXAMPLES = `Examples:
  ringcast restart                 as it was started
  ringcast restart --port 9001     with these flags instead
`;
const RELOAD_EXAMPLES = `Examples:
  ringcast reload
`;
const STATUS_EXAMPLES = `Examples:
  ringcast status
  ringcast status --json | jq .stats.sent
`;
const DAEMON_EXIT_CODES = `
Exit codes: 0 good, 1 failed, 2 wrong usage or settings, 3 not running, 4 running but without an answer, 5 running but not\nready, 6 already running.
Manual: docs/daemon.md`;

export function defineDaemonCommands(program: Command): void {
  defineStart(program);
  defineStop(program);
  defineRestart(program);
  defineReload(program);
  defineStatus(program);
}

function defineStart(program: Command): void {
  const command = addStartFlags(define(program, 'start', 'start a hub as a daemon', START_EXAMPLES));
  command
    .description('Starts a hub in a session of its own, waits until it listens, and leaves it running.')
    .action(async (options: StartOptions) => {
      const { start } = require('./daemon-start') as typeof import('./daemon-start');
      await exitWith(start(options, givenTo(command)));
    });
}

function defineStop(program: Command): void {
  addReachFlags(define(program, 'stop', 'end a daemon in good order', STOP_EXAMPLES))
    .description(
      'Ends a daemon: what was posted is sent, peers are closed with 1001. Waits until it has ended.',
    )
    .option('--timeout <SECONDS>', 'wait so long (default: 20)', seconds)
    .option('-f, --force', 'then kill it')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: StopOptions) => {
      const { stop } = require('./daemon-control') as typeof import('./daemon-control');
      await exitWith(stop(options));
    });
}

function defineRestart(program: Command): void {
  const command = addStartFlags(
    define(program, 'restart', 'stop a daemon and start it again', RESTART_EXAMPLES),
  );
  command
    .description('Ends a daemon and starts it again, with the flags it had, or those given here.')
    .option('--timeout <SECONDS>', 'wait so long for its end (default: 20)', seconds)
    .option('-f, --force', 'then kill it')
    .action(async (options: StartOptions & StopOptions) => {
      const { restart } = require('./daemon-start') as typeof import('./daemon-start');
      await exitWith(restart(options, givenTo(command)));
    });
}

function defineReload(program: Command): void {
  addReachFlags(define(program, 'reload', 'make a daemon read its settings again', RELOAD_EXAMPLES))
    .description(
      'Makes a daemon read its configuration file again and open its log file anew, as SIGHUP does.',
    )
    .option('--json', 'print the answer as JSON')
    .option('-q, --quiet', 'say only what is wrong')
    .action(async (options: ReachOptions) => {
      const { reload } = require('./daemon-control') as typeof import('./daemon-control');
      await exitWith(reload(options));
    });
}

function defineStatus(program: Command): void {
  addReachFlags(define(program, 'status', 'tell how a daemon is', STATUS_EXAMPLES))
    .description('Tells whether a daemon runs, and how it is.')
    .option('--json', 'print it as JSON')
    .action(async (options: ReachOptions) => {
      const { status } = require('./daemon-control') as typeof import('./daemon-control');
      await exitWith(status(options));
    });
}

function define(program: Command, name: string, summary: string, examples: string): Command {
  return program
    .command(name)
    .summary(summary)
    .addHelpText('before', examples)
    .addHelpText('after', DAEMON_EXIT_CODES);
}

/** How a daemon is found. */
function addReachFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--name <NAME>', 'name of the daemon, where there are several (default: ringcast)')
        .env('RINGCAST_NAME')
        .argParser(daemonName),
    )
    .addOption(
      new Option('--lock <FILE>', 'its lock and pid file, in the place of the one by its name').env(
        'RINGCAST_LOCK',
      ),
    );
}

function addStartFlags(command: Command): Command {
  return addLogFlags(addReachFlags(addHubFlags(command)))
    .option('--umask <MASK>', 'mode mask of the files it makes, in octal (default: 027)', octal)
    .option('--start-timeout <SECONDS>', 'end it, if it does not listen by then (default: 30)', seconds)
    .option('--no-supervise', 'no second process that starts it again when it crashes')
    .addOption(
      new Option(
        '--max-restarts <N>',
        `give up after so many restarts within a minute (default: ${DEFAULT_MAX_RESTARTS})`,
      )
        .env('RINGCAST_MAX_RESTARTS')
        .argParser(wholeNumber(0, HIGHEST_MAX_RESTARTS)),
    )
    .option('--json', 'tell how it is as JSON')
    .option('-q, --quiet', 'say only what is wrong');
}

function octal(text: string): number {
  if (!/^0?[0-7]{1,3}$/.test(text)) throw new InvalidArgumentError('It must be octal, such as 027 or 077.');
  return Number.parseInt(text, 8);
}

/** It becomes part of file names. */
function daemonName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It has 1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first.',
  );
}
