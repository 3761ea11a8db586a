/** How far one connection has come in one channel's log. Thread: the service's. */
import type { ChannelLog } from './channel-log';
import type { Slab } from './log-slab';

export class LogReader {
  readonly #log: ChannelLog;
  #slab: Slab;
  #position: number;
  #sequence: number;
  /** Where `position` and `sequence` stand once the view that is being written is written. */
  #writingTo = 0;
  #writingToSequence = 0;
  #writing = false;

  constructor(log: ChannelLog, slab: Slab, position: number, sequence: number) {
    this.#log = log;
    this.#slab = slab;
    this.#position = position;
    this.#sequence = sequence;
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

  get lagBytes(): number {
    return this.#log.head - this.#position;
  }

  get lagMessages(): number {
    return this.#log.sequence - this.#sequence;
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
    while (this.#position >= this.#slab.start + this.#slab.used && this.#slab.next !== undefined) {
      const left = this.#slab;
      this.#slab = this.#slab.next;
      this.#slab.readers++;
      this.#log.release(left);
    }
    const view = this.#log.viewFrom(this.#slab, this.#position, limit);
    this.#writing = true;
    this.#writingTo = this.#position + view.length;
    this.#writingToSequence = this.#writingTo === limit ? limitSequence : this.#log.sequenceAtEnd(this.#slab);
    return view;
  }

  /** What `take` returned is written. @returns the number of messages in it */
  written(): number {
    const messages = this.#writingToSequence - this.#sequence;
    this.#position = this.#writingTo;
    this.#sequence = this.#writingToSequence;
    this.#writing = false;
    return messages;
  }

  /** Lets go of the log. A view that is still in a socket's queue stays valid. */
  close(): void {
    if (this.#writing) this.#slab.reusable = false;
    this.#log.closeReader(this.#slab);
  }
}
