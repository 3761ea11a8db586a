/** One connection's place in one channel. Thread: the service's. */
import type { Channel } from './channel';
import type { Connection } from './connection';
import type { LogReader } from './log-reader';

export class Subscription {
  readonly connection: Connection;
  readonly channel: Channel;
  readonly reader: LogReader;
  /** Unsubscribed: nothing behind this position is for this connection any more. */
  endPosition = Number.POSITIVE_INFINITY;
  endSequence = Number.POSITIVE_INFINITY;
  /** The same connection's earlier subscription to this channel, which has to be written first. */
  after: Subscription | undefined;
  /** For each private message that waits at the connection: what of this channel goes before it. Oldest first. */
  readonly barriers: { position: number; sequence: number }[] = [];
  /** Where the channel keeps it. */
  index = -1;
  closed = false;

  constructor(connection: Connection, channel: Channel, reader: LogReader) {
    this.connection = connection;
    this.channel = channel;
    this.reader = reader;
  }

  get live(): boolean {
    return this.endPosition === Number.POSITIVE_INFINITY;
  }

  /** How far this connection may be served: the end of its subscription, or the next private message's place. */
  get limit(): number {
    return this.barriers.length === 0
      ? this.endPosition
      : Math.min(this.endPosition, this.barriers[0].position);
  }

  /** Bytes that are for this connection and not written. */
  get lagBytes(): number {
    return Math.min(this.endPosition, this.channel.log.head) - this.reader.position;
  }

  get lagMessages(): number {
    return Math.min(this.endSequence, this.channel.log.sequence) - this.reader.sequence;
  }

  lagMs(nowMs: number): number {
    return this.lagBytes === 0 ? 0 : this.reader.lagMs(nowMs);
  }

  take(): Buffer | undefined {
    if (this.after !== undefined) {
      if (!this.after.closed) return undefined;
      this.after = undefined;
    }
    const barrier = this.barriers[0];
    if (barrier !== undefined && barrier.position <= this.endPosition)
      return this.reader.take(barrier.position, barrier.sequence);
    return this.reader.take(this.endPosition, this.endSequence);
  }
}
