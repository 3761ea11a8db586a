/** `ringcast start` and `restart`: both sides of it, since the daemon is the same command, started again. */
import { log } from '../../shared/log';
import { type Given, readSettings, type Settings } from '../config/settings';
import { ask } from '../daemon/control-client';
import { Daemon, failStart } from '../daemon/daemon';
import { DEFAULT_START_TIMEOUT_MS, DEFAULT_UMASK } from '../daemon/daemonize';
import { holderOf } from '../daemon/instance-lock';
import { launch } from '../daemon/launch';
import { controlSocketOf, defaultLogFile } from '../daemon/places';
import { checkPlatform } from '../daemon/platform';
import { HEALTH_DEADLINE_MS, ServedHub } from '../daemon/served-hub';
import { Starter } from '../daemon/starter';
import { DEFAULT_MAX_RESTARTS } from '../daemon/supervision/restart-pace';
import {
  type DaemonStatus,
  end,
  lockOf,
  printJson,
  type ReachOptions,
  type StopOptions,
} from './daemon-control';
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import { startHub } from './start-hub';
import { Terminal } from './terminal';

export interface StartOptions extends ReachOptions {
  umask?: number;
  /** In seconds. */
  startTimeout?: number;
  supervise: boolean;
  maxRestarts?: number;
}

/** In the caller's process: @returns the exit code. In the daemon: never returns. */
export async function start(options: StartOptions, given: Given): Promise<ExitCode> {
  checkPlatformOrFail();
  const starter = Starter.take();
  if (starter !== undefined) return becomeDaemon(starter, options, given);
  readSettings(given, { name: options.name }); // faults are told before anything is started
  return startAndTell(options);
}

/** Ends the daemon, if one runs, and starts it as it was started, or with the flags given here. */
export async function restart(options: StartOptions & StopOptions, given: Given): Promise<ExitCode> {
  checkPlatformOrFail();
  const starter = Starter.take();
  if (starter !== undefined) return becomeDaemon(starter, options, given);
  readSettings(given, { name: options.name }); // with faults in them, what runs goes on
  const lock = lockOf(options);
  const holder = await holderOf(lock);
  if (holder === undefined) return startAndTell(options);
  const before = await ask<DaemonStatus>(controlSocketOf(lock), 'GET /status').catch((error) => {
    if (options.force) return undefined;
    throw error;
  });
  await end(lock, holder, options, { restart: true });
  const flags = Object.values(given.origins).some((origin) => origin.startsWith('--'));
  return startAndTell({ ...options, lock }, flags ? undefined : before?.launch);
}

/** @param launchedAs the command line to use; default: this one */
async function startAndTell(options: StartOptions, launchedAs?: DaemonStatus['launch']): Promise<ExitCode> {
  const verdict = await launch({
    startTimeoutMs: startTimeoutMs(options),
    supervise: options.supervise,
    printed: (text) => process.stderr.write(text),
    ...launchedAs,
    environment: options.lock === undefined ? {} : { RINGCAST_LOCK: options.lock },
  });
  if (!verdict.ready) {
    const { exitCode, message, remedy } = verdict;
    throw new Failure(exitCode as ExitCode, message, { remedy, cause: verdict.stack });
  }
  const { pid, url, logFile } = verdict.details as DaemonStatus;
  if (options.json) printJson(verdict.details);
  const terminal = new Terminal(options);
  terminal.note(`Process ${pid} listens on ${terminal.strong(`${url}/CHANNEL`)}. Its log is ${logFile}.`);
  return ExitCode.OK;
}

async function becomeDaemon(starter: Starter, options: StartOptions, given: Given): Promise<never> {
  const readAgain = () => readSettings(given, { name: options.name });
  let daemon: Daemon | undefined;
  try {
    const settings = readAgain();
    const lock = lockOf(options);
    daemon = await Daemon.begin(starter, {
      lock,
      logFile: settings.logFile ?? defaultLogFile(lock),
      workingFolder: '/',
      umask: options.umask ?? DEFAULT_UMASK,
      maxRestarts: options.maxRestarts ?? DEFAULT_MAX_RESTARTS,
      startTimeoutMs: startTimeoutMs(options),
      syslog: settings.syslog,
      levels: settings.hub.logLevel,
    });
    keepPort(settings, daemon);
    const served = new ServedHub(await startHub(settings, log.notice), settings, readAgain);
    daemon
      .onStop(({ restart: restarts }) => {
        served.restarts = restarts;
        return served.close();
      })
      .onReload(() => served.reload())
      .onStatus(() => served.status())
      .onHealth(() => served.hub.health(HEALTH_DEADLINE_MS))
      .onDump(() => served.dump());
    await daemon.ready(await served.status());
    log.notice(`process ${process.pid} listens on ${served.hub.url}`); // now: so the caller's terminal is spared it
    return await served.failed;
  } catch (error) {
    return daemon?.fail(error) ?? failStart(starter, error);
  }
}

/** Any free port is good the first time only: peers come again to the one that they know. */
function keepPort({ hub }: Settings, { before }: Daemon): void {
  if (hub.port === 0 && before !== undefined) hub.port = before.port as number;
}

function startTimeoutMs({ startTimeout = DEFAULT_START_TIMEOUT_MS / 1_000 }: StartOptions): number {
  return startTimeout * 1_000;
}

function checkPlatformOrFail(): void {
  try {
    checkPlatform();
  } catch (error) {
    throw new Failure(ExitCode.FAILURE, `${(error as Error).message}.`, { cause: error });
  }
}
