/**
 * A producer in another process than its hub's: it starts the relay thread, which has the connection, and is otherwise the
 * same as a producer in a thread of the hub.
 *
 * Thread: the one that called `connectProducer`.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { HubError, HubErrorCode } from '../shared/errors';
import {
  type ConnectionState,
  type PlainFailure,
  type RelayMessage,
  type RelayOrder,
  type RelayStart,
  RelayStatus,
} from '../shared/foreign/relay-start';
import { checkSocketPath } from '../shared/foreign/safe-path';
import { logHandle } from '../shared/log';
import { Producer, type ProducerHandle } from '../shared/producer';
import { closeRing, LaneWord, RingMemory, sumLanes } from '../shared/ring';
import { MAX_LANES } from '../shared/ring/layout';
import { workerArguments } from './launch-arguments';

export type { ConnectionState } from '../shared/foreign/relay-start';

export interface ConnectOptions {
  /** Absolute path of the hub's socket: its option `producers.socket`, or `--socket` of `ringcast run`. */
  socket: string;
  /** How long connecting and the hub's greeting may take, in ms (default 5,000). */
  timeoutMs?: number;
  /** If there is no hub yet, try again until `timeoutMs` (default false: fail at once). */
  waitForHub?: boolean;
  /**
   * When the connection breaks or the hub closes, connect again (default true): until then posts are accepted as long as
   * there is room. With false, posts answer `'closed'` from then on.
   */
  reconnect?: boolean;
  /** The longest wait between two attempts to connect again, in ms (default 5,000). */
  maxReconnectDelayMs?: number;
  /** How many threads of this process may post at once, this one included (default 16). Lanes that are never used cost no memory. */
  maxProducers?: number;
  /** Called when the connection comes and goes, with the reason of what went wrong. Not for the first connection. */
  onStateChange?: (state: ConnectionState, reason: HubError | undefined) => void;
}

export interface CloseConnectionOptions {
  /** After this many ms what the hub has not acknowledged is given up (default 10,000). */
  deadlineMs?: number;
}

/** Messages of all threads of this process, in figures. `posted = acknowledged + pending + lost`. */
export interface ConnectedProducerStats {
  state: ConnectionState;
  /** Posts that were answered `'posted'`, and `'full'`. */
  posted: number;
  refused: number;
  /** The hub has them in its ring. */
  acknowledged: number;
  /** On the way. */
  pending: number;
  /** Given up: at the deadline of `close`, or with `reconnect: false` when the connection broke. */
  lost: number;
  /** Connections made so far. */
  connections: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_MAX_RECONNECT_DELAY_MS = 5_000;
const DEFAULT_MAX_PRODUCERS = 16;
const DEFAULT_CLOSE_DEADLINE_MS = 10_000;
/** The longest delay of a timer. */
const MAX_MS = 2 ** 31 - 1;
/** The relay may end this much later than the deadline of `close`. */
const CLOSE_SLACK_MS = 2_000;

const KEYS = [
  'socket',
  'timeoutMs',
  'waitForHub',
  'reconnect',
  'maxReconnectDelayMs',
  'maxProducers',
  'onStateChange',
];

/** See `connectProducer` of the entry. */
export async function connectProducer(options: ConnectOptions): Promise<ConnectedProducer> {
  const status = new RelayStatus();
  const start = startOf(options, status);
  const worker = new Worker(relayFile(), { name: 'ringcast relay', workerData: start, ...workerArguments() });
  const handle = await firstWords(worker);
  return new ConnectedProducer(handle, worker, status, options.onStateChange);
}

/** The producer of this thread, over a connection that all threads of the process share. Made by `connectProducer`. */
export class ConnectedProducer extends Producer {
  /** For other threads of this process: `attachProducer(handle)` there. Plain data. */
  readonly handle: ProducerHandle;
  readonly #worker: Worker;
  readonly #ring: RingMemory;
  readonly #status: RelayStatus;
  readonly #onStateChange: ConnectOptions['onStateChange'];
  readonly #ended: Promise<void>;
  /** The process would end by itself: first what was posted must get to the hub. */
  readonly #beforeExit = (): void => void this.close();
  #closing: Promise<ConnectedProducerStats> | undefined;

