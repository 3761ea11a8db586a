/**
 * How far one connection has come in one channel's log.
 *
 * A reader holds the slab where it stands, and so every later one. One that has fallen too far behind *parks*: then it holds
 * only the slab that a write of its is still reading, until it leaps to the newest message.
 *
 * Thread: the service's.
 */
import type { ChannelLog } from './channel-log';
import type { Slab } from './log-slab';

/** A place between two messages of a log. */
export interface Place {
  position: number;
  /** Messages before it. */
  sequence: number;
}

export class LogReader {
  readonly #log: ChannelLog;
  /** Where it goes on reading; undefined: it is parked. */
  #slab: Slab | undefined;
  #position: number;
  #sequence: number;
  /** Where `position` and `sequence` stand once the view that is being written is written. */
  #writingTo = 0;
  #writingToSequence = 0;
  #writing = false;
  /** What it parked within a write of. */
  #pinned: Slab | undefined;
  /** Where it goes on behind that write, if that is not its end. */
  #leap: Place | undefined;

  constructor(log: ChannelLog, slab: Slab, position: number, sequence: number) {
    this.#log = log;
    this.#slab = slab;
    this.#position = position;
    this.#sequence = sequence;
    log.openReader(slab);
  }

  /** Position of the first byte that is not known to be written. */
  get position(): number {
    return this.#position;
  }

  /** Messages before `position`. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Messages before the end of the view that `take` returned last. */
  get writingToSequence(): number {
    return this.#writingToSequence;
  }

  /** Bytes of the write under way. */
  get writingBytes(): number {
    return this.#writing ? this.#writingTo - this.#position : 0;
  }

  /** Where it goes on behind the write under way. */
  get nextPosition(): number {
    return this.#writing ? (this.#leap?.position ?? this.#writingTo) : this.#position;
  }

  get nextSequence(): number {
    return this.#writing ? (this.#leap?.sequence ?? this.#writingToSequence) : this.#sequence;
  }

  get parked(): boolean {
    return this.#slab === undefined;
  }

  get lagBytes(): number {
    return this.#log.head - this.#position;
  }

  get lagMessages(): number {
    return this.#log.sequence - this.#sequence;
  }

  /** Bytes of memory that are there for it, if perhaps not for it alone. */
  get pinnedBytes(): number {
    const pinned = this.#pinned?.bytes.length ?? 0;
    if (this.#slab?.next === undefined) return pinned; // the newest slab is there for everybody
    return pinned + this.#log.head - this.#slab.start;
  }

  /** Age of the oldest message that is not written, in ms; 0 if there is none. */
  lagMs(nowMs: number): number {
    return this.#position === this.#log.head ? 0 : nowMs - this.#log.timeAt(this.#position);
  }

  /**
   * Whole frames to write next: at most to `limit` and to the end of a slab. The bytes stay as they are until `written`
   * or `close` is called.
   *
   * @param limit a position between two messages
   * @param limitSequence the messages before it
   * @returns undefined if there is nothing before the limit
   */
  take(limit: number, limitSequence: number): Buffer | undefined {
    if (this.#position >= Math.min(limit, this.#log.head)) return undefined;
    const slab = this.#goToPosition();
    const view = this.#log.viewFrom(slab, this.#position, limit);
    this.#writing = true;
    this.#writingTo = this.#position + view.length;
    this.#writingToSequence = this.#writingTo === limit ? limitSequence : this.#log.sequenceAtEnd(slab);
    return view;
  }

  /** What `take` returned is written. @returns the number of messages in it */
  written(): number {
    const messages = this.#writingToSequence - this.#sequence;
    const { nextPosition, nextSequence } = this;
    this.#position = nextPosition;
    this.#sequence = nextSequence;
    this.#writing = false;
    this.#leap = undefined;
    this.#unpin();
    return messages;
  }

  /** Lets go of the log, but for what is being written. */
  park(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    this.#slab = undefined;
    if (this.#writing && this.#pinned === undefined) {
      this.#pinned = slab;
      this.#log.pin(slab);
    } else {
      this.#log.release(slab);
    }
  }

  /** Goes on at the last message, or behind it. Only for one that is parked. */
  leap({ position, sequence }: Place): void {
    this.#slab = this.#log.holdNewest();
    if (this.#writing) {
      this.#leap = { position, sequence };
      return;
    }
    this.#position = position;
    this.#sequence = sequence;
  }

  /** Goes on further ahead than where it is, and lets go of what lies between. */
  skipTo(place: Place): void {
    const left = this.#slab as Slab;
    let slab = left;
    while (place.position >= slab.start + slab.used && slab.next !== undefined) slab = slab.next;
    if (slab !== left) {
      slab.readers++;
      this.park();
      this.#slab = slab;
    }
    if (this.#writing) {
      this.#leap = place;
      return;
    }
    this.#position = place.position;
    this.#sequence = place.sequence;
  }

  /** Another reader that goes on where this one does. */
  fork(): LogReader {
    return new LogReader(this.#log, this.#slab as Slab, this.nextPosition, this.nextSequence);
  }

  /** A copy of `length` bytes at `position`, which is not before where it stands. It goes there. */
  copyAt(position: number, length: number): Buffer {
    this.#position = position;
    const slab = this.#goToPosition();
    const copy = Buffer.allocUnsafeSlow(length); // of its own: it may stay for long
    copy.set(slab.bytes.subarray(position - slab.start, position - slab.start + length));
    return copy;
  }

  /** Nothing before this place is needed any more. */
  moveTo({ position, sequence }: Place): void {
    this.#position = position;
    this.#sequence = sequence;
    this.#goToPosition();
  }

  /** Lets go of the log. A view that is still in a socket's queue stays valid. */
  close(): void {
    const written = this.#pinned ?? this.#slab;
    if (this.#writing && written !== undefined) written.reusable = false;
    this.#unpin();
    this.#log.closeReader(this.#slab);
  }

  /** @returns the slab of `position`, or the newest */
  #goToPosition(): Slab {
    let slab = this.#slab as Slab;
    while (this.#position >= slab.start + slab.used && slab.next !== undefined) {
      const left = slab;
      slab = slab.next;
      slab.readers++;
      this.#slab = slab;
      this.#log.release(left);
    }
    return slab;
  }

  #unpin(): void {
    if (this.#pinned === undefined) return;
    this.#log.unpin(this.#pinned);
    this.#pinned = undefined;
  }
}
