/**
 * One connection's talk by an adapter, whatever kind of peer carries it: the adapter's answers become what the peer is to do.
 *
 * Thread: a load thread.
 */
import type { Adapter, AdapterSession, Incoming, Outgoing } from '../../shared/load/adapter';
import { ConnectError, ConnectFailure } from './connect-error';

/** What the session asks of its peer. */
export interface SessionPeer {
  readonly number: number;
  readonly publisher: boolean;
  write(payload: Uint8Array, text: boolean): boolean;
  /** The adapter is satisfied. Told once. */
  ready(): void;
  /** A message of the test. */
  payload(bytes: Buffer, start: number, end: number, binary: boolean): void;
  fail(error: Error): void;
}

export class Session {
  readonly #adapter: Adapter;
  readonly #peer: SessionPeer;
  readonly #session: AdapterSession;
  #ready = false;

  constructor(adapter: Adapter, peer: SessionPeer) {
    this.#adapter = adapter;
    this.#peer = peer;
    this.#session = { client: peer.number, publisher: peer.publisher, state: undefined };
  }

  /** The upgrade is done. */
  open(): void {
    this.#sendAll(this.#ask(() => this.#adapter.open?.(this.#session)));
    if (this.#adapter.message === undefined) this.#becomeReady();
  }

  message(bytes: Buffer, start: number, end: number, binary: boolean): void {
    const { message } = this.#adapter;
    if (message === undefined) {
      this.#peer.payload(bytes, start, end, binary);
      return;
    }
    const incoming = this.#ask(() =>
      message.call(this.#adapter, bytes.subarray(start, end), binary, this.#session),
    );
    if (incoming !== undefined) this.#follow(incoming, bytes, start, end, binary);
  }

  /** @returns whether the socket has room for more */
  send(payload: Uint8Array, text: boolean): boolean {
    const { wrap } = this.#adapter;
    if (wrap === undefined) return this.#peer.write(payload, text);
    return this.#sendAll(this.#ask(() => wrap.call(this.#adapter, payload, text, this.#session)));
  }

  #follow(incoming: Incoming, bytes: Buffer, start: number, end: number, binary: boolean): void {
    const { refused, reply, ready, control, payload } = incoming;
    if (refused !== undefined) {
      this.#peer.fail(new ConnectError(ConnectFailure.REFUSED, `the server refused: ${refused}`));
      return;
    }
    this.#sendAll(reply);
    if (ready === true) this.#becomeReady();
    if (control === true) return;
    if (payload === undefined) this.#peer.payload(bytes, start, end, binary);
    else {
      const { buffer, byteOffset, length } = payload;
      this.#peer.payload(Buffer.from(buffer, byteOffset, length), 0, length, binary);
    }
  }

  #becomeReady(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#peer.ready();
  }

  #sendAll(outgoing: Outgoing[] | undefined): boolean {
    let room = true;
    for (const { data } of outgoing ?? []) {
      const text = typeof data === 'string';
      room = this.#peer.write(text ? Buffer.from(data) : data, text);
    }
    return room;
  }

  /** Calls the adapter. @returns undefined if it threw: then the peer has failed */
  #ask<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      const { name, message } = error as Error;
      const text = `the adapter ${this.#adapter.name} threw ${name}: ${message}`;
      this.#peer.fail(new ConnectError(ConnectFailure.ADAPTER, text));
      return undefined;
    }
  }
}
