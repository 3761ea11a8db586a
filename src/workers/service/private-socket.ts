/**
 * Makes the unix socket by which producers in other processes come in, so that there is no instant at which anybody else
 * could connect: it is bound inside a new directory of mode 0700, gets its mode 0600 there, and only then its name.
 * (A `umask` would do too, but threads cannot set one.)
 *
 * Thread: the service's.
 */
import { chmodSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import {
  checkDirectory,
  checkSocketPath,
  type FileIdentity,
  isSameFile,
  lstatOrUndefined,
  MAX_SOCKET_PATH_BYTES,
  UnsafePath,
} from '../../shared/foreign/safe-path';

const OWNER_ONLY = 0o600;
/** The new directory's name, with the six characters that mkdtemp adds, and the socket's in it. */
const ROOM_PREFIX = '.rc-';
const ROOM_BYTES = '/.rc-xxxxxx/s'.length;
/** Connections that the kernel holds until they are accepted: past it a process is told to try again. */
const BACKLOG = 1_024;
const NOBODY_LISTENS = new Set(['ECONNREFUSED', 'ENOENT']);

/**
 * Listens on `path`. The socket of a hub that is dead is replaced; one that somebody listens on is left alone.
 *
 * @returns which file it is: give it to `removeSocket`
 * @throws {UnsafePath | ErrnoException} if it cannot be had; the text says why
 */
export async function listenPrivately(server: net.Server, path: string): Promise<FileIdentity> {
  checkSocketPath(path);
  const directory = dirname(path);
  const longest = MAX_SOCKET_PATH_BYTES - ROOM_BYTES;
  if (Buffer.byteLength(directory) > longest)
    throw new UnsafePath(
      `the directory ${directory} is too long for a socket's path: the longest is ${longest} bytes`,
    );
  checkDirectory(path);
  const room = mkdtempSync(join(directory, ROOM_PREFIX));
  try {
    await removeStale(path, join(room, 'old'));
    const made = join(room, 's');
    await listen(server, made);
    chmodSync(made, OWNER_ONLY);
    give(made, path);
    const { dev, ino } = lstatSync(path);
    return { dev, ino };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

/** Removes the socket, unless another has its name by now, or its folder is being removed at this moment. */
export function removeSocket(path: string, identity: FileIdentity): void {
  const found = lstatOrUndefined(path);
  if (found !== undefined && isSameFile(found, identity)) rmSync(path, { force: true });
}

function listen(server: net.Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Gives the socket its name, if nobody was quicker. */
function give(made: string, path: string): void {
  try {
    linkSync(made, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inUse(path);
    if (lstatOrUndefined(path) !== undefined) throw error;
    renameSync(made, path); // a file system without hard links
  }
}

/**
 * Takes the socket of a dead hub out of the way. It is moved aside before it is judged a last time: so of two hubs that
 * start at once neither removes what the other has just made.
 */
async function removeStale(path: string, aside: string): Promise<void> {
  const found = lstatOrUndefined(path);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new UnsafePath(`${path} exists and is no socket: it is left alone, choose another path`);
  if (await isListenedOn(path)) throw inUse(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (!(await isListenedOn(aside))) return;
  give(aside, path);
  throw inUse(path);
}

function inUse(path: string): UnsafePath {
  return new UnsafePath(`another hub listens on ${path}: choose another path, or end that hub`);
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    const answer = (listened: boolean) => {
      socket.destroy();
      resolve(listened);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(!NOBODY_LISTENS.has(error.code ?? '')));
  });
}
