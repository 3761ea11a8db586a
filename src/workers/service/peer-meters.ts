/**
 * What each peer sends, measured against what one peer may send: a token bucket each for messages, bytes, and frames that
 * carry nothing of a message. Who passes a limit is closed with 1008, and not listened to any more.
 *
 * Time in which a peer was not read counts in its favour: what it sent meanwhile comes at once, and that is our doing.
 *
 * Thread: the service's.
 */
import { type Board, HubCounter } from '../../shared/board';
import { NO_LIMIT } from '../../shared/capacity';
import { CloseCode } from '../../shared/close-codes';
import type { PeerLimits } from '../../shared/options';
import { TokenBucket } from '../../shared/token-bucket';
import type { Connection } from './connection';

/** The limits that are rates: what they count, and how a close reason calls it. */
const RATES = {
  maxMessagesPerSecond: 'messages',
  maxBytesPerSecond: 'bytes of messages',
  maxControlFramesPerSecond: 'control frames',
} as const;
type Rate = keyof typeof RATES;

interface Gauge {
  bucket: TokenBucket;
  /** The connection's `unreadMs` at the last take. */
  unreadMs: number;
}

export class PeerMeters {
  readonly #limits: PeerLimits;
  readonly #board: Board;
  /** Made when a peer first sends what is limited. */
  readonly #gauges = new WeakMap<Connection, Partial<Record<Rate, Gauge>>>();

  /** @param limits looked up at each frame: they may change */
  constructor(limits: PeerLimits, board: Board) {
    this.#limits = limits;
    this.#board = board;
  }

  /** @returns false if that was too much: then the connection is closing */
  tookMessage(connection: Connection, messages: number, bytes: number, nowMs: number): boolean {
    return (
      this.#took(connection, 'maxMessagesPerSecond', messages, nowMs) &&
      this.#took(connection, 'maxBytesPerSecond', bytes, nowMs)
    );
  }

  /** The same of a frame that carries nothing of a message. */
  tookControlFrame(connection: Connection, nowMs: number): boolean {
    return this.#took(connection, 'maxControlFramesPerSecond', 1, nowMs);
  }

  #took(connection: Connection, rate: Rate, count: number, nowMs: number): boolean {
    const perSecond = this.#limits[rate];
    if (perSecond === NO_LIMIT || count === 0) return true;
    const gauge = this.#gaugeOf(connection, rate);
    const unreadMs = connection.life.reading.unreadMs(nowMs);
    const burst = Math.max(1, (perSecond * this.#limits.peerBurstMs) / 1_000);
    const within = gauge.bucket.tryTake(count, nowMs, { perSecond, burst }, unreadMs - gauge.unreadMs);
    gauge.unreadMs = unreadMs;
    if (within) return true;
    this.#board.countHub(HubCounter.DISCONNECTED_FLOODING, 1);
    connection.expel(CloseCode.POLICY_VIOLATION, `more than ${perSecond} ${RATES[rate]} per second`);
    return false;
  }

  #gaugeOf(connection: Connection, rate: Rate): Gauge {
    let gauges = this.#gauges.get(connection);
    if (gauges === undefined) {
      gauges = {};
      this.#gauges.set(connection, gauges);
    }
    gauges[rate] ??= { bucket: new TokenBucket(), unreadMs: 0 };
    return gauges[rate];
  }
}
