/**
 * `slow: 'conflate'`: a peer past a limit gets, of what it has not got, the newest message of each key; and those without key.
 *
 * They go in order of their sequences, several in one write, and never past a private message that stands before them. Once
 * one write takes all there is, every message comes again, behind it.
 *
 * Thread: the service's.
 */
import type { Place } from '../log-reader';
import type { Subscription } from '../subscription';
import type { Conflation } from './conflation';
import type { SlowPhase } from './slow-phase';

/** Messages are joined into writes of at most this many bytes, unless one alone is larger. */
const JOINED_WRITE_BYTES = 64 * 1024;

/** What is needed of a message that is kept. */
interface KeptFrame {
  readonly sequence: number;
  readonly frame: Buffer;
}

/** A write: of the messages behind `from`, up to and with `to`, these were kept. */
interface Batch {
  from: number;
  to: number;
  kept: number[];
  bytes: Buffer;
}

export class Conflating implements SlowPhase {
  readonly state = 'conflating';
  readonly #subscription: Subscription;
  readonly #conflation: Conflation;
  /** Everything up to this sequence is given out, or conflated. */
  cursor: number;
  #batch: Batch | undefined;
  /** Whether the batch waits for the gap message that is written before it. */
  #writingGap = false;
  /** What the subscription gets still, once it has ended. */
  #rest: KeptFrame[] | undefined;

  /** Begins with parking the subscription's reader. */
  constructor(subscription: Subscription, conflation: Conflation) {
    this.#subscription = subscription;
    this.#conflation = conflation;
    this.cursor = subscription.reader.nextSequence;
    this.park();
  }

  get lagBytes(): number {
    const { reader, channel, endPosition } = this.#subscription;
    let bytes = reader.writingBytes + (this.#batch?.bytes.length ?? 0);
    if (!reader.parked) return bytes + Math.min(endPosition, channel.log.head) - reader.nextPosition;
    if (this.#rest !== undefined) for (const { frame } of this.#rest) bytes += frame.length;
    else for (const kept of this.#kept()) bytes += kept.bytes;
    return bytes;
  }

  get lagMessages(): number {
    const { reader, channel, endSequence } = this.#subscription;
    const writing = reader.writingBytes > 0 ? reader.writingToSequence - reader.sequence : 0;
    let messages = writing + (this.#batch?.kept.length ?? 0);
    if (!reader.parked) return messages + Math.min(endSequence, channel.log.sequence) - reader.nextSequence;
    if (this.#rest !== undefined) return messages + this.#rest.length;
    for (const _ of this.#kept()) messages++;
    return messages;
  }

  get behind(): boolean {
    const { reader, channel, endPosition } = this.#subscription;
    if (reader.writingBytes > 0 || this.#batch !== undefined) return true;
    if (!reader.parked) return reader.nextPosition < Math.min(endPosition, channel.log.head);
    return this.#rest === undefined ? this.cursor < channel.log.sequence : this.#rest.length > 0;
  }

  get pinnedBytes(): number {
    return this.#subscription.reader.pinnedBytes + this.lagBytes;
  }

  lagMs(nowMs: number): number {
    const { reader } = this.#subscription;
    if (reader.writingBytes > 0 || !reader.parked) return reader.lagMs(nowMs);
    const oldest = this.#rest === undefined ? this.#kept().next().value : undefined;
    return oldest === undefined ? 0 : nowMs - oldest.postedMs;
  }

  take(limit: Place): Buffer | undefined {
    const { reader, channel, caughtUp, endSequence } = this.#subscription;
    if (this.#batch === undefined) {
      if (!reader.parked) return reader.take(limit.position, limit.sequence); // unless it fell behind again, all is well
      if (!caughtUp && this.#rest === undefined) return undefined;
      this.#batch = this.#gather(Math.min(limit.sequence, endSequence, channel.log.sequence));
      if (this.#batch === undefined) return undefined;
      const gap = this.#subscription.takeGap();
      if (gap !== undefined) {
        this.#writingGap = true;
        return gap;
      }
    }
    if (this.cursor === channel.log.sequence && this.#rest === undefined) this.#rejoin();
    return this.#batch.bytes;
  }

  written(): number {
    if (this.#writingGap) {
      this.#writingGap = false;
      return 0;
    }
    const { reader, channel } = this.#subscription;
    const batch = this.#batch;
    if (batch === undefined) {
      const { sequence } = reader;
      const messages = reader.written();
      channel.ledger.sent(sequence, sequence + messages);
      return messages;
    }
    this.#batch = undefined;
    channel.ledger.conflated(batch, 'sent');
    if (!reader.parked) this.#subscription.recovered();
    return batch.kept.length;
  }

  park(): void {
    const { reader, live } = this.#subscription;
    if (reader.parked || !live) return;
    this.cursor = reader.nextSequence;
    this.#conflation.begin(this, reader);
    reader.park();
  }

  /** Nothing: what is conflated is known when it is passed. */
  count(): void {}

  end(): void {
    const { reader, channel } = this.#subscription;
    if (!reader.parked) return;
    this.#conflation.catchUp();
    this.#rest = [];
    for (const { sequence, frame } of this.#conflation.behind(this.cursor, channel.log.sequence))
      this.#rest.push({ sequence, frame: frame as Buffer });
    this.#conflation.end(this);
  }

  abandon(): void {
    const { reader, channel, endSequence } = this.#subscription;
    const { ledger, log } = channel;
    const to = Math.min(endSequence, log.sequence);
    if (reader.writingBytes > 0) ledger.abandoned(reader.sequence, reader.writingToSequence);
    if (this.#batch !== undefined) ledger.conflated(this.#batch, 'abandoned');
    if (!reader.parked) {
      ledger.abandoned(reader.nextSequence, to);
      return;
    }
    const kept: number[] = [];
    for (const { sequence } of this.#rest ?? this.#kept()) kept.push(sequence);
    ledger.conflated({ from: this.cursor, to, kept }, 'abandoned');
    this.#conflation.end(this);
  }

  #kept() {
    return this.#conflation.behind(this.cursor, this.#subscription.channel.log.sequence);
  }

  /** What of the messages up to `to` goes into one write. What nothing is kept of is passed. */
  #gather(to: number): Batch | undefined {
    const from = this.cursor;
    if (to <= from) return undefined;
    const frames: Buffer[] = [];
    const kept: number[] = [];
    let length = 0;
    let reached = to;
    for (const { sequence, frame } of this.#rest ?? this.#conflation.behind(from, to)) {
      if (sequence > to) break;
      const bytes = frame as Buffer; // there is one: copies are made behind every drain
      if (frames.length > 0 && length + bytes.length > JOINED_WRITE_BYTES) {
        reached = kept[kept.length - 1];
        break;
      }
      frames.push(bytes);
      kept.push(sequence);
      length += bytes.length;
    }
    this.#rest?.splice(0, kept.length);
    this.cursor = reached;
    this.#subscription.missed(0, reached - from - kept.length);
    if (frames.length === 0) {
      this.#subscription.channel.ledger.conflated({ from, to: reached, kept }, 'sent');
      return undefined;
    }
    const bytes = frames.length === 1 ? frames[0] : Buffer.concat(frames, length);
    return { from, to: reached, kept, bytes };
  }

  /** Behind the batch every message comes again, out of the log. */
  #rejoin(): void {
    const { reader, channel } = this.#subscription;
    reader.leap({ position: channel.log.head, sequence: channel.log.sequence });
    this.#conflation.end(this);
  }
}
