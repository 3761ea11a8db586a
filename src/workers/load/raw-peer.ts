/**
 * A connection over a bare socket (`client: 'sink'`), as cheap as can be: all sockets of a thread read into one buffer, messages
 * are handed out where they lie, and nothing of a handshake stays behind.
 *
 *     connecting ─▶ upgrading ─▶ open ─▶ closing ─▶ closed
 *          └────────────┴──────────┴──────────────────▲
 *
 * Thread: a load thread.
 */
import type { Socket } from 'node:net';
import { CloseCode } from '../../shared/close-codes';
import { monotonicNs } from '../../shared/load/monotonic';
import { Opcode } from '../service/frame';
import { Session, type SessionPeer } from './adapter-session';
import { ConnectError, ConnectFailure, withRemedy } from './connect-error';
import { FrameParser, type ParserSink } from './frame-parser';
import { Handshake, HEAD_INCOMPLETE } from './handshake';
import type { BatchTarget } from './outgoing-batch';
import type { Peer, PeerEvents, PeerRole } from './peer';
import type { RawRoute } from './raw-route';
import { SlowReader } from './slow-reader';

/** How long is waited for the server once a close frame was sent. */
export const CLOSE_TIMEOUT_MS = 2_000;
/** With so many bytes waiting in this process a socket is full. */
export const FULL_BYTES = 64 * 1024;

export class RawPeer implements Peer, ParserSink, SessionPeer, BatchTarget {
  readonly number: number;
  readonly publisher: boolean;
  readonly slowGroup: number;
  readonly socket: Socket;
  state: unknown = undefined;
  wireBytes = 0;
  wasCut = false;

  readonly #route: RawRoute;
  readonly #events: PeerEvents;
  readonly #parser: FrameParser;
  readonly #session: Session | undefined;
  readonly #slow: SlowReader | undefined;
  /** There until the connection is open. */
  #handshake: Handshake | undefined;
  #open = false;
  #full = false;
  /** There once a close frame was sent. */
  #closing: NodeJS.Timeout | undefined;
  #closeCode: number = CloseCode.ABNORMAL;
  #closeReason = '';
  #error: Error | undefined;

