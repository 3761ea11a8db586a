/** What the relay thread is started with, what it and the thread that started it say, and the counters that both see. */
import { readCounter, setCounter } from '../counters';
import type { LogHandle } from '../log';
import type { ProducerHandle } from '../producer-handle';

/** Where a producer in another process stands with its hub. */
export type ConnectionState = 'connecting' | 'connected' | 'disconnected' | 'closed';

export interface RelayStart {
  /** Absolute path of the hub's private socket. */
  socket: string;
  /** How long the first connection may take, and how long the hub may take to answer at each. */
  timeoutMs: number;
  /** Whether the first connection is tried again until then. */
  waitForHub: boolean;
  /** Whether a connection that broke is made again. */
  reconnect: boolean;
  maxReconnectDelayMs: number;
  /** Threads of this process that may post at once. */
  maxProducers: number;
  /** See `RelayStatus`. */
  status: SharedArrayBuffer;
  /** Where the relay's lines go. */
  log: LogHandle;
}

/** A failure as plain data: an error's code and cause do not survive the way between threads. */
export interface PlainFailure {
  code: string;
  message: string;
  cause: { code?: string; message: string } | undefined;
}

/** What the relay says. */
export type RelayMessage =
  | { type: 'ready'; handle: ProducerHandle }
  | { type: 'failed'; failure: PlainFailure }
  | { type: 'state'; state: ConnectionState; failure: PlainFailure | undefined };

/** What it is told: end, but first get what was posted acknowledged, as far as that goes until the deadline. */
export interface RelayOrder {
  type: 'close';
  deadlineMs: number;
}

const STATES: readonly ConnectionState[] = ['connecting', 'connected', 'disconnected', 'closed'];
const StatusWord = { STATE: 0, ACKNOWLEDGED: 2, LOST: 4, CONNECTIONS: 6 } as const;

/** Counters of the relay, in shared memory. Written by the relay thread, read by any. */
export class RelayStatus {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(32)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  get state(): ConnectionState {
    return STATES[Atomics.load(this.#words, StatusWord.STATE)];
  }

  set state(state: ConnectionState) {
    Atomics.store(this.#words, StatusWord.STATE, STATES.indexOf(state));
  }

  /** Messages that a hub has in its ring. */
  get acknowledged(): number {
    return readCounter(this.#words, StatusWord.ACKNOWLEDGED);
  }

  set acknowledged(messages: number) {
    setCounter(this.#words, StatusWord.ACKNOWLEDGED, messages);
  }

  /** Messages that were posted and that no hub will get. */
  get lost(): number {
    return readCounter(this.#words, StatusWord.LOST);
  }

  set lost(messages: number) {
    setCounter(this.#words, StatusWord.LOST, messages);
  }

  /** Connections made, the first one too. */
  get connections(): number {
    return readCounter(this.#words, StatusWord.CONNECTIONS);
  }

  set connections(count: number) {
    setCounter(this.#words, StatusWord.CONNECTIONS, count);
  }
}
