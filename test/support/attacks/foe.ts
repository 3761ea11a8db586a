/** A hostile peer: a bare socket that does as it is told, and notes how the hub answers. */
import { once } from 'node:events';
import net from 'node:net';
import { type Frame, FrameReader } from '../frames';
import { handshake } from '../ws-peer';

/** `close 1009`, `HTTP 503`, `ended` without a close frame, `open`, or what was wrong with the hub's frames. */
export type Outcome = string;

export class Foe {
  readonly socket: net.Socket;
  /** How it ended. */
  readonly outcome: Promise<Outcome>;
  readonly #reader = new FrameReader({ fragments: true });
  readonly #frames: Frame[] = [];
  #bytes = Buffer.alloc(0);
  #upgraded = false;
  #asked = 0;
  #wrong: string | undefined;

  constructor(port: number) {
    this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay();
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => this.#take(bytes as Buffer));
    this.socket.on('end', () => this.socket.destroy());
    this.outcome = new Promise((resolve) => this.socket.on('close', () => resolve(this.#summary())));
  }

  /** One that is through with its handshake. */
  static async open(port: number, path: string, headers: string[] = []): Promise<Foe> {
    const foe = new Foe(port);
    foe.write(handshake(path, headers));
    await foe.#until(() => foe.#upgraded);
    return foe;
  }

  static crowd(count: number, port: number, path: string, headers?: string[]): Promise<Foe[]> {
    return Promise.all(Array.from({ length: count }, () => Foe.open(port, path, headers)));
  }

  write(bytes: Uint8Array | string): boolean {
    return !this.socket.destroyed && this.socket.writable && this.socket.write(bytes);
  }

  /** Writes as much as the hub takes, until told otherwise or the connection ends. @returns bytes */
  async flood(chunk: Buffer, goOn: (written: number) => boolean): Promise<number> {
    let written = 0;
    const gone = once(this.socket, 'close').catch(() => {});
    while (goOn(written) && !this.socket.destroyed) {
      written += chunk.length;
      if (!this.write(chunk)) await Promise.race([once(this.socket, 'drain').catch(() => {}), gone]);
    }
    return written;
  }

  /** Resolves when the hub has read everything that was sent, or the connection is gone. */
  async heard(): Promise<Outcome> {
    const question = `heard ${++this.#asked}`;
    this.write(frameOf(0x89, question));
    const answered = () =>
      this.#frames.some(({ opcode, payload }) => opcode === 10 && `${payload}` === question);
    await this.#until(answered);
    return answered() ? 'open' : this.outcome;
  }

  /** The next text message. */
  async said(): Promise<string> {
    await this.#until(() => this.#frames.some(({ opcode }) => opcode === 1));
    return `${this.#frames.find(({ opcode }) => opcode === 1)?.payload}`;
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds() && !this.socket.destroyed) {
      await new Promise<void>((resolve) => {
        const over = () => {
          this.socket.off('data', over).off('close', over);
          resolve();
        };
        this.socket.once('data', over).once('close', over);
      });
    }
  }

  #take(bytes: Buffer): void {
    if (this.#upgraded) {
      this.#read(bytes);
      return;
    }
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0 || !this.#bytes.toString('latin1', 0, 12).endsWith(' 101')) return;
    this.#upgraded = true;
    this.#read(this.#bytes.subarray(end + 4));
  }

  #read(bytes: Buffer): void {
    try {
      this.#frames.push(...this.#reader.push(bytes));
    } catch (error) {
      this.#wrong = `bad frame: ${(error as Error).message}`;
    }
    if (this.#frames.length > 64) this.#frames.splice(0, 32);
  }

  #summary(): Outcome {
    if (this.#wrong !== undefined) return this.#wrong;
    if (!this.#upgraded) {
      const status = /^HTTP\/1.1 (\d+)/.exec(this.#bytes.toString('latin1', 0, 20))?.[1];
      return status === undefined ? 'ended' : `HTTP ${status}`;
    }
    const close = this.#frames.find(({ opcode }) => opcode === 8);
    if (close === undefined) return 'ended';
    return `close ${close.payload.length < 2 ? 1005 : close.payload.readUInt16BE(0)}`;
  }
}

/** A masked frame whose length field says what it likes, with a mask of zeros. */
export function rawFrame(first: number, length: number | bigint, payload: Buffer | string = ''): Buffer {
  const data = Buffer.from(payload as string);
  const long = typeof length === 'bigint' || length > 65_535;
  const header = Buffer.alloc(long ? 14 : length > 125 ? 8 : 6);
  header[0] = first;
  header[1] = 0x80 | (long ? 127 : length > 125 ? 126 : Number(length));
  if (long) header.writeBigUInt64BE(BigInt(length), 2);
  else if (length > 125) header.writeUInt16BE(Number(length), 2);
  return Buffer.concat([header, data]);
}

export const frameOf = (first: number, payload: Buffer | string = ''): Buffer =>
  rawFrame(first, Buffer.byteLength(payload), payload);
