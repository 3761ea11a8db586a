/**
 * What happens to connections that fall behind: by their channel's policy, by the hub's budget, and when they stall.
 *
 * Nothing here stops the drain or the fan-out: one slow peer never delays another.
 *
 * Thread: the service's.
 */
import { type Board, ChannelCounter } from '../../../shared/board';
import { CloseCode } from '../../../shared/close-codes';
import type { GapReport } from '../../../shared/inbound';
import { type LogTags, log } from '../../../shared/log';
import { closeGate, openGate, type RingMemory } from '../../../shared/ring';
import type { Channel } from '../channel';
import type { Connection } from '../connection';
import type { PeerWatch } from '../life/peer-watch';
import type { SlabPool } from '../log-slab';
import type { Subscription } from '../subscription';
import { Conflating } from './conflating';
import type { Episode } from './gap';
import { exceeds } from './lag';
import { OutboundBudget } from './outbound-budget';

/** A gate opens again when everybody is within this fraction of the limits: so it does not flicker. */
const GATE_OPENS_AT = 0.5;

export interface SlowPeersParts {
  ring: RingMemory;
  /** This service thread's slot: its bit in the gates. */
  slot: number;
  board: Board;
  pool: SlabPool;
  connections: ReadonlyMap<number, Connection>;
  /** Which peers are known not to have read what is written to them. */
  watch: PeerWatch;
  /** It may change while the hub runs. */
  maxOutboundBytes: () => number;
  /** A channel's gate has moved. */
  onGate(channel: string, shut: boolean): void;
  /** A connection has something to write, if it is idle. */
  ready(connection: Connection): void;
  /** What a connection misses is told to its handler and to the application. */
  tellGap(connection: Connection, gap: GapReport): void;
  /** Whether the application is so far behind that this waits. */
  readonly deaf: boolean;
}

export class SlowPeers {
  readonly #parts: SlowPeersParts;
  /** Channels whose gate is closed. */
  readonly #gated = new Set<Channel>();
  /** What connections miss, or have missed, and whose end was not told of. */
  readonly #episodes = new Map<Connection, Episode[]>();
  readonly #budget: OutboundBudget;

