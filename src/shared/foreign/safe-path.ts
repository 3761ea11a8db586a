/**
 * Who may do what with the private socket's file. Node cannot ask the kernel who is at the other end of a unix socket
 * (SO_PEERCRED), so the file's rights are the lock: the kernel lets only its owner, and root, connect to a socket of mode 0600.
 *
 * Thread: any. Every call is a few system calls that return at once.
 */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';

/** What the kernel's `sun_path` holds, less the zero at its end (Linux 108, macOS 104). */
export const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

const ROOT = 0;
const GROUP_OR_OTHERS_WRITE = 0o022;
const GROUP_OR_OTHERS = 0o077;
const STICKY = 0o1000;

/** Why a path will not do. The text names the path, what is wrong with it and what to do. */
export class UnsafePath extends Error {}

/** Which file a path led to: device and number. Renamed, it stays the same; made anew, it is another. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** @throws {UnsafePath} */
export function checkSocketPath(path: string, longestBytes: number = MAX_SOCKET_PATH_BYTES): void {
  if (process.platform === 'win32')
    throw new UnsafePath(
      'Windows has no private unix sockets: post from threads of the process with the hub',
    );
  if (!isAbsolute(path)) throw new UnsafePath(`${path} is not an absolute path: begin it with '/'`);
  const bytes = Buffer.byteLength(path);
  if (bytes > longestBytes)
    throw new UnsafePath(
      `the path of ${bytes} bytes is too long for a socket (${path}): the longest is ${longestBytes} bytes`,
    );
}

/**
 * Nobody else may put a file of his own in the socket's place: so its directory belongs to this user, or root, and others
 * cannot write to it, or may only remove what is theirs (sticky, as /tmp).
 *
 * @throws {UnsafePath}
 */
export function checkDirectory(path: string): void {
  const directory = dirname(path);
  const stats = statOrUndefined(directory, statSync);
  if (stats === undefined) throw new UnsafePath(`the directory ${directory} does not exist: make it first`);
  if (!stats.isDirectory()) throw new UnsafePath(`${directory} is not a directory`);
  if (!isOurs(stats))
    throw new UnsafePath(
      `the directory ${directory} belongs to uid ${stats.uid}, who could put another socket there: use one of your own`,
    );
  if ((stats.mode & GROUP_OR_OTHERS_WRITE) !== 0 && (stats.mode & STICKY) === 0)
    throw new UnsafePath(
      `others may write to the directory ${directory} (mode ${octal(stats)}): chmod go-w it, or use another`,
    );
}

/**
 * A socket that only this user, and root, can have made and can connect to.
 *
 * @throws {UnsafePath}; an `ErrnoException` ENOENT if there is none
 */
export function checkSocketFile(path: string): FileIdentity {
  const stats = lstatSync(path);
  if (!stats.isSocket()) throw new UnsafePath(`${path} is not a socket`);
  if (!isOurs(stats))
    throw new UnsafePath(
      `${path} belongs to uid ${stats.uid}, not to this user (uid ${userId()}) or root: it is not connected to`,
    );
  if ((stats.mode & GROUP_OR_OTHERS) !== 0)
    throw new UnsafePath(
      `others have rights on ${path} (mode ${octal(stats)}): a hub makes its socket with mode 0600`,
    );
  return { dev: stats.dev, ino: stats.ino };
}

/** What stands at a path, links not followed; undefined: nothing. */
export function lstatOrUndefined(path: string): Stats | undefined {
  return statOrUndefined(path, lstatSync);
}

function statOrUndefined(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isOurs({ uid }: Stats): boolean {
  return uid === ROOT || uid === userId();
}

function userId(): number {
  return process.geteuid?.() ?? -1;
}

function octal({ mode }: Stats): string {
  return `0${(mode & 0o7777).toString(8)}`;
}
