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

/** How the connections to one address talk. */
export interface AdapterLine {
  readonly adapter: Adapter;
  readonly url: URL;
  /** There if the adapter has a heartbeat. */
  readonly heartbeats: Heartbeats | undefined;
}

/** @param url of the plan. @returns undefined if messages are bare payloads */
export function adapterLine(adapter: Adapter | undefined, url: URL): AdapterLine | undefined {
  if (adapter === undefined) return undefined;
  const heartbeats = adapter.heartbeat && new Heartbeats(adapter.heartbeat.everyMs);
  return { adapter, url: adapter.url?.(new URL(url)) ?? url, heartbeats };
}

/** One timer for all sessions of an address, running while there are any. */
export class Heartbeats {
  readonly #everyMs: number;
  readonly #sessions = new Set<Session>();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  add(session: Session): void {
    this.#sessions.add(session);
    this.#timer ??= setInterval(() => {
      for (const one of this.#sessions) one.heartbeat();
    }, this.#everyMs);
  }

  delete(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

export class Session {
  readonly #adapter: Adapter;
  readonly #peer: SessionPeer;
  readonly #session: AdapterSession;
  readonly #heartbeats: Heartbeats | undefined;
  #opened = false;
  #ready = false;

  constructor(line: AdapterLine, peer: SessionPeer) {
    const { adapter, url } = line;
    this.#adapter = adapter;
    this.#peer = peer;
    this.#session = { client: peer.number, url, publisher: peer.publisher, state: undefined };
    this.#heartbeats = line.heartbeats;
    line.heartbeats?.add(this);
  }

  /** The upgrade is done. */
  open(): void {
    this.#opened = true;
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

  /** @internal as Heartbeats */
  heartbeat(): void {
    const { heartbeat } = this.#adapter;
    if (this.#opened) this.#sendAll(this.#ask(() => heartbeat?.messages(this.#session)));
  }

  /** The connection is gone. */
  end(): void {
    this.#heartbeats?.delete(this);
  }

  #follow(incoming: Incoming, bytes: Buffer, start: number, end: number, binary: boolean): void {
    const { refused, reply, ready, control, payload, payloads } = incoming;
    if (refused !== undefined) {
      this.#peer.fail(new ConnectError(ConnectFailure.REFUSED, `the server refused: ${refused}`));
      return;
    }
    this.#sendAll(reply);
    if (ready === true) this.#becomeReady();
    if (control === true) return;
    if (payloads !== undefined) for (const one of payloads) this.#tell(one, binary);
    else if (payload !== undefined) this.#tell(payload, binary);
    else this.#peer.payload(bytes, start, end, binary);
  }

  #tell({ buffer, byteOffset, length }: Uint8Array, binary: boolean): void {
    this.#peer.payload(Buffer.from(buffer, byteOffset, length), 0, length, binary);
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
