/**
 * One process at a time holds a lock file's name: it listens on a unix socket of the abstract namespace (unix(7)), which
 * the kernel frees in the moment the process dies, however it dies. Nothing is left to be cleaned up, nothing can be stale.
 *
 * The name is made from the folder's device and inode and the file's name: so two paths to one file are one lock, and two
 * containers that share a network but no files are not in each other's way. (Containers that share files but no network do
 * not see each other's lock.)
 *
 * Anybody on the machine may connect: they get the holder's pid, which is no secret, and nothing else.
 *
 * Thread: the main one. Linux.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { readPidFile } from './pid-file';

/** A holder that is busy may be this late with its pid. */
const ANSWER_LIMIT_MS = 1_000;
/** Who asks is answered at once and cut; more at a time are cut without an answer. */
const MAX_QUESTIONS = 16;

export interface Holder {
  /** undefined: it does not say. */
  pid: number | undefined;
}

export class InstanceLock {
  readonly #server: net.Server;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /**
   * Takes the lock until the process ends. It does not keep the process alive.
   *
   * @param file absolute path; its folder must exist
   * @returns the lock, or who has it
   */
  static async acquire(file: string): Promise<InstanceLock | Holder> {
    const server = net.createServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => {});
      socket.end(`${process.pid}\n`, () => socket.destroy());
    });
    server.maxConnections = MAX_QUESTIONS;
    const taken = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') resolve(true);
        else reject(error);
      });
      server.listen(lockName(file), () => resolve(false));
    });
    if (taken) return (await holderOf(file)) ?? { pid: undefined };
    server.on('error', () => {}); // of accepting: whoever asked asks again
    server.unref();
    return new InstanceLock(server);
  }

  release(): void {
    this.#server.close();
  }
}

/** Who holds the lock of `file`. @returns undefined if nobody does, or the folder does not exist */
export async function holderOf(file: string): Promise<Holder | undefined> {
  let name: string;
  try {
    name = lockName(file);
  } catch {
    return undefined;
  }
  const socket = net.connect(name);
  socket.setEncoding('latin1').setTimeout(ANSWER_LIMIT_MS, () => socket.destroy());
  let answer = '';
  let nobody = false;
  socket.on('data', (text) => {
    answer += text;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    nobody = error.code === 'ECONNREFUSED' && answer === '';
  });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (nobody) return undefined;
  return { pid: /^[1-9]\d*\n$/.test(answer) ? Number(answer) : readPidFile(file) };
}

/** Where the lock of a file listens: a name below the limit of 107 bytes; the zero byte in front makes it abstract. */
export function lockName(file: string): string {
  const { dev, ino } = statSync(path.dirname(file), { bigint: true });
  const hash = createHash('sha256')
    .update(`${dev}:${ino}/${path.basename(file)}`)
    .digest('hex');
  return `\0ringcast-${hash}`;
}
