/**
 * `slow: 'skip'`: a peer past a limit goes on at the newest message, and does not get those before it.
 *
 * What is being written stays whole. The newest message is never skipped, so that whoever catches up has it. Private
 * messages keep their place: behind them goes the newest message only if it was posted behind them.
 *
 * Thread: the service's.
 */
import type { Place } from '../log-reader';
import type { Subscription } from '../subscription';
import type { SlowPhase } from './slow-phase';

export class Skipping implements SlowPhase {
  readonly state = 'skipping';
  readonly #subscription: Subscription;
  /** While it is parked: up to this sequence it is decided what becomes of the messages. */
  #decided: number;
  #writingGap = false;

  /** Begins with parking the subscription's reader, or where that has ended, with sending it to its last message. */
  constructor(subscription: Subscription) {
    this.#subscription = subscription;
    this.#decided = subscription.reader.nextSequence;
    if (this.#ended) {
      this.#skipToLast();
      return;
    }
    subscription.reader.park();
    this.count();
  }

  get lagBytes(): number {
    const { reader, channel, endPosition } = this.#subscription;
    const { log } = channel;
    if (!reader.parked) return reader.writingBytes + Math.min(endPosition, log.head) - reader.nextPosition;
    return reader.writingBytes + (this.#decided < log.sequence ? log.head - log.newestPosition : 0);
  }

  get lagMessages(): number {
    const { reader, channel, endSequence } = this.#subscription;
    const next = reader.parked ? Math.max(this.#decided, channel.log.sequence - 1) : reader.nextSequence;
    const writing = reader.writingBytes > 0 ? reader.writingToSequence - reader.sequence : 0;
    return writing + Math.min(endSequence, channel.log.sequence) - next;
  }

  get behind(): boolean {
    return this.#writingGap || this.lagBytes > 0;
  }

  get pinnedBytes(): number {
    return this.#subscription.reader.pinnedBytes;
  }

  lagMs(nowMs: number): number {
    const { reader, channel } = this.#subscription;
    if (this.lagBytes === 0) return 0;
    const skipped = reader.parked && reader.writingBytes === 0;
    return skipped ? nowMs - channel.log.timeAt(channel.log.newestPosition) : reader.lagMs(nowMs);
  }

  take(limit: Place): Buffer | undefined {
    const { reader, channel } = this.#subscription;
    if (reader.parked) {
      this.count();
      const next = this.#decided < channel.log.sequence ? channel.log.newestPosition : channel.log.head;
      if (limit.position <= next || !this.#subscription.caughtUp) return undefined;
      this.#leap();
    }
    const gap = this.#subscription.takeGap();
    if (gap !== undefined) {
      this.#writingGap = true;
      return gap;
    }
    const view = reader.take(limit.position, limit.sequence);
    if (!this.#ended) this.#subscription.recovered();
    return view;
  }

  written(): number {
    if (this.#writingGap) {
      this.#writingGap = false;
      return 0;
    }
    const { reader, channel } = this.#subscription;
    const { sequence } = reader;
    const messages = reader.written();
    channel.ledger.sent(sequence, sequence + messages);
    return messages;
  }

  park(): void {
    const { reader } = this.#subscription;
    if (reader.parked || this.#ended) return;
    this.#decided = reader.nextSequence;
    reader.park();
    this.count();
  }

  count(): void {
    const { reader, channel } = this.#subscription;
    const before = channel.log.sequence - 1;
    if (reader.parked && before > this.#decided) this.#skip(before);
  }

  /** From now on the newest message is not the subscription's: so it goes to its own newest now. */
  end(): void {
    if (!this.#subscription.reader.parked) return;
    this.count();
    this.#leap();
  }

  abandon(): void {
    const { reader, channel, endSequence } = this.#subscription;
    this.count();
    if (reader.writingBytes > 0) channel.ledger.abandoned(reader.sequence, reader.writingToSequence);
    const next = reader.parked ? this.#decided : reader.nextSequence;
    channel.ledger.abandoned(next, Math.min(endSequence, channel.log.sequence));
  }

  get #ended(): boolean {
    return this.#subscription.endPosition < Number.POSITIVE_INFINITY;
  }

  #skipToLast(): void {
    const { reader, endNewest } = this.#subscription;
    if (endNewest.sequence <= this.#decided) return;
    this.#skip(endNewest.sequence);
    reader.skipTo(endNewest);
  }

  #skip(to: number): void {
    this.#subscription.channel.ledger.skipped(this.#decided, to);
    this.#subscription.missed(to - this.#decided, 0);
    this.#decided = to;
  }

  #leap(): void {
    const { reader, channel } = this.#subscription;
    const { head, sequence, newestPosition } = channel.log;
    if (this.#decided >= sequence) reader.leap({ position: head, sequence });
    else reader.leap({ position: newestPosition, sequence: sequence - 1 });
  }
}
