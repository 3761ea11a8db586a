/** Where a daemon's files lie, if nobody says otherwise. Thread: any. */
import { lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

/** A unix socket's path may be so long (`sun_path` of unix(7), less its zero byte). */
export const MAX_SOCKET_PATH_BYTES = 107;

/** The lock and pid file of a daemon called `name`. Makes its folder, for this user alone. */
export function defaultLockFile(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  const folder = runtimeFolder(environment);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid } = lstatSync(folder);
  if (uid !== process.getuid?.()) {
    throw new Error(
      `${folder} belongs to user ${uid}: somebody else made it. Give another place with --lock`,
    );
  }
  return path.join(folder, `${name}.pid`);
}

/** The control socket beside a lock file. */
export function controlSocketOf(lockFile: string): string {
  return `${withoutExtension(lockFile)}.sock`;
}

/** The log of the daemon with this lock file: in the state folder of the XDG base directories, or in `/var/log` for root. */
export function defaultLogFile(lockFile: string, environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME || path.join(homedir(), '.local/state');
  const folder = process.getuid?.() === 0 ? '/var/log' : state;
  return path.join(folder, 'ringcast', `${path.basename(withoutExtension(lockFile))}.log`);
}

function runtimeFolder({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.();
  if (runtime) return path.join(runtime, 'ringcast');
  return uid === 0 ? '/run/ringcast' : path.join(tmpdir(), `ringcast-${uid}`);
}

function withoutExtension(lockFile: string): string {
  const { dir, name, ext } = path.parse(lockFile);
  return path.join(dir, ext === '.pid' || ext === '.lock' ? name : `${name}${ext}`);
}
