/** A connection as a handler module sees it. Thread: the service's. */
import { encodeChannelName } from '../../shared/channel-name';
import { CloseCode, isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../../shared/close-codes';
import type { Connection } from './connection';
import type { Engine } from './engine';
import { Opcode } from './frame';
import type { HandlerConnection } from './handler-module';

export class HandledConnection implements HandlerConnection {
  data: unknown;
  readonly #connection: Connection;
  readonly #engine: Engine;

  constructor(connection: Connection, engine: Engine) {
    this.#connection = connection;
    this.#engine = engine;
  }

  get id(): number {
    return this.#connection.id;
  }

  get channel(): string {
    return this.#connection.home.name;
  }

  get remoteAddress(): string {
    return this.#connection.socket.remoteAddress;
  }

  send(data: string | Uint8Array): boolean {
    if (typeof data === 'string') return this.#connection.send(Opcode.TEXT, Buffer.from(data, 'utf8'));
    if (!(data instanceof Uint8Array))
      throw new TypeError(`data is ${typeof data}: it must be a string or a Uint8Array`);
    return this.#connection.send(Opcode.BINARY, data);
  }

  subscribe(name: string): boolean {
    encodeChannelName(name);
    const channel = this.#engine.channel(name);
    return typeof channel !== 'string' && this.#connection.subscribe(channel);
  }

  unsubscribe(name: string): boolean {
    encodeChannelName(name);
    const channel = this.#engine.channel(name);
    return typeof channel !== 'string' && this.#connection.unsubscribe(channel);
  }

  close(code: number = CloseCode.NORMAL, reason = ''): void {
    if (!isSendableCloseCode(code))
      throw new RangeError(
        `close code is ${code}: it must be 1000 to 1014 (not 1004 to 1006) or 3000 to 4999`,
      );
    if (Buffer.byteLength(reason) > MAX_CLOSE_REASON_BYTES) {
      throw new RangeError(
        `close reason of ${Buffer.byteLength(reason)} bytes: the longest is ${MAX_CLOSE_REASON_BYTES}`,
      );
    }
    this.#connection.finish(code, reason);
  }

  pause(): void {
    this.#connection.pause('handler');
  }

  resume(): void {
    this.#connection.resume('handler');
  }
}
