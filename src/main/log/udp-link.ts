/** RFC 5424 over UDP (RFC 5426): a datagram a line. What the network loses is lost. Thread: the main thread. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import type { Link, LinkEvents } from './syslog-link';

/** Datagrams that may be under way inside of Node. */
const MAX_UNDER_WAY = 64;

export class UdpLink implements Link {
  readonly #events: LinkEvents;
  #socket: Socket | undefined;
  #connected = false;
  #over = false;
  #underWay: Buffer[] = [];

  constructor(host: string, port: number, events: LinkEvents) {
    this.#events = events;
    lookup(host, (error, address, family) => {
      if (this.#over) return;
      if (error !== null) this.#lose(error);
      else this.#connect(address, family === 6 ? 'udp6' : 'udp4', port);
    });
  }

  get unsent(): number {
    return this.#underWay.length;
  }

  send(lines: readonly Buffer[]): number {
    const socket = this.#socket;
    if (!this.#connected || socket === undefined) return 0;
    const taken = Math.min(lines.length, MAX_UNDER_WAY - this.#underWay.length);
    for (const line of lines.slice(0, taken)) {
      this.#underWay.push(line);
      socket.send(line, (error) => this.#isDone(line, error));
    }
    return taken;
  }

  destroy(): void {
    this.#over = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Connected, so that the system tells when nobody listens there. */
  #connect(address: string, family: 'udp4' | 'udp6', port: number): void {
    const socket = createSocket(family);
    this.#socket = socket;
    socket.unref();
    socket.on('error', (error) => this.#lose(error));
    socket.connect(port, address, () => {
      this.#connected = true;
      this.#events.ready();
    });
  }

  #isDone(line: Buffer, error: Error | null): void {
    if (error !== null) {
      this.#lose(error);
      return;
    }
    this.#underWay.splice(this.#underWay.indexOf(line), 1);
    this.#events.ready();
  }

  #lose(reason: Error): void {
    if (this.#over) return;
    const unsent = this.#underWay;
    this.#underWay = [];
    this.destroy();
    this.#events.lost(reason, unsent);
  }
}
