/** Lines over a stream, TCP or a unix socket: RFC 5424 in the framings of RFC 6587. Thread: the main thread. */
import { createConnection, type NetConnectOpts, type Socket } from 'node:net';
import type { Link, LinkEvents } from './syslog-link';

/** What a stream may hold that the system has not taken. */
const HIGH_WATER_BYTES = 64 * 1024;
/** A daemon that does not answer is given up after this time. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How a line's end is told: by its length before it (RFC 6587 section 3.4.1), or by a line feed behind it (3.4.2). */
export type SyslogFraming = 'octets' | 'newline';

export class StreamLink implements Link {
  readonly #events: LinkEvents;
  readonly #framing: SyslogFraming;
  readonly #socket: Socket;
  /** Taken, and not yet handed to the system. */
  readonly #underWay: Buffer[] = [];
  #connected = false;
  #full = false;
  #failure: Error | undefined;

  constructor(where: NetConnectOpts, framing: SyslogFraming, events: LinkEvents) {
    this.#events = events;
    this.#framing = framing;
    this.#socket = createConnection(where);
    this.#socket.unref();
    this.#socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.#socket.destroy(new Error('no answer')));
    this.#socket.on('connect', () => {
      this.#socket.setTimeout(0);
      this.#connected = true;
      events.ready();
    });
    this.#socket.on('drain', () => {
      this.#full = false;
      events.ready();
    });
    this.#socket.resume(); // a daemon says nothing; its end is seen only while we read
    this.#socket.on('error', (error) => {
      this.#failure = error;
    });
    this.#socket.on('close', () =>
      events.lost(this.#failure ?? new Error('the daemon closed the connection'), this.#underWay),
    );
  }

  get unsent(): number {
    return this.#underWay.length;
  }

  send(lines: readonly Buffer[]): number {
    if (!this.#connected || !this.#socket.writable) return 0;
    let taken = 0;
    while (taken < lines.length && !this.#full) this.#write(lines[taken++]);
    return taken;
  }

  destroy(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #write(line: Buffer): void {
    this.#underWay.push(line);
    const framed =
      this.#framing === 'octets' ? [Buffer.from(`${line.length} `), line] : [line, Buffer.from('\n')];
    this.#socket.write(Buffer.concat(framed), (error) => {
      if (error) return; // `close` follows, and gives it back
      this.#underWay.shift();
      if (this.#underWay.length === 0) this.#events.ready();
    });
    this.#full = this.#socket.writableLength > HIGH_WATER_BYTES;
  }
}
