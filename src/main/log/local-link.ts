/** Datagrams to the machine's own syslog socket, by the optional package unix-dgram. Thread: the main thread. */
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { Link, LinkEvents } from './syslog-link';

/**
 * A socket without room is tried again after the first of these times, and while it takes nothing after twice as long each
 * time, up to the other. It holds few lines (10 on many systems), so a busy daemon's room must be found soon.
 */
const SOONEST_RETRY_MS = 1;
const LATEST_RETRY_MS = 32;
const TOO_LONG = -constants.errno.EMSGSIZE;

/** What is used of unix-dgram, which has no types. Errors carry the negative errno. */
export interface UnixDgram {
  createSocket(type: 'unix_dgram'): UnixDgramSocket;
}
interface UnixDgramSocket {
  on(event: 'error', listener: (error: { errno: number }) => void): void;
  connect(path: string): void;
  /** `done` is called before it returns; with the message `congestion` if the socket has no room. */
  send(bytes: Buffer, done: (error?: { errno?: number; message: string }) => void): void;
  close(): void;
}

/**
 * The package, where it is installed and built. Loaded in a second thread it crashes the process: so the main thread alone
 * may have it.
 */
export function loadUnixDgram(): UnixDgram | undefined {
  if (!isMainThread) return undefined;
  try {
    return require('unix-dgram') as UnixDgram;
  } catch {
    return undefined;
  }
}

/**
 * Sends at once. Its socket lives for one turn of the event loop: a longer one would keep the process alive, and would go on
 * speaking to a daemon that has been replaced.
 */
export class LocalLink implements Link {
  readonly unsent = 0;
  readonly #unix: UnixDgram;
  readonly #path: string;
  readonly #events: LinkEvents;
  #socket: UnixDgramSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = SOONEST_RETRY_MS;

  constructor(unix: UnixDgram, path: string, events: LinkEvents) {
    this.#unix = unix;
    this.#path = path;
    this.#events = events;
  }

  send(lines: readonly Buffer[]): number {
    let taken = 0;
    try {
      this.#socket ??= this.#connect();
      while (taken < lines.length && sendOne(this.#socket, lines[taken])) taken++;
      if (taken > 0) this.#retryMs = SOONEST_RETRY_MS;
      if (taken < lines.length) this.#retryLater();
    } catch (error) {
      this.destroy();
      this.#events.lost(error as Error, []);
    }
    return taken;
  }

  destroy(): void {
    clearTimeout(this.#retry);
    this.#closeSocket();
  }

  #connect(): UnixDgramSocket {
    const socket = this.#unix.createSocket('unix_dgram');
    let failure: number | undefined;
    socket.on('error', ({ errno }) => {
      failure ??= errno;
    });
    socket.connect(this.#path);
    if (failure !== undefined) {
      socket.close();
      throw new Error(getSystemErrorName(failure));
    }
    setImmediate(() => this.#closeSocket());
    return socket;
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, LATEST_RETRY_MS);
      this.#events.ready();
    }, this.#retryMs).unref();
  }

  #closeSocket(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/**
 * @returns whether the line is done with; false: there is no room now
 * @throws {Error} if nobody is there to take it
 */
function sendOne(socket: UnixDgramSocket, line: Buffer): boolean {
  let failure: { errno?: number; message: string } | undefined;
  socket.send(line, (error) => {
    failure = error;
  });
  if (failure === undefined || failure.errno === TOO_LONG) return true; // it would be too long the next time, too
  if (failure.errno === undefined) return false; // congestion
  throw new Error(getSystemErrorName(failure.errno));
}
