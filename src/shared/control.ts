/** The control plane: what the application's thread may ask of the service thread, and what both are started with. */
import type { MessagePort } from 'node:worker_threads';
import type { ClosePlan } from './close-plan';
import type { ConnectionSummary } from './inbound';
import type { LiveOptions } from './live-options';
import type { ResolvedHubOptions } from './options';
import type { ProducerHandle } from './producer';

/**
 * `'late'`: it has a ping unanswered for a second longer than its fastest pong took. `'skipping'`, `'conflating'`: it is too far behind,
 * and does not get every message.
 */
export type ConnectionState = 'ok' | 'late' | 'skipping' | 'conflating';

/** One open connection, as `hub.connections()` reports it. */
export interface ConnectionReport extends ConnectionSummary {
  /** Every channel it gets now. */
  channels: string[];
  /** When it was opened: milliseconds since 1970. */
  connectedAt: number;
  /** What is for it and not acknowledged: its WebSocket stack is not known to have read it. */
  lagBytes: number;
  lagMessages: number;
  /** When it will be closed, in ms since 1970, unless `hub.renew` puts it off. */
  expiresAtMs?: number;
  /** How old the oldest of that is; once it is handed to the socket, since then. */
  lagMs: number;
  /** Of the lag, what is not handed to its socket. */
  unsentBytes: number;
  unsentMessages: number;
  /** What it has acknowledged since it was opened; null where it is not asked (`acknowledge: false`). */
  acknowledgedBytes: number | null;
  acknowledgedMessages: number | null;
  /** How long its last pong took, and its fastest, in ms; null while none has come. */
  roundTripMs: number | null;
  minRoundTripMs: number | null;
  state: ConnectionState;
}

/** Calls over the control port. Every one has a deadline at the caller's side. */
export interface ServiceControl {
  connections(): Promise<ConnectionReport[]>;
  /** Whether peers' messages are wanted at all: without a listener they need not cross threads. */
  forwardMessages(wanted: boolean): Promise<void>;
  /** Answers, and nothing else: so the caller knows that the service's loop goes round. */
  heartbeat(): Promise<void>;
  /** Puts new limits in the place of those in use. */
  reconfigure(limits: LiveOptions): Promise<void>;
  forwardFragments(wanted: boolean): Promise<void>;
  /** Puts off when a connection is closed; infinite: it is not. @returns false if it is gone */
  renew(connectionId: number, expiresAtMs: number): Promise<boolean>;
  /** Drains, flushes, closes. @returns how many connections had to be cut at the deadline */
  close(plan: ClosePlan): Promise<number>;
}

/** What the service thread is started with. */
export interface ServiceStart {
  handle: ProducerHandle;
  options: ResolvedHubOptions;
  /** Control plane. */
  control: MessagePort;
  /** Batches to the application, credits back. */
  inbound: MessagePort;
  /** Questions about handshakes, where `authorize` is a function of the application. */
  questions?: MessagePort;
  /** In a load test: a module that is told of what the engine does, and its memory. */
  observer?: { file: string; memory: SharedArrayBuffer };
}

/** The first thing that the service thread says. */
export type ServiceReady =
  | { type: 'listening'; port: number }
  | { type: 'failed'; code: string; message: string; cause: { code?: string; message: string } | undefined };
