/** A connection as a handler module sees it. Thread: the service's. */
import { checkExpiry } from '../../shared/authorization';
import { encodeChannelName } from '../../shared/channel-name';
import { CloseCode, isSendableCloseCode, MAX_CLOSE_REASON_BYTES } from '../../shared/close-codes';
import { type FragmentPlace, type MessageOptions, OutgoingMessage } from '../../shared/outgoing-message';
import type { Channel } from './channel';
import type { NoChannel } from './channel-table';
import type { Connection } from './connection';
import { Opcode } from './frame';
import type { HandlerConnection } from './handler-module';
import type { OpenMessages } from './open-messages';
import type { FrameSettled, MessageSender } from './private-queue';

/** What a handler's connection asks of the engine. */
export interface HandlerHost {
  channel(name: string): Channel | NoChannel;
  renew(connectionId: number, expiresAtMs: number): boolean;
  readonly openMessages: OpenMessages;
}

export class HandledConnection implements HandlerConnection {
  data: unknown;
  readonly #connection: Connection;
  readonly #host: HandlerHost;

  constructor(connection: Connection, host: HandlerHost, data?: unknown) {
    this.#connection = connection;
    this.#host = host;
    this.data = data;
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

  get identity(): unknown {
    return this.#connection.summary.identity;
  }

  renew(expiresAtMs: number): boolean {
    checkExpiry('expiresAtMs is', expiresAtMs);
    return this.#host.renew(this.id, expiresAtMs);
  }

  send(data: string | Uint8Array): boolean {
    if (typeof data === 'string') return this.#connection.send(Opcode.TEXT, Buffer.from(data, 'utf8'));
    if (!(data instanceof Uint8Array))
      throw new TypeError(`data is ${typeof data}: it must be a string or a Uint8Array`);
    return this.#connection.send(Opcode.BINARY, data);
  }

  beginMessage(options?: MessageOptions): OutgoingMessage {
    const sender = this.#host.openMessages.handlerSender();
    const opcode = options?.text === true ? Opcode.TEXT : Opcode.BINARY;
    const send = (bytes: Uint8Array, place: FragmentPlace) =>
      new Promise<boolean>((resolve) => {
        if (!this.#sendFragment(sender, opcode, bytes, place, resolve)) resolve(false);
      });
    return new OutgoingMessage(send, options);
  }

  #sendFragment(
    sender: MessageSender,
    opcode: Opcode,
    bytes: Uint8Array,
    { first, last }: FragmentPlace,
    settled: FrameSettled,
  ): boolean {
    const connection = this.#connection;
    if (first && last) return connection.send(opcode, bytes, settled);
    if (first) return this.#host.openMessages.begin(connection, sender, opcode, bytes, settled);
    return connection.continueMessage(sender, bytes, last, settled);
  }

  subscribe(name: string): boolean {
    encodeChannelName(name);
    const channel = this.#host.channel(name);
    return typeof channel !== 'string' && this.#connection.subscribe(channel);
  }

  unsubscribe(name: string): boolean {
    encodeChannelName(name);
    const channel = this.#host.channel(name);
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
