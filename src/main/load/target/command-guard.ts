/**
 * Stands between the coordinator and a server that is started by a command line. It leads nothing itself: it starts the command as the
 * leader of a process group, and sees to it that the group ends, also when the coordinator is killed and can see to nothing.
 *
 *     node command-guard GRACE_MS FILE ARGUMENTS…        with a channel to its parent
 *
 * Thread: the main one of its process.
 */
import { spawn } from 'node:child_process';

/** What it tells. */
export type GuardMessage =
  | { type: 'started'; pid: number }
  | { type: 'not started'; message: string; code: string | undefined }
  | { type: 'ended'; code: number | null; signal: NodeJS.Signals | null };

/** How often it is looked whether the group is gone. */
const LOOK_MS = 20;
/** Whoever is killed may be in the middle of something; and where nobody buries orphans they stay for ever. */
const MOST_DYING_MS = 2_000;

const [grace, file, ...args] = process.argv.slice(2);
const child = spawn(file!, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
const tell = (message: GuardMessage) => {
  if (process.connected) process.send?.(message, () => {});
};

function groupLives(): boolean {
  return signalGroup(0);
}

/** @returns false if there is nobody left in the group */
function signalGroup(signal: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

function end(): void {
  const killAt = performance.now() + Number(grace);
  signalGroup('SIGTERM');
  setInterval(() => {
    const overdueMs = performance.now() - killAt;
    if (!groupLives() || overdueMs > MOST_DYING_MS) process.exit();
    if (overdueMs >= 0) signalGroup('SIGKILL');
  }, LOOK_MS);
}

child.once('error', ({ message, code }: NodeJS.ErrnoException) => {
  tell({ type: 'not started', message, code });
});
child.once('spawn', () => tell({ type: 'started', pid: child.pid! }));
child.once('exit', (code, signal) => tell({ type: 'ended', code, signal }));
process.once('message', end);
process.once('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // the parent decides
