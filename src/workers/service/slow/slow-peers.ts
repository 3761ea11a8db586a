/**
 * What happens to connections that fall behind: by their channel's policy, by the hub's budget, and when they stall.
 *
 * Nothing here stops the drain or the fan-out: one slow peer never delays another.
 *
 * Thread: the service's.
 */
import { type Board, ChannelCounter } from '../../../shared/board';
import { CloseCode } from '../../../shared/close-codes';
import { type LogTags, log } from '../../../shared/log';
import { closeGate, openGate, type RingMemory } from '../../../shared/ring';
import type { Channel } from '../channel';
import type { Connection } from '../connection';
import type { SlabPool } from '../log-slab';
import { exceeds } from './lag';

/** A gate opens again when everybody is within this fraction of the limits: so it does not flicker. */
const GATE_OPENS_AT = 0.5;

export interface SlowPeersParts {
  ring: RingMemory;
  /** This service thread's slot: its bit in the gates. */
  slot: number;
  board: Board;
  pool: SlabPool;
  connections: ReadonlyMap<number, Connection>;
  /** It may change while the hub runs. */
  maxOutboundBytes: () => number;
  /** A channel's gate has moved. */
  onGate(channel: string, shut: boolean): void;
}

export class SlowPeers {
  readonly #parts: SlowPeersParts;
  /** Channels whose gate is closed. */
  readonly #gated = new Set<Channel>();
  /** Bytes of private messages that wait, over all connections. */
  privateBytes = 0;

  constructor(parts: SlowPeersParts) {
    this.#parts = parts;
  }

  /** Whether some producers are told `'full'` because of slow peers. */
  get gating(): boolean {
    return this.#gated.size > 0;
  }

  get gatedChannels(): string[] {
    return Array.from(this.#gated, ({ name }) => name);
  }

  isGated(channel: Channel): boolean {
    return this.#gated.has(channel);
  }

  /** After a drain: looks at what grew by it. Ages are left to `sweep`. */
  afterDrain(channels: Iterable<Channel>, nowMs: number): void {
    for (const channel of channels) if (channel.mayLag(1)) this.#apply(channel, nowMs);
    this.#keepBudget();
  }

  /** At intervals: looks at everything. */
  sweep(channels: Iterable<Channel>, nowMs: number): void {
    for (const channel of channels) if (channel.mayLag(1, nowMs)) this.#apply(channel, nowMs);
    this.#keepBudget();
    this.openGates(nowMs); // also without progress: whoever was behind may be gone
    for (const connection of this.#parts.connections.values()) this.#look(connection, nowMs);
  }

  /** Opens the gates of the channels whose connections are all well within the limits again. */
  openGates(nowMs: number): void {
    for (const channel of this.#gated) {
      if (channel.mayLag(GATE_OPENS_AT, nowMs) && someoneLags(channel, GATE_OPENS_AT, nowMs)) continue;
      this.#gated.delete(channel);
      openGate(this.#parts.ring, channel.number, this.#parts.slot);
      this.#parts.onGate(channel.name, false);
    }
  }

  #apply(channel: Channel, nowMs: number): void {
    if (channel.policy.slow === 'wait') {
      if (this.#gated.has(channel) || !someoneLags(channel, 1, nowMs)) return;
      this.#gated.add(channel);
      closeGate(this.#parts.ring, channel.number, this.#parts.slot);
      this.#parts.onGate(channel.name, true);
      return;
    }
    channel.findLagging(1, nowMs, ({ connection }, excess) => {
      this.#cut(connection, channel, excess);
      return true;
    });
  }

  #cut(connection: Connection, channel: Channel, excess: string): void {
    if (connection.closing) return;
    this.#parts.board.count(channel.number, ChannelCounter.DISCONNECTED_SLOW, 1);
    log.notice(`cut, too slow on channel ${JSON.stringify(channel.name)}: ${excess}`, slow(connection));
    connection.close(CloseCode.TRY_AGAIN_LATER, `too slow: ${excess}`);
  }

  /** While all connections together hold too much, the one that is furthest behind goes. */
  #keepBudget(): void {
    const { pool, connections } = this.#parts;
    const maxOutboundBytes = this.#parts.maxOutboundBytes();
    while (pool.behindBytes + this.privateBytes > maxOutboundBytes) {
      let worst: Connection | undefined;
      let worstLag = 0;
      for (const connection of connections.values()) {
        const { lagBytes } = connection;
        if (connection.closing || lagBytes <= worstLag) continue;
        worst = connection;
        worstLag = lagBytes;
      }
      if (worst === undefined) return;
      this.#cut(
        worst,
        worst.home,
        `${worstLag} bytes behind, the most while the hub's limit of ${maxOutboundBytes} is passed`,
      );
    }
  }

  /** Stalls end a connection under every policy; so does too much that was sent to it alone. */
  #look(connection: Connection, nowMs: number): void {
    if (connection.closing) return;
    const { policy, number } = connection.home;
    if (connection.stalledMs(nowMs) > policy.maxStallMs) {
      log.notice(`cut, it has read nothing for ${policy.maxStallMs} ms`, slow(connection));
      this.#parts.board.count(number, ChannelCounter.DISCONNECTED_SLOW, 1);
      connection.terminate();
    } else {
      const excess = exceeds(policy, 1, connection.privateCost, connection.privateMessages, 0);
      if (excess !== undefined) this.#cut(connection, connection.home, excess);
    }
  }
}

/** All cuts are of one kind to the log: thousands of peers may fall behind at once. */
function slow({ id }: Connection): LogTags {
  return { connection: id, kind: 'slow' };
}

function someoneLags(channel: Channel, fraction: number, nowMs: number): boolean {
  let found = false;
  channel.findLagging(fraction, nowMs, () => {
    found = true;
    return false;
  });
  return found;
}