  /** @internal use `connectProducer` */
  constructor(
    handle: ProducerHandle,
    worker: Worker,
    status: RelayStatus,
    onStateChange: ConnectOptions['onStateChange'],
  ) {
    super(handle);
    this.handle = handle;
    this.#worker = worker;
    this.#ring = new RingMemory(handle.ring);
    this.#status = status;
    this.#onStateChange = onStateChange;
    let thrown: unknown;
    worker.on('error', (error) => {
      thrown = error;
    });
    worker.on('message', (message: RelayMessage) => this.#told(message));
    this.#ended = new Promise((resolve) =>
      worker.once('exit', () => {
        this.#relayGone(thrown);
        resolve();
      }),
    );
    worker.unref(); // a connection that has nothing to send keeps no process alive
    process.once('beforeExit', this.#beforeExit);
  }

  /** Whether the hub is connected now. */
  get state(): ConnectionState {
    return this.#status.state;
  }

  /** Figures of all threads of this process. Read from shared memory: no thread is asked. */
  stats(): ConnectedProducerStats {
    const { lost, acknowledged, state, connections } = this.#status;
    const drained = sumLanes(this.#ring, LaneWord.DRAINED);
    const posted = Math.max(drained, sumLanes(this.#ring, LaneWord.POSTED), acknowledged + lost);
    const refused = sumLanes(this.#ring, LaneWord.REFUSED);
    return { state, posted, refused, acknowledged, pending: posted - acknowledged - lost, lost, connections };
  }

  /**
   * Ends the connection, in order: posts of every thread of this process answer `'closed'`; what was posted goes to the hub
   * and is acknowledged; what was tracked is settled. Calling it again waits for the same end.
   *
   * @returns the last figures: `lost` says how many messages no hub has
   */
  override close({
    deadlineMs = DEFAULT_CLOSE_DEADLINE_MS,
  }: CloseConnectionOptions = {}): Promise<ConnectedProducerStats> {
    if (typeof deadlineMs !== 'number' || !(deadlineMs >= 0)) {
      return Promise.reject(new RangeError(`deadlineMs is ${String(deadlineMs)}: it must be 0 or more`));
    }
    this.#closing ??= this.#close(Math.min(deadlineMs, MAX_MS - CLOSE_SLACK_MS));
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<ConnectedProducerStats> {
    closeRing(this.#ring);
    super.close();
    this.#worker.ref();
    this.#worker.postMessage({ type: 'close', deadlineMs } satisfies RelayOrder);
    const timer = setTimeout(() => void this.#worker.terminate(), deadlineMs + CLOSE_SLACK_MS);
    await this.#ended;
    clearTimeout(timer);
    return this.stats();
  }

  #told(message: RelayMessage): void {
    if (message.type === 'state') this.#onStateChange?.(message.state, failureOf(message.failure));
  }

  /** The relay thread has ended. Unless it said so, that is a fault: nobody takes what is posted any more. */
  #relayGone(cause: unknown): void {
    process.off('beforeExit', this.#beforeExit);
    super.close();
    if (this.#status.state === 'closed') return;
    closeRing(this.#ring);
    this.#status.lost = Math.max(0, sumLanes(this.#ring, LaneWord.POSTED) - this.#status.acknowledged);
    this.#status.state = 'closed';
    this.#onStateChange?.(
      'closed',
      new HubError(HubErrorCode.INTERNAL, 'the thread that has the connection to the hub ended', { cause }),
    );
  }
}

/** @returns what threads need to post */
function firstWords(worker: Worker): Promise<ProducerHandle> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new HubError(HubErrorCode.CONNECT_FAILED, 'the thread that connects to the hub ended', { cause }),
      );
    worker.once('error', fail);
    worker.once('exit', fail);
    worker.once('message', (message: RelayMessage) => {
      worker.off('error', fail);
      worker.off('exit', fail);
      if (message.type === 'ready') resolve(message.handle);
      else reject(message.type === 'failed' ? failureOf(message.failure) : new Error(message.type));
    });
  });
}

function failureOf(failure: PlainFailure | undefined): HubError | undefined {
  if (failure === undefined) return undefined;
  const { code, message, cause } = failure;
  return new HubError(code as HubErrorCode, message, {
    cause: cause && Object.assign(new Error(cause.message), { code: cause.code }),
  });
}

function startOf(options: ConnectOptions, status: RelayStatus): RelayStart {
  if (typeof options !== 'object' || options === null || typeof options.socket !== 'string')
    throw new TypeError(
      "connectProducer needs { socket }: the path of the hub's socket, its option producers.socket",
    );
  for (const key of Object.keys(options)) {
    if (!KEYS.includes(key))
      throw new TypeError(`unknown option ${key}: connectProducer has ${KEYS.join(', ')}`);
  }
  try {
    checkSocketPath(options.socket);
  } catch (error) {
    throw new TypeError(`option socket: ${(error as Error).message}`);
  }
  return {
    socket: options.socket,
    timeoutMs: integer('timeoutMs', options.timeoutMs, DEFAULT_TIMEOUT_MS, 1, MAX_MS),
    waitForHub: flag('waitForHub', options.waitForHub, false),
    reconnect: flag('reconnect', options.reconnect, true),
    maxReconnectDelayMs: integer(
      'maxReconnectDelayMs',
      options.maxReconnectDelayMs,
      DEFAULT_MAX_RECONNECT_DELAY_MS,
      1,
      MAX_MS,
    ),
    maxProducers: integer('maxProducers', options.maxProducers, DEFAULT_MAX_PRODUCERS, 1, MAX_LANES),
    status: status.buffer,
    log: logHandle(),
  };
}

function integer(key: string, value: unknown, fallback: number, lowest: number, highest: number): number {
  const number = value ?? fallback;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < lowest || number > highest)
    throw new RangeError(`${key} is ${String(value)}: it must be an integer from ${lowest} to ${highest}`);
  return number;
}

function flag(key: string, value: unknown, fallback: boolean): boolean {
  const answer = value ?? fallback;
  if (typeof answer !== 'boolean')
    throw new TypeError(`${key} is ${String(value)}: it must be true or false`);
  return answer;
}

function relayFile(): string {
  return path.join(__dirname, '..', 'workers', 'relay', `thread${path.extname(__filename)}`);
}
