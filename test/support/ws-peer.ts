/** Peers over real sockets: one by the library ws, one by hand for what a library would not do. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import { type Frame, FrameReader } from './frames';
import { whenOver } from './hubs';

export interface Seen {
  data: Buffer;
  binary: boolean;
}

export interface Closed {
  code: number;
  reason: string;
}

/** A peer by the library ws that keeps what it gets. */
export class WsPeer {
  readonly ws: WebSocket;
  readonly seen: Seen[] = [];
  readonly closed: Promise<Closed>;
  #waiting: { count: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  #over: Closed | undefined;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data: Buffer, binary: boolean) => {
      this.seen.push({ data, binary });
      this.#waiting = this.#waiting.filter(({ count, resolve }) => this.seen.length < count || resolve());
    });
    ws.on('error', () => {});
    this.closed = new Promise((resolve) =>
      ws.on('close', (code, reason) => {
        this.#over = { code, reason: reason.toString() };
        for (const { count, reject } of this.#waiting) reject(this.#tooFew(count));
        resolve(this.#over);
      }),
    );
    whenOver(() => ws.terminate());
  }

  /** @throws the error of a refused handshake */
  static async open(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<WsPeer> {
    const peer = new WsPeer(new WebSocket(url, protocols, { perMessageDeflate: false, ...options }));
    await new Promise<void>((resolve, reject) => {
      peer.ws.once('open', resolve);
      peer.ws.once('error', reject);
    });
    return peer;
  }

  /** Resolves once `count` messages came. @throws if the connection ends before */
  async received(count: number): Promise<Seen[]> {
    if (this.seen.length >= count) return this.seen;
    if (this.#over !== undefined) throw this.#tooFew(count);
    await new Promise<void>((resolve, reject) => this.#waiting.push({ count, resolve, reject }));
    return this.seen;
  }

  /** All messages as text. */
  get texts(): string[] {
    return this.seen.map(({ data }) => data.toString());
  }

  #tooFew(count: number): Error {
    return new Error(`closed with ${this.#over?.code} after ${this.seen.length} of ${count} messages`);
  }
}

/** How a server answered a handshake by hand. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A peer by hand: a bare TCP connection that can be silent, deaf and rude. It answers close frames and, unless told not to, pings. */
export class RawPeer {
  readonly socket: net.Socket;
  /** All that came but pings. */
  readonly frames: Frame[] = [];
  /** What the pings carried that came. */
  readonly pings: Buffer[] = [];
  answersPings = true;
  /** Resolves when the connection has ended, with an error or without. */
  readonly ended: Promise<void>;
  readonly #reader = new FrameReader({ fragments: true });
  #more: (() => void)[] = [];
  #bytes = Buffer.alloc(0);
  #upgraded = false;

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => this.#take(bytes as Buffer));
    this.ended = new Promise((resolve) => this.socket.on('close', () => resolve()));
    void this.ended.then(() => this.#tellMore());
    whenOver(() => this.socket.destroy());
  }

  /** A peer that is through with its handshake. */
  static async open(port: number, path = '/'): Promise<RawPeer> {
    const peer = new RawPeer(port);
    peer.socket.write(handshake(path));
    const { status } = await peer.answer();
    if (status !== 101) throw new Error(`the handshake was answered with ${status}`);
    return peer;
  }

  /** The answer to a request; for anything but 101 once the server has closed. */
  async answer(): Promise<HttpAnswer> {
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      const [statusLine, ...lines] = this.#bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
      const status = Number(statusLine.split(' ')[1]);
      if (end >= 0 && (status === 101 || this.socket.readableEnded || this.socket.destroyed)) {
        const rest = this.#bytes.subarray(end + 4);
        const headers = Object.fromEntries(
          lines.map((line) => [
            line.slice(0, line.indexOf(':')).toLowerCase(),
            line.slice(line.indexOf(':') + 2),
          ]),
        );
        this.#upgraded = status === 101;
        if (this.#upgraded) this.#takeFrames(rest);
        return { status, headers, body: rest.toString() };
      }
      if (this.socket.destroyed) throw new Error('the connection ended without an answer');
      await this.#next();
    }
  }

  /** Resolves once `holds` says so of the frames that came. @throws if the connection ends before */
  async until(holds: (frames: Frame[]) => boolean): Promise<Frame[]> {
    while (!holds(this.frames)) {
      if (this.socket.destroyed) throw new Error(`the connection ended after ${this.frames.length} frames`);
      await this.#next();
    }
    return this.frames;
  }

  /** Sends one masked frame. */
  send(opcode: number, payload: string | Uint8Array, { final = true } = {}): void {
    this.socket.write(maskedFrame(opcode, payload, final));
  }

  /** Ends with a reset instead of a goodbye. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** The close frame that came, if one did. */
  get closeFrame(): Closed | undefined {
    const frame = this.frames.find(({ opcode }) => opcode === 8);
    if (frame === undefined) return undefined;
    return { code: frame.payload.readUInt16BE(0), reason: frame.payload.toString('utf8', 2) };
  }

  #take(bytes: Buffer): void {
    if (this.#upgraded) {
      this.#takeFrames(bytes);
    } else this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#tellMore();
  }

  #takeFrames(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) {
      if (frame.opcode === 9) this.pings.push(frame.payload);
      else this.frames.push(frame);
      if (frame.opcode === 9 && this.answersPings && this.socket.writable) this.send(10, frame.payload);
      if (frame.opcode === 8 && this.socket.writable) this.send(8, frame.payload);
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#more.push(resolve));
  }

  #tellMore(): void {
    for (const tell of this.#more.splice(0)) tell();
  }
}

export function handshake(path: string, headers: string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    ...headers,
    '\r\n',
  ].join('\r\n');
}

export function maskedFrame(opcode: number, payload: string | Uint8Array, final = true): Buffer {
  const data = Buffer.from(payload as string);
  const mask = randomBytes(4);
  const lengthBytes = data.length < 126 ? 0 : data.length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + lengthBytes);
  header[0] = (final ? 0x80 : 0) | opcode;
  header[1] = 0x80 | (lengthBytes === 0 ? data.length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) header.writeUInt16BE(data.length, 2);
  if (lengthBytes === 8) header.writeBigUInt64BE(BigInt(data.length), 2);
  for (let at = 0; at < data.length; at++) data[at] ^= mask[at & 3];
  return Buffer.concat([header, mask, data]);
}

/** The hub's own idea of a peer, by its id: the first connection that it tells of from now on. */
export async function nextConnection(hub: {
  on(event: 'connection', listener: (info: { id: number; channel: string }) => void): unknown;
}): Promise<{ id: number; channel: string }> {
  const [info] = await once(hub as unknown as NodeJS.EventEmitter, 'connection');
  return info as { id: number; channel: string };
}
