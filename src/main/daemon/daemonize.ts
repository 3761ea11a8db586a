/**
 * Turns the program that calls it into a daemon, as `lws_daemonize` did in 2013. Most of what it needs is loaded when it is called.
 *
 * Thread: the main one.
 */
import path from 'node:path';
import { ExitCode } from '../cli/exit-codes';
import type { Daemon } from './daemon';
import { checkPlatform } from './platform';
import { DEFAULT_MAX_RESTARTS, HIGHEST_MAX_RESTARTS } from './supervision/restart-pace';

export interface DaemonizeOptions {
  /** Lock and pid file: one process at a time has it. Its folder must exist. */
  lock: string;
  /** File for what the program prints once it is up, opened anew at SIGHUP. Without it that goes to /dev/null. */
  logFile?: string;
  /** Working folder of the daemon (default `/`, so that it keeps no file system busy). */
  workingFolder?: string;
  /** File mode mask of the daemon (default 0o027). */
  umask?: number;
  /** A daemon that has not said `ready` after so many ms is ended (default 30,000). */
  startTimeoutMs?: number;
  /** Whether a second, small process starts the daemon again when it crashes (default true). */
  supervise?: boolean;
  /** So many restarts within a minute: then the supervisor gives up (default 5; 0: at the first crash). */
  maxRestarts?: number;
}

export const DEFAULT_START_TIMEOUT_MS = 30_000;
export const DEFAULT_UMASK = 0o027;
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const KEYS = ['lock', 'logFile', 'workingFolder', 'umask', 'startTimeoutMs', 'supervise', 'maxRestarts'];

/**
 * Starts this program a second time as a daemon: detached, in a session of its own, its standard streams on /dev/null. Call it
 * first of all, before anything is opened or started: what stands before it runs twice.
 *
 * In the process that was started by hand it never returns: it waits for the daemon's `ready` and ends with 0, or prints what
 * the daemon said on failing and ends with its code. In the daemon it returns as soon as the lock is taken.
 *
 * Unless `supervise` is false, a supervisor comes between: it holds the lock, and starts the program again when it crashes. So a
 * program may become the daemon several times, one after the other.
 *
 * Relative paths in `options` are meant from the folder in which the program was started.
 *
 * @throws {TypeError | RangeError} for a bad option
 * @throws {HubError} DAEMON_UNSUPPORTED, but on Linux and in the main thread
 *
 * @example
 * const daemon = await daemonize({ lock: '/run/ticker.pid', logFile: '/var/log/ticker.log' });
 * const hub = await createHub({ port: 8080 }).catch((error) => daemon.fail(error));
 * daemon.onStop(() => hub.close());
 * await daemon.ready();
 */
export async function daemonize(options: DaemonizeOptions): Promise<Daemon> {
  checkPlatform();
  const { supervise, ...plan } = resolve(options);
  const { Starter } = require('./starter') as typeof import('./starter');
  const starter = Starter.take();
  if (starter !== undefined) {
    const { Daemon: Here } = require('./daemon') as typeof import('./daemon');
    return Here.begin(starter, plan);
  }
  const { launch } = require('./launch') as typeof import('./launch');
  const verdict = await launch({
    startTimeoutMs: plan.startTimeoutMs,
    supervise,
    printed: (text) => process.stderr.write(text),
  });
  if (verdict.ready) return process.exit(ExitCode.OK);
  process.stderr.write(`${[verdict.message, verdict.remedy].filter(Boolean).join('\n')}\n`);
  return process.exit(verdict.exitCode);
}

function resolve(options: DaemonizeOptions) {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options is ${String(options)}: it must be an object with lock`);
  const unknown = Object.keys(options).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new TypeError(`unknown option ${unknown}: there are ${KEYS.join(', ')}`);
  const { umask = DEFAULT_UMASK, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = options;
  const { supervise = true, maxRestarts = DEFAULT_MAX_RESTARTS } = options;
  if (typeof supervise !== 'boolean')
    throw new TypeError(`supervise is ${String(supervise)}: it must be true or false`);
  checkWhole('umask', umask, 0, 0o777);
  checkWhole('startTimeoutMs', startTimeoutMs, 1, MAX_TIMEOUT_MS);
  checkWhole('maxRestarts', maxRestarts, 0, HIGHEST_MAX_RESTARTS);
  return {
    lock: absolute('lock', options.lock),
    logFile: options.logFile === undefined ? undefined : absolute('logFile', options.logFile),
    workingFolder: absolute('workingFolder', options.workingFolder ?? '/'),
    umask,
    startTimeoutMs,
    supervise,
    maxRestarts,
  };
}

function absolute(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${name} is ${JSON.stringify(value)}: it must be a path`);
  return path.resolve(value);
}

function checkWhole(name: string, value: unknown, lowest: number, highest: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} is ${String(value)}: it must be a number`);
  if (!Number.isInteger(value) || value < lowest || value > highest)
    throw new RangeError(`${name} is ${value}: it must be an integer from ${lowest} to ${highest}`);
}