  constructor(parts: SlowPeersParts) {
    this.#parts = parts;
    this.#budget = new OutboundBudget({
      pool: parts.pool,
      connections: parts.connections,
      maxOutboundBytes: parts.maxOutboundBytes,
      relieve: (connection, pinnedBytes) => this.#relieve(connection, pinnedBytes),
    });
  }

  /** The memory of private messages that wait, over all connections, has changed by so many bytes. */
  privateBytesChanged(bytes: number): void {
    this.#budget.privateBytes += bytes;
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
    for (const channel of channels) {
      channel.conflation?.catchUp();
      if (channel.mayLag(1)) this.#apply(channel, nowMs);
      this.#limitKept(channel);
    }
    this.#budget.keep();
  }

  /** At intervals: looks at everything. */
  sweep(channels: Iterable<Channel>, nowMs: number): void {
    const late = this.#parts.watch.lateChannels;
    for (const channel of channels) {
      if (late.has(channel) || channel.mayLag(1, nowMs)) this.#apply(channel, nowMs);
      if (channel.slow.size > 0) this.#attend(channel);
    }
    this.#budget.keep();
    this.openGates(nowMs); // also without progress: whoever was behind may be gone
    for (const connection of this.#parts.connections.values()) this.#look(connection, nowMs);
    this.#tellEpisodes();
  }

  /** A connection is gone: what it missed is told before its end. */
  ended(connection: Connection): void {
    for (const episode of this.#episodes.get(connection) ?? []) this.#tellEpisode(connection, episode);
    this.#episodes.delete(connection);
  }

  /** Opens the gates of the channels whose connections are all well within the limits again. */
  openGates(nowMs: number): void {
    const late = this.#parts.watch.lateChannels;
    for (const channel of this.#gated) {
      const mayLag = late.has(channel) || channel.mayLag(GATE_OPENS_AT, nowMs);
      if (mayLag && someoneLags(channel, GATE_OPENS_AT, nowMs)) continue;
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
    channel.findLagging(1, nowMs, (subscription, excess) => {
      const { slow: policy } = channel.policy;
      // Which messages were the newest of their keys when a subscription ended is not known any more.
      if (
        policy === 'disconnect' ||
        (policy === 'conflate' && !subscription.live && subscription.slow === undefined)
      )
        this.#cut(subscription.connection, channel, excess);
      else this.#slowDown(subscription, excess);
      return true;
    });
  }

  #slowDown(subscription: Subscription, excess: string): void {
    const { connection, channel } = subscription;
    if (!subscription.slowDown(channel.conflation)) return;
    channel.slow.add(subscription);
    const episodes = this.#episodes.get(connection);
    const episode = subscription.episode as Episode;
    if (episodes === undefined) this.#episodes.set(connection, [episode]);
    else episodes.push(episode);
    const what = channel.conflation === undefined ? 'skips messages' : 'gets the newest of each key';
    log.info(`${what} on channel ${JSON.stringify(channel.name)}: ${excess}`, slow(connection));
  }

  /** Looks after those that do not get every message: what they missed, and whether they can have more. */
  #attend(channel: Channel): void {
    channel.conflation?.forget();
    for (const subscription of channel.slow) {
      subscription.slow?.count();
      this.#parts.ready(subscription.connection);
    }
  }

  /** What is kept for a peer whose backlog is conflated may be too much, too: there are too many keys, or none. */
  #limitKept(channel: Channel): void {
    const { conflation, policy } = channel;
    if (conflation === undefined || channel.slow.size === 0 || conflation.bytes <= policy.maxLagBytes) return;
    const tooFarBefore = conflation.tooFarBefore(policy.maxLagBytes);
    for (const { slow: phase, connection, lagBytes } of channel.slow) {
      if (!(phase instanceof Conflating) || phase.cursor >= tooFarBefore) continue;
      this.#cut(connection, channel, `${lagBytes} bytes behind even conflated, limit ${policy.maxLagBytes}`);
    }
  }

  #cut(connection: Connection, channel: Channel, excess: string): void {
    if (connection.closing) return;
    this.#parts.board.count(channel.number, ChannelCounter.DISCONNECTED_SLOW, 1);
    log.notice(`cut, too slow on channel ${JSON.stringify(channel.name)}: ${excess}`, slow(connection));
    connection.close(CloseCode.TRY_AGAIN_LATER, `too slow: ${excess}`);
  }

  /** One that may miss messages does, rather than go; unless it holds what it holds even so. */
  #relieve(connection: Connection, pinnedBytes: number): void {
    const { heaviest } = connection;
    const excess = `${pinnedBytes} bytes held, the most while the hub's limit of ${this.#parts.maxOutboundBytes()} is passed`;
    const mayMiss = heaviest !== undefined && ['skip', 'conflate'].includes(heaviest.channel.policy.slow);
    if (mayMiss && heaviest.live && !heaviest.reader.parked) this.#slowDown(heaviest, excess);
    else this.#cut(connection, heaviest?.channel ?? connection.home, excess);
  }

  #tellEpisodes(): void {
    for (const [connection, episodes] of this.#episodes) {
      if (this.#parts.deaf) return;
      for (const episode of episodes) this.#tellEpisode(connection, episode);
      const going = episodes.filter(({ over }) => !over);
      if (going.length === 0) this.#episodes.delete(connection);
      else this.#episodes.set(connection, going);
    }
  }

  #tellEpisode(connection: Connection, episode: Episode): void {
    const gap = episode.tell();
    if (gap !== undefined) this.#parts.tellGap(connection, gap);
  }

  /** Too much that was sent to it alone ends a connection, under every policy. */
  #look(connection: Connection, nowMs: number): void {
    if (connection.closing) return;
    const { home, late, privateQueue, privateRead } = connection;
    const bytes = privateQueue.cost + (late ? privateRead.unansweredBytes : 0);
    const messages = privateQueue.length + (late ? privateRead.unansweredMessages : 0);
    const ms = privateRead.unacknowledgedBytes === 0 ? 0 : connection.lateMs(nowMs);
    const excess = exceeds(home.policy, 1, bytes, messages, ms);
    if (excess !== undefined) this.#cut(connection, home, excess);
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
