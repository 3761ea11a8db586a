/** One connection's place in one channel. Thread: the service's. */
import type { Channel } from './channel';
import type { Connection } from './connection';
import { ReadProgress } from './life/read-progress';
import type { LogReader, Place } from './log-reader';
import { Conflating } from './slow/conflating';
import type { Conflation } from './slow/conflation';
import { Episode, encodeGap, type GapCount } from './slow/gap';
import { isFarBehind } from './slow/lag';
import { Skipping } from './slow/skipping';
import type { SlowPhase } from './slow/slow-phase';

/** A peer has caught up with what is written to it when it is within this fraction of the limits. */
const CAUGHT_UP_AT = 0.5;

export class Subscription {
  readonly connection: Connection;
  readonly channel: Channel;
  readonly reader: LogReader;
  /** How much of what is written the peer has read. */
  readonly read = new ReadProgress();
  /** Unsubscribed: nothing behind this position is for this connection any more. */
  endPosition = Number.POSITIVE_INFINITY;
  endSequence = Number.POSITIVE_INFINITY;
  /** Where the last message before that begins. */
  endNewest: Place = { position: 0, sequence: 0 };
  /** The same connection's earlier subscription to this channel, which has to be written first. */
  after: Subscription | undefined;
  /** For each private message that waits at the connection: what of this channel goes before it. Oldest first. */
  readonly barriers: Place[] = [];
  /** Where the channel keeps it. */
  index = -1;
  closed = false;
  /** While its peer is behind and does not get every message. */
  slow: SlowPhase | undefined;
  /** The present time of being slow, or the last one. */
  episode: Episode | undefined;
  /** What the peer has missed and was not told of. */
  #gap: GapCount = { skipped: 0, conflated: 0 };

  constructor(connection: Connection, channel: Channel, reader: LogReader) {
    this.connection = connection;
    this.channel = channel;
    this.reader = reader;
  }

  get live(): boolean {
    return this.endPosition === Number.POSITIVE_INFINITY;
  }

  /** Bytes that are for this connection and not written. */
  get lagBytes(): number {
    if (this.slow !== undefined) return this.slow.lagBytes;
    return Math.min(this.endPosition, this.channel.log.head) - this.reader.position;
  }

  get lagMessages(): number {
    if (this.slow !== undefined) return this.slow.lagMessages;
    return Math.min(this.endSequence, this.channel.log.sequence) - this.reader.sequence;
  }

  lagMs(nowMs: number): number {
    if (this.slow !== undefined) return this.slow.lagMs(nowMs);
    return this.lagBytes === 0 ? 0 : this.reader.lagMs(nowMs);
  }

  /** Whether something is for this connection and not written. */
  get behind(): boolean {
    return this.slow === undefined ? this.lagBytes > 0 : this.slow.behind;
  }

  /** Bytes of memory that are there for it, if perhaps not for it alone. */
  get pinnedBytes(): number {
    if (this.slow !== undefined) return this.slow.pinnedBytes;
    return this.lagBytes === 0 ? 0 : this.reader.pinnedBytes;
  }

  /** Bytes that are written, and that the peer is known not to have read. */
  get unreadBytes(): number {
    return this.connection.late ? this.read.unansweredBytes : 0;
  }

  get unreadMessages(): number {
    return this.connection.late ? this.read.unansweredMessages : 0;
  }

  /** For how long the peer is known not to have read what is written. */
  unreadMs(nowMs: number): number {
    return this.read.unacknowledgedBytes === 0 ? 0 : this.connection.lateMs(nowMs);
  }

  /** Whether so much of what is written is read that nothing needs to be held back. */
  get caughtUp(): boolean {
    const { late, nowMs } = this.connection;
    if (!late) return true;
    const { unreadBytes, unreadMessages, channel } = this;
    return !isFarBehind(channel.policy, CAUGHT_UP_AT, unreadBytes, unreadMessages, this.unreadMs(nowMs));
  }

  take(): Buffer | undefined {
    if (this.after !== undefined) {
      if (!this.after.closed) return undefined;
      this.after = undefined;
    }
    const barrier = this.barriers[0];
    const { slow, endPosition, endSequence } = this;
    const limited = barrier !== undefined && barrier.position <= endPosition;
    const position = limited ? barrier.position : endPosition;
    const sequence = limited ? barrier.sequence : endSequence;
    return slow === undefined ? this.reader.take(position, sequence) : slow.take({ position, sequence });
  }

  /** What `take` gave is written. @returns the number of messages in it */
  written(): number {
    if (this.slow !== undefined) return this.slow.written();
    const { sequence } = this.reader;
    const messages = this.reader.written();
    this.channel.ledger.sent(sequence, sequence + messages);
    return messages;
  }

  /**
   * It is past a limit: until it has caught up its peer does not get every message.
   *
   * @param conflation the channel's, if it conflates; else it skips
   * @returns whether that begins now
   */
  slowDown(conflation: Conflation | undefined): boolean {
    if (this.slow !== undefined) {
      this.slow.park();
      return false;
    }
    this.episode = new Episode(this.channel.name);
    this.slow = conflation === undefined ? new Skipping(this) : new Conflating(this, conflation);
    return true;
  }

  /** So many more messages are not for its peer. */
  missed(skipped: number, conflated: number): void {
    for (const count of [this.#gap, this.episode as GapCount]) {
      count.skipped += skipped;
      count.conflated += conflated;
    }
  }

  /** The gap message that is due, if one is. */
  takeGap(): Buffer | undefined {
    const { gapMessage } = this.channel.policy;
    if (gapMessage === undefined || this.#gap.skipped + this.#gap.conflated === 0) return undefined;
    const frame = encodeGap(gapMessage, this.channel.name, this.#gap);
    this.#gap = { skipped: 0, conflated: 0 };
    return frame;
  }

  /** Its peer gets every message again. */
  recovered(): void {
    this.slow = undefined;
    this.channel.slow.delete(this);
    if (this.episode !== undefined) this.episode.over = true;
  }

  /** It is let go of. What it has not got is abandoned. */
  close(): void {
    if (this.slow === undefined) {
      const to = Math.min(this.endSequence, this.channel.log.sequence);
      this.channel.ledger.abandoned(this.reader.sequence, to);
    } else {
      this.slow.abandon();
      this.recovered();
    }
    this.closed = true;
    this.reader.close();
  }
}
