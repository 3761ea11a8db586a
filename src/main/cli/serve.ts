/** `ringcast serve`: a reference server in the foreground, until a signal. */
import { setLogLevel } from '../../shared/log';
import { REFERENCE_TARGETS, type ReferenceTarget } from '../load/options';
import { DESCRIPTIONS } from '../load/target/descriptions';
import { startServer } from '../load/target/start-server';
import { ExitCode } from './exit-codes';
import { Failure, usageError } from './failure';
import { listenFailure } from './listen-failure';
import { onReaderGone, Terminal } from './terminal';

export interface ServeOptions {
  target?: ReferenceTarget;
  list?: boolean;
  host: string;
  port: number;
  json?: boolean;
  quiet?: boolean;
  strict?: boolean;
  compression?: boolean;
}

const SIGNALS = { SIGINT: ExitCode.SIGINT, SIGTERM: ExitCode.SIGTERM } as const;
type Signal = keyof typeof SIGNALS;

/** @returns the exit code */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  if (options.list) return list(options);
  const { target, host, port, strict, compression } = options;
  if (target === undefined)
    throw usageError('--target is missing: which server?', `It is one of ${REFERENCE_TARGETS.join(', ')}.`);
  for (const [flag, given] of Object.entries({ strict, compression }))
    if (given && target !== 'echo')
      throw usageError(`--${flag} is for --target echo, not for ${target}.`, 'Leave it out.');
  if (options.quiet) setLogLevel('warn');
  const terminal = new Terminal(options);
  for (const stream of [process.stdout, process.stderr]) onReaderGone(stream, () => {}); // it serves on
  const signalled = firstSignal();
  const server = await startServer(target, undefined, { host, port }, { strict, compression }).catch(
    (error: Error) => {
      throw startFailure(error, options);
    },
  );
  report(options, { event: 'listening', target, url: server.url, pid: process.pid });
  terminal.note(`${target} listens on ${terminal.strong(server.url)}. Ctrl-C ends it.`);
  const signal = await signalled;
  terminal.note(`${signal}: closing.`);
  await server.close();
  report(options, { event: 'closed', ...server.tally?.() });
  return ExitCode.OK;
}

function list({ json }: ServeOptions): ExitCode {
  const lines = json
    ? [JSON.stringify(DESCRIPTIONS)]
    : REFERENCE_TARGETS.map((name) => `${name.padEnd('ws-broadcastchannel'.length)}  ${DESCRIPTIONS[name]}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return ExitCode.OK;
}

/** The first one closes, the second one ends at once. */
function firstSignal(): Promise<Signal> {
  return new Promise((resolve) => {
    let signalled = false;
    for (const signal of Object.keys(SIGNALS) as Signal[]) {
      process.on(signal, () => {
        if (signalled) process.exit(SIGNALS[signal]);
        signalled = true;
        resolve(signal);
      });
    }
  });
}

function startFailure(error: Error & { remedy?: string }, { host, port }: ServeOptions): Failure {
  if (error.remedy !== undefined)
    return new Failure(ExitCode.FAILURE, `${error.message}.`, { remedy: error.remedy, cause: error });
  return listenFailure(error, host, port);
}

function report({ json }: ServeOptions, event: object): void {
  if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
}
