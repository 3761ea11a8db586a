/**
 * Looks after peers, each when it is due: whether it lives, whether its write goes on, whether its pongs are late. A quiet peer
 * is looked at once in a ping interval, a busy one with every sweep.
 *
 * Thread: the service's.
 */
import { type Board, ChannelCounter } from '../../../shared/board';
import { log } from '../../../shared/log';
import type { Channel } from '../channel';
import type { Connection } from '../connection';
import { TimeWheel } from './time-wheel';

/** A peer that something is written to, or that owes a pong, is looked at this often. */
export const LOOK_MS = 250;
const SLOT_MS = 50;
/** A peer is asked so soon again only for the time that has passed … */
const MIN_SPACING_MS = 1_000;
/** … with many peers later, so that all of them together cost at most so many pings a second … */
const PINGS_PER_SECOND = 2_000;
/** … but not later than this. */
const MAX_SPACING_MS = 5_000;

export interface PeerWatchParts {
  board: Board;
  /** May change while the hub runs. */
  options: { readonly pingIntervalMs: number; readonly pongTimeoutMs: number };
}

export class PeerWatch {
  /** Peers that owe a pong for longer than they should. */
  readonly late = new Set<Connection>();
  readonly #parts: PeerWatchParts;
  readonly #wheel: TimeWheel<Connection>;

  constructor(parts: PeerWatchParts, nowMs: number) {
    this.#parts = parts;
    this.#wheel = new TimeWheel(SLOT_MS, nowMs);
  }

  /** How many peers it looks after. */
  get size(): number {
    return this.#wheel.size;
  }

  /** How long after a ping the next one may go only for the time that has passed. */
  get pingSpacingMs(): number {
    return Math.min(MAX_SPACING_MS, Math.max(MIN_SPACING_MS, (this.#wheel.size * 1_000) / PINGS_PER_SECOND));
  }

  /** The peer is looked at by then, or before. */
  watch(connection: Connection, dueMs: number): void {
    if (connection.dueMs > dueMs) this.#wheel.schedule(connection, dueMs);
  }

  forget(connection: Connection): void {
    this.#wheel.remove(connection);
    this.late.delete(connection);
  }

  /** Channels that a late peer has. */
  get lateChannels(): Set<Channel> {
    const channels = new Set<Channel>();
    for (const { subscriptions } of this.late) for (const { channel } of subscriptions) channels.add(channel);
    return channels;
  }

  sweep(nowMs: number): void {
    this.#wheel.go(nowMs, (connection) => this.#look(connection, nowMs));
  }

  #look(connection: Connection, nowMs: number): void {
    if (connection.closing) return;
    const { maxStallMs } = connection.home.policy;
    if (connection.life.stalledMs(nowMs) > maxStallMs) {
      this.#cutStalled(connection, maxStallMs);
      return;
    }
    const { pingIntervalMs, pongTimeoutMs } = this.#parts.options;
    const dueMs = connection.look(nowMs, pingIntervalMs, pongTimeoutMs);
    if (connection.closing) return;
    if (connection.late) this.late.add(connection);
    else this.late.delete(connection);
    if (dueMs < Number.POSITIVE_INFINITY) this.watch(connection, dueMs);
  }

  #cutStalled(connection: Connection, maxStallMs: number): void {
    log.notice(`cut, it has read nothing for ${maxStallMs} ms`, { connection: connection.id, kind: 'slow' });
    this.#parts.board.count(connection.home.number, ChannelCounter.DISCONNECTED_SLOW, 1);
    connection.terminate();
  }
}
