/** `ringcast stop`, `reload`, `status`: what is asked of a daemon that runs. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReconfigureReport } from '../../shared/live-options';
import { ask } from '../daemon/control-client';
import type { StopReason } from '../daemon/control-routes';
import { type Holder, holderOf } from '../daemon/instance-lock';
import { controlSocketOf, defaultLockFile } from '../daemon/places';
import { leadsSession, startTimeOf } from '../daemon/process-identity';
import { reloadText } from '../daemon/reload-text';
import { statusText } from './daemon-status-text';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import { Terminal } from './terminal';

const DEFAULT_NAME = 'ringcast';
const DEFAULT_STOP_TIMEOUT_SECONDS = 20; // twice the hub's own deadline for its end
/** How often it is looked whether a process has ended: no event tells of it. */
const END_LOOK_MS = 20;
/** A killed process is gone within this. */
const KILL_LIMIT_MS = 5_000;

export interface ReachOptions {
  name?: string;
  lock?: string;
  json?: boolean;
  quiet?: boolean;
}

export interface StopOptions extends ReachOptions {
  /** In seconds. */
  timeout?: number;
  force?: boolean;
}

/** What a daemon says of itself. */
export interface DaemonStatus {
  pid: number;
  launch: { argv: string[]; cwd: string; supervise: boolean };
  ready: boolean;
  /** Why it is not ready. */
  reason: string | null;
  [more: string]: unknown;
}

export async function status(options: ReachOptions): Promise<ExitCode> {
  const lock = lockOf(options);
  if ((await holderOf(lock)) === undefined) {
    if (options.json) printJson({ running: false, lock });
    else process.stdout.write(`ringcast is not running (lock ${lock}).\n`);
    return ExitCode.NOT_RUNNING;
  }
  const answer = await ask<DaemonStatus>(controlSocketOf(lock), 'GET /status');
  if (options.json) printJson({ running: true, ...answer });
  else process.stdout.write(statusText(answer));
  return answer.ready === false ? ExitCode.NOT_READY : ExitCode.OK;
}

export async function reload(options: ReachOptions): Promise<ExitCode> {
  const lock = lockOf(options);
  if ((await holderOf(lock)) === undefined) throw notRunning(lock);
  const answer = await ask<Partial<ReconfigureReport>>(controlSocketOf(lock), 'POST /reload');
  if (options.json) printJson(answer);
  else new Terminal(options).note(`${reloadText(answer.applied ?? [], answer.needRestart ?? [])}.`);
  return ExitCode.OK;
}

/** @returns OK also if nothing runs: what was wanted is so */
export async function stop(options: StopOptions): Promise<ExitCode> {
  const lock = lockOf(options);
  const terminal = new Terminal(options);
  const holder = await holderOf(lock);
  if (holder === undefined) terminal.note(`ringcast is not running (lock ${lock}).`);
  else
    terminal.note(`Ended${(await end(lock, holder, options)) ? '' : ', by force'}: process ${holder.pid}.`);
  return ExitCode.OK;
}

/**
 * Ends the process that holds a lock, and waits until the lock is free.
 *
 * @returns whether it ended by itself
 * @throws {Failure} if it did not, and is not to be killed
 */
export async function end(
  lock: string,
  { pid }: Holder,
  options: StopOptions,
  why: StopReason = { restart: false },
): Promise<boolean> {
  // Taken before it is asked to end: should it end and its number be used again, that one is not ours to kill.
  const startTime = pid === undefined ? undefined : startTimeOf(pid);
  const timeoutMs = (options.timeout ?? DEFAULT_STOP_TIMEOUT_SECONDS) * 1_000;
  const asked = await ask(controlSocketOf(lock), 'POST /stop', why).then(
    () => undefined,
    (error: Failure) => error,
  );
  if (asked !== undefined && (await holderOf(lock)) !== undefined && !options.force) throw asked;
  if (await freeWithin(lock, asked === undefined ? timeoutMs : 0)) return true;
  if (!options.force) {
    throw new Failure(ExitCode.FAILURE, `Process ${pid} did not end within ${timeoutMs / 1_000} s.`, {
      remedy: 'Give it longer (--timeout), or kill it (--force).',
    });
  }
  if (pid === undefined || startTime === undefined || startTimeOf(pid) !== startTime) {
    throw new Failure(ExitCode.FAILURE, `It is not known which process holds the lock ${lock}.`, {
      remedy: 'Find it with ss -xlp, and end it.',
    });
  }
  killWhole(pid);
  if (await freeWithin(lock, KILL_LIMIT_MS)) return false;
  throw new Failure(ExitCode.FAILURE, `Process ${pid} does not end, though it was killed.`);
}

/** A daemon with its hub process: all of the group, if it has one of its own. Else this process is one of a terminal's. */
function killWhole(pid: number): void {
  process.kill(leadsSession(pid) ? -pid : pid, 'SIGKILL');
}

async function freeWithin(lock: string, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while ((await holderOf(lock)) !== undefined) {
    if (performance.now() > deadline) return false;
    await delay(END_LOOK_MS);
  }
  return true;
}

/** Absolute path of the lock that is meant. */
export function lockOf({ name = DEFAULT_NAME, lock }: ReachOptions): string {
  if (lock !== undefined) return path.resolve(lock);
  try {
    return defaultLockFile(name);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Failure(ExitCode.FAILURE, `No place for the lock: ${message}.`, {
      remedy: 'Choose one with --lock.',
      cause,
    });
  }
}

export function notRunning(lock: string): Failure {
  return new Failure(ExitCode.NOT_RUNNING, `ringcast is not running (lock ${lock}).`, {
    remedy: 'ringcast start starts it. Another --name or --lock may be meant.',
  });
}

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
