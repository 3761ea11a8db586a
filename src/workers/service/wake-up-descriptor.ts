/**
 * A descriptor that is readable as long as the hub has something to do: for a poll array, as the broadcast socket of 2013
 * was. It is one end of a pair of connected unix sockets; a byte in it means work.
 *
 * The byte is written by the service's own thread when the doorbell woke it: producers in other threads ring the doorbell,
 * and never touch a descriptor.
 *
 * Thread: the service's.
 */
import { once } from 'node:events';
import { mkdtempSync, readSync, rmdirSync, writeSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descriptorOf } from './socket-descriptor';

const ONE_BYTE = Buffer.alloc(1);

export class WakeUpDescriptor {
  /** The end to poll. */
  readonly fd: number;
  readonly #inner: net.Socket;
  readonly #outer: net.Socket;
  readonly #innerFd: number;
  #raised = false;

  private constructor(outer: net.Socket, inner: net.Socket) {
    this.#outer = outer;
    this.#inner = inner;
    for (const socket of [outer, inner]) {
      socket.unref();
      socket.on('error', () => {}); // it is read and written by its descriptor only
    }
    this.fd = descriptorOf(outer);
    this.#innerFd = descriptorOf(inner);
  }

  /** @throws the system's error, if there is no room for a socket in the folder for temporary files, or no descriptor */
  static async open(): Promise<WakeUpDescriptor> {
    // Node has no socketpair. In a folder that only we may enter, so that nobody else can be the one who connects.
    const folder = mkdtempSync(join(tmpdir(), 'ringcast-'));
    const server = net.createServer({ pauseOnConnect: true });
    try {
      const path = join(folder, 'w');
      server.listen(path);
      await once(server, 'listening');
      const inner = new net.Socket();
      inner.pause(); // or node would read it
      inner.connect(path);
      const [[outer]] = await Promise.all([once(server, 'connection'), once(inner, 'connect')]);
      return new WakeUpDescriptor(outer, inner);
    } finally {
      server.close(); // removes the path
      rmdirSync(folder);
    }
  }

  /** There is something to do. */
  raise(): void {
    if (this.#raised) return;
    this.#raised = true;
    writeSync(this.#innerFd, ONE_BYTE);
  }

  /** It is being done. */
  lower(): void {
    if (!this.#raised) return;
    this.#raised = false;
    readSync(this.fd, Buffer.alloc(1)); // one byte is there, and never more
  }

  close(): void {
    this.#inner.destroy();
    this.#outer.destroy();
  }
}
