/**
 * The side of the caller: starts the program again, detached, and waits for its verdict.
 *
 * Thread: the main one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { ALONE, DAEMON_MARK, endText, type StartMessage, type Verdict } from './verdict';

export interface LaunchOptions {
  /** A program that is not up by then is ended. */
  startTimeoutMs: number;
  /** Gets what the program prints before it is up. */
  printed: (text: string) => void;
  /** What follows the name of the Node binary; default: what this process was started with. */
  argv?: readonly string[];
  /** Folder in which to start; default: this one. */
  cwd?: string;
  /** Whether a supervisor comes between: it starts the program, and starts it again when it crashes. */
  supervise: boolean;
  /** Variables beside those of this process. */
  environment?: NodeJS.ProcessEnv;
}

const SUPERVISOR = path.join(__dirname, 'supervision', 'entry.js');

/** When the caller is interrupted, nothing shall be left of what it began. */
const INTERRUPTIONS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Interruption = keyof typeof INTERRUPTIONS;

/**
 * Starts this program again as the leader of a session of its own, with all three standard streams on /dev/null.
 *
 * It starts in the caller's folder, so that relative paths mean the same; it leaves that folder by itself.
 */
export async function launch(options: LaunchOptions): Promise<Verdict> {
  const { startTimeoutMs, printed, supervise, cwd, environment } = options;
  const { argv = [...process.execArgv, ...process.argv.slice(1)] } = options;
  const child = spawn(process.execPath, supervise ? [SUPERVISOR, ...argv] : argv, {
    detached: true,
    cwd,
    env: { ...process.env, ...environment, [DAEMON_MARK]: ALONE },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  /** Why we ended it, if we did. */
  let ended: Verdict | undefined;
  const giveUp = (why: Verdict) => {
    ended ??= why;
    end(child);
  };
  const timer = setTimeout(() => giveUp(tooLate(startTimeoutMs)), startTimeoutMs);
  const stopListening = onInterruption((signal) => giveUp(interrupted(signal)));
  const verdict = await verdictOf(child, printed);
  clearTimeout(timer);
  stopListening();
  if (child.connected) child.disconnect();
  child.unref();
  return ended ?? verdict;
}

function verdictOf(child: ChildProcess, printed: (text: string) => void): Promise<Verdict> {
  return new Promise((resolve) => {
    child.on('message', (message: StartMessage) => {
      const { ringcast: kind, ...what } = message;
      if ('text' in what) printed(what.text);
      else if ('message' in what) resolve({ ready: false, ...what });
      else if (kind === 'ready') resolve({ ready: true, pid: child.pid as number, details: what.details });
    });
    child.once('error', ({ message }) => resolve(failure(1, `Cannot start the daemon: ${message}.`)));
    // Its last words may come behind its end: both are waited for.
    const exited = new Promise<Verdict>((tell) => child.once('exit', (...how) => tell(deathOf(...how))));
    const silent = new Promise<void>((tell) => child.once('disconnect', tell));
    void Promise.all([exited, silent]).then(([death]) => resolve(death));
  });
}

function deathOf(code: number | null, signal: string | null): Verdict {
  const remedy = 'Run the program in the foreground to see more.';
  return failure(code || 1, `The daemon ${endText(code, signal)} before it was ready.`, remedy);
}

function tooLate(ms: number): Verdict {
  const remedy = 'Give it longer (--start-timeout, startTimeoutMs), or run it in the foreground to see more.';
  return failure(1, `The daemon was not ready within ${ms / 1000} s, and was ended.`, remedy);
}

function interrupted(signal: Interruption): Verdict {
  return failure(INTERRUPTIONS[signal], `${signal}: the daemon that was starting is ended too.`);
}

function failure(exitCode: number, message: string, remedy?: string): Verdict {
  return { ready: false, exitCode, message, remedy };
}

function onInterruption(interrupt: (signal: Interruption) => void): () => void {
  const listeners = (Object.keys(INTERRUPTIONS) as Interruption[]).map((signal) => {
    const listener = () => interrupt(signal);
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}

/** Ends it with everything that it started. */
function end({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {} // it has just ended by itself
}
