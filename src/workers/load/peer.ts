/**
 * One connection of the load: the client's side. Two kinds have this face: raw sockets (`sink`) and the `ws` client.
 *
 * Thread: a load thread.
 */

import type { SlowGroup } from '../../shared/load/plan';

/** What all peers of a thread report to: one object, so that a connection costs no closures. */
export interface PeerEvents {
  /** The upgrade is done, and the adapter is satisfied. */
  opened(peer: Peer, timings: ConnectTimings): void;
  /**
   * A whole message: `bytes` from `start` to `end`, valid during the call only. Places instead of a view, since a view is an object
   * for each message. `receivedNs`: when the bytes were read, on this host's monotonic clock.
   */
  message(peer: Peer, bytes: Buffer, start: number, end: number, binary: boolean, receivedNs: number): void;
  pong?(peer: Peer): void;
  /** A ping came, and was answered. */
  pinged?(peer: Peer): void;
  /** What was queued has left for the kernel, after a `send` that answered false. */
  writable(peer: Peer): void;
  /**
   * It is over, told once, also when it never opened. `code`: the close frame's, or 1006 without one. `error`: `ECONNREFUSED`,
   * `HTTP 503`, … where there is one.
   */
  closed(peer: Peer, code: number, reason: string, error: Error | undefined): void;
}

/** Nanoseconds, of one attempt. */
export interface ConnectTimings {
  tcpNs: number;
  tlsNs: number;
  upgradeNs: number;
}

/** What a connection is for. */
export interface PeerRole {
  readonly number: number;
  readonly publisher: boolean;
  /** Index into `plan.slow`, or -1. */
  readonly slowGroup: number;
  readonly slow: SlowGroup['behaviour'] | undefined;
}

export interface Peer {
  /** The client's number in the whole test; publishers come after the clients. */
  readonly number: number;
  readonly publisher: boolean;
  /** Index into `plan.slow`, or -1: a peer that behaves. */
  readonly slowGroup: number;
  /** For whoever counts: what belongs to this connection. */
  state: unknown;
  /** Wraps the payload by the adapter, masks, writes. False: the socket is full (what was given is queued nevertheless). */
  send(payload: Uint8Array, text: boolean): boolean;
  readonly open: boolean;
  /** The plan had it cut: see the slow groups. */
  readonly wasCut: boolean;
  /** Bytes that wait in this process. */
  readonly queuedBytes: number;
  wireBytes: number;
  /** Sends a close frame, waits a while for the answer. */
  close(code?: number, reason?: string): void;
  /** Resets the connection. */
  terminate(): void;
}