  /** Begins to connect. */
  constructor(route: RawRoute, role: PeerRole, events: PeerEvents) {
    this.number = role.number;
    this.publisher = role.publisher;
    this.slowGroup = role.slowGroup;
    this.#route = route;
    this.#events = events;
    this.#parser = new FrameParser(this);
    this.#session = route.line === undefined ? undefined : new Session(route.line, this);
    this.#slow = role.slow === undefined ? undefined : new SlowReader(role.slow, role.number);
    this.#handshake = new Handshake(route.subprotocols);
    this.socket = route.connect(role.number, (length) => this.#read(length), this.#slow?.readBytes);
    this.#watch();
  }

  get open(): boolean {
    return this.#open;
  }

  get encrypted(): boolean {
    return this.#route.encrypted;
  }

  get queuedBytes(): number {
    return this.socket.writableLength + this.#route.batch.waiting(this);
  }

  send(payload: Uint8Array, text: boolean): boolean {
    return this.#session === undefined ? this.write(payload, text) : this.#session.send(payload, text);
  }

  close(code: number = CloseCode.NORMAL, reason = ''): void {
    if (this.#closing !== undefined || this.socket.destroyed) return;
    if (!this.#open) {
      this.socket.destroy();
      return;
    }
    if (this.#slow !== undefined) {
      this.#parser.stop(); // what it had no mind to read is nobody's now
      this.#slow.stop(this.socket);
    }
    this.#sendClose(code, Buffer.from(reason));
  }

  terminate(): void {
    this.#parser.stop();
    if (this.encrypted || this.socket.connecting) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** @internal as SlowPeer */
  cut(): void {
    this.wasCut = true;
    this.terminate();
  }

  /** @internal as SessionPeer */
  write(payload: Uint8Array, text: boolean): boolean {
    if (this.#closing !== undefined || this.socket.destroyed) return false;
    this.wireBytes += this.#route.batch.add(this, text ? Opcode.TEXT : Opcode.BINARY, payload);
    if (this.socket.writableLength < FULL_BYTES) return true;
    this.#tellWhenWritable();
    return false;
  }

  /** @internal as SessionPeer */
  ready(): void {
    const { timings } = this.#handshake!;
    this.#handshake = undefined;
    this.#open = true;
    this.#slow?.start(this);
    this.#events.opened(this, timings);
  }

  /** @internal as SessionPeer */
  payload(bytes: Buffer, start: number, end: number, binary: boolean): void {
    this.#events.message(this, bytes, start, end, binary, this.#route.receivedNs);
  }

  /** @internal as SessionPeer */
  fail(error: Error): void {
    this.#error ??= error;
    this.#parser.stop();
    this.socket.destroy();
  }

  /** @internal as ParserSink, and all below */
  message(bytes: Buffer, start: number, end: number, binary: boolean): void {
    if (this.#session === undefined)
      this.#events.message(this, bytes, start, end, binary, this.#route.receivedNs);
    else this.#session.message(bytes, start, end, binary);
  }

  ping(bytes: Buffer, start: number, end: number): void {
    if (this.#slow?.silent === true || this.#closing !== undefined) return;
    this.wireBytes += this.#route.batch.add(this, Opcode.PONG, bytes.subarray(start, end));
    this.#events.pinged?.(this);
  }

  pong(): void {
    this.#events.pong?.(this);
  }

  /** It is answered, and the server ends the connection (RFC 6455 section 7.1.1). */
  closed(code: number, reason: string): void {
    this.#closeCode = code;
    this.#closeReason = reason;
    if (this.#slow?.silent === true || this.#closing !== undefined) return;
    this.#sendClose(code === CloseCode.NONE ? undefined : code, Buffer.alloc(0));
  }

  fault(code: number, text: string): void {
    this.#error ??= new ConnectError(ConnectFailure.PROTOCOL, `the server broke the protocol: ${text}`);
    if (this.#closing !== undefined) return;
    this.#sendClose(code, Buffer.from(text));
    this.#route.batch.flush();
    this.socket.end();
  }

  #read(length: number): boolean {
    this.#route.receivedNs = monotonicNs();
    this.wireBytes += length;
    this.#slow?.took(this.socket, length, this.#route.receivedNs / 1e6);
    if (this.#handshake === undefined || this.#handshake.upgraded)
      this.#parser.push(this.#route.readBuffer, 0, length);
    else this.#readAnswer(this.#handshake, length);
    return true;
  }

  #readAnswer(handshake: Handshake, length: number): void {
    let behind: number;
    try {
      behind = handshake.take(this.#route.readBuffer, length);
    } catch (error) {
      this.fail(error as Error);
      return;
    }
    if (behind === HEAD_INCOMPLETE) return;
    if (this.#session === undefined) this.ready();
    else this.#session.open();
    this.#parser.push(this.#route.readBuffer, behind, length);
  }

  #sendClose(code: number | undefined, reason: Buffer): void {
    const payload = Buffer.alloc(code === undefined ? 0 : 2 + reason.length);
    if (code !== undefined) reason.copy(payload, payload.writeUInt16BE(code));
    this.#route.batch.add(this, Opcode.CLOSE, payload);
    this.#closing = setTimeout(() => this.socket.destroy(), CLOSE_TIMEOUT_MS);
  }

  #watch(): void {
    const { socket } = this;
    socket.once('connect', () => {
      this.#handshake?.connected();
      if (!this.encrypted) this.#request();
    });
    if (this.encrypted)
      socket.once('secureConnect', () => {
        this.#handshake?.secured();
        this.#request();
      });
    socket.on('error', (error) => {
      this.#error ??= withRemedy(error);
    });
    socket.once('close', () => this.#over());
  }

  #request(): void {
    this.#route.reached(this.socket);
    if (this.#handshake !== undefined)
      this.socket.write(this.#handshake.requestText(this.#route.request), 'latin1');
  }

  #tellWhenWritable(): void {
    if (this.#full) return;
    this.#full = true;
    this.socket.once('drain', () => {
      this.#full = false;
      this.#events.writable(this);
    });
  }

  #over(): void {
    clearTimeout(this.#closing);
    this.#slow?.end();
    this.#session?.end();
    this.#parser.stop();
    this.#open = false;
    if (this.#handshake !== undefined && this.#closing === undefined)
      this.#error ??= new ConnectError(
        ConnectFailure.CLOSED_EARLY,
        `the server closed before ${this.#handshake.upgraded ? 'the client was ready' : 'it had answered the upgrade'}`,
      );
    this.#events.closed(this, this.#closeCode, this.#closeReason, this.#error);
  }
}
