/**
 * The side of the caller: starts the program again, detached, and waits for its verdict.
 *
 * Thread: the main one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { DAEMON_MARK, type StartMessage, type Verdict } from './verdict';

export interface LaunchOptions {
  /** A program that is not up by then is ended. */
  startTimeoutMs: number;
  /** Gets what the program prints before it is up. */
  printed: (text: string) => void;
  /** What follows the name of the Node binary; default: what this process was started with. */
  argv?: readonly string[];
  /** Folder in which to start; default: this one. */
  cwd?: string;
  /** Variables beside those of this process. */
  environment?: NodeJS.ProcessEnv;
}

/** When the caller is interrupted, nothing shall be left of what it began. */
const INTERRUPTIONS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Interruption = keyof typeof INTERRUPTIONS;

/**
 * Starts this program again as the leader of a session of its own, with all three standard streams on /dev/null.
 *
 * It starts in the caller's folder, so that relative paths mean the same; it leaves that folder by itself.
 */
export async function launch({
  startTimeoutMs,
  printed,
  argv,
  cwd,
  environment,
}: LaunchOptions): Promise<Verdict> {
  const child = spawn(process.execPath, argv ?? [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    cwd,
    env: { ...process.env, ...environment, [DAEMON_MARK]: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const stopWaiting: (() => void)[] = [];
  try {
    return await Promise.race([
      verdictOf(child, printed),
      timeOut(child, startTimeoutMs, stopWaiting),
      interruption(child, stopWaiting),
    ]);
  } finally {
    for (const stop of stopWaiting) stop();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function verdictOf(child: ChildProcess, printed: (text: string) => void): Promise<Verdict> {
  return new Promise((resolve) => {
    child.on('message', (message: StartMessage) => {
      const { ringcast: kind, ...what } = message;
      if ('text' in what) printed(what.text);
      else if ('message' in what) resolve({ ready: false, ...what });
      else if (kind === 'ready') resolve({ ready: true, pid: child.pid as number, details: what.details });
    });
    child.once('error', ({ message }) =>
      resolve({ ready: false, exitCode: 1, message: `Cannot start the daemon: ${message}.` }),
    );
    // Its last words may come behind its end: both are waited for.
    const exited = new Promise<Verdict>((tell) => child.once('exit', (...how) => tell(deathOf(...how))));
    const silent = new Promise<void>((tell) => child.once('disconnect', tell));
    void Promise.all([exited, silent]).then(([death]) => resolve(death));
  });
}

function deathOf(code: number | null, signal: string | null): Verdict {
  const how = code === null ? `was killed by ${signal}` : `ended with code ${code}`;
  return {
    ready: false,
    exitCode: code || 1,
    message: `The daemon ${how} before it was ready.`,
    remedy: 'Run the program in the foreground to see more.',
  };
}

function timeOut(child: ChildProcess, ms: number, stopWaiting: (() => void)[]): Promise<Verdict> {
  return new Promise((resolve) => {
    const timer = setTimeout(async () => {
      await end(child);
      resolve({
        ready: false,
        exitCode: 1,
        message: `The daemon was not ready within ${ms / 1000} s, and was ended.`,
        remedy: 'Give it longer (--start-timeout, startTimeoutMs), or run it in the foreground to see more.',
      });
    }, ms);
    stopWaiting.push(() => clearTimeout(timer));
  });
}

function interruption(child: ChildProcess, stopWaiting: (() => void)[]): Promise<Verdict> {
  return new Promise((resolve) => {
    for (const signal of Object.keys(INTERRUPTIONS) as Interruption[]) {
      const onSignal = async () => {
        await end(child);
        const exitCode = INTERRUPTIONS[signal];
        resolve({ ready: false, exitCode, message: `${signal}: the daemon that was starting is ended too.` });
      };
      process.once(signal, onSignal);
      stopWaiting.push(() => process.off(signal, onSignal));
    }
  });
}

/** Ends it with everything that it started. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}
