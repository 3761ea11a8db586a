/**
 * A channel's log: its messages as finished frames, one behind the other, in slabs.
 *
 *     oldest slab            newest slab
 *     ┌─────────────────┐    ┌─────────────────┐
 *     │ F F F F F F F F │ ─▶ │ F F F F ┊ free  │
 *     └───▲─────────▲───┘    └───▲─────▲───────┘
 *         │         │            │     └ head: the next message goes here
 *       a reader: how far one connection has come. It holds its slab; what no reader holds or needs is let go.
 *
 * Every message is copied here once, and the same bytes serve every connection. Nothing is ever changed behind the head,
 * so a view of a slab may lie in a socket's queue for as long as its reader holds the slab.
 *
 * Invariants: a frame never straddles two slabs · `position` and `sequence` only grow · a slab goes back to the pool only
 * when no socket can still be reading it.
 *
 * Thread: the service's.
 */
import { frameHeaderBytes, type Opcode, writeFrameHeader } from './frame';
import { LogReader } from './log-reader';
import { SLAB_BYTES, Slab, type SlabPool } from './log-slab';

/** A quiet channel starts with this much; each slab that fills within a second is followed by one twice as large. */
const FIRST_SLAB_BYTES = 4 * 1024;
const FILLED_FAST_MS = 1_000;
/** Ages are known to this precision. */
const TIME_MARK_MS = 10;

export class ChannelLog {
  readonly #pool: SlabPool;
  #oldest: Slab | undefined;
  #newest: Slab | undefined;
  #readers = 0;
  #head = 0;
  #sequence = 0;
  /** Where the last message begins. */
  #newestPosition = 0;
  /** When which position was written: parallel lists, `TIME_MARK_MS` apart, oldest first from `#firstMark` on. */
  #markPositions: number[] = [];
  #markTimes: number[] = [];
  #firstMark = 0;
  /** The last view that was handed out: most readers ask for the very same one. */
  #view: Buffer | undefined;
  #viewSlab: Slab | undefined;
  #viewFrom = 0;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Position behind the last message, in bytes. */
  get head(): number {
    return this.#head;
  }

  /** Number of messages ever appended. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Position of the last message: only one that was ever appended has one. */
  get newestPosition(): number {
    return this.#newestPosition;
  }

  /** Messages before the oldest slab that is held. */
  get heldFrom(): number {
    return this.#oldest === undefined ? this.#sequence : this.#oldest.firstSequence;
  }

  /** Bytes from the oldest slab that is held to the head: no reader is further behind. */
  get heldSpan(): number {
    return this.#oldest === undefined ? 0 : this.#head - this.#oldest.start;
  }

  /** No reader is further behind than this, in messages. */
  get heldMessages(): number {
    return this.#oldest === undefined ? 0 : this.#sequence - this.#oldest.firstSequence;
  }

  /** When the oldest message that is still held was appended; `Infinity` if none is. */
  get heldSinceMs(): number {
    return this.#firstMark < this.#markTimes.length
      ? this.#markTimes[this.#firstMark]
      : Number.POSITIVE_INFINITY;
  }

  /** Appends one message as a frame: `length` bytes of `source` from `offset`. Call it only while there are readers. */
  append(opcode: Opcode, source: Uint8Array, offset: number, length: number, nowMs: number): void {
    const frameBytes = frameHeaderBytes(length) + length;
    let slab = this.#newest;
    if (slab === undefined || slab.used + frameBytes > slab.bytes.length)
      slab = this.#grow(frameBytes, nowMs);
    const lastMark = this.#markTimes.length - 1;
    if (lastMark < this.#firstMark || nowMs - this.#markTimes[lastMark] >= TIME_MARK_MS) {
      this.#markPositions.push(this.#head);
      this.#markTimes.push(nowMs);
    }
    const at = writeFrameHeader(slab.bytes, slab.used, opcode, length);
    slab.bytes.set(source.subarray(offset, offset + length), at);
    slab.used += frameBytes;
    this.#newestPosition = this.#head;
    this.#head += frameBytes;
    this.#sequence++;
  }

  /** A new reader that sees what is appended from now on. */
  open(nowMs: number): LogReader {
    const slab = this.#newest ?? this.#grow(0, nowMs);
    return new LogReader(this, slab, this.#head, this.#sequence);
  }

  /** When the message at `position`, or one at most `TIME_MARK_MS` before it, was appended. */
  timeAt(position: number): number {
    let low = this.#firstMark;
    let high = this.#markPositions.length - 1;
    if (high < low) return Number.POSITIVE_INFINITY;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#markPositions[middle] <= position) low = middle;
      else high = middle - 1;
    }
    return this.#markTimes[low];
  }

  /** @internal for LogReader: the bytes from `position` to the end of the slab, or to `limit`. */
  viewFrom(slab: Slab, position: number, limit: number): Buffer {
    const from = position - slab.start;
    const to = Math.min(slab.used, limit - slab.start);
    const cached = this.#view;
    if (
      cached !== undefined &&
      this.#viewSlab === slab &&
      this.#viewFrom === from &&
      cached.length === to - from
    )
      return cached;
    const view = slab.bytes.subarray(from, to);
    this.#view = view;
    this.#viewSlab = slab;
    this.#viewFrom = from;
    return view;
  }

  /** @internal for LogReader: messages in the log up to the end of `slab`. */
  sequenceAtEnd(slab: Slab): number {
    return slab.next === undefined ? this.#sequence : slab.next.firstSequence;
  }

  /** @internal for LogReader: one more of them. */
  openReader(slab: Slab): void {
    this.#readers++;
    slab.readers++;
  }

  /** @internal for LogReader: a reader that had let go of the log holds its newest slab. */
  holdNewest(): Slab {
    const slab = this.#newest as Slab; // while there are readers, there is one
    slab.readers++;
    return slab;
  }

  /** @internal for LogReader: `slab` is needed for the write under way, and for nothing else. */
  pin(slab: Slab): void {
    slab.pins++;
    this.release(slab);
  }

  /** @internal for LogReader */
  unpin(slab: Slab): void {
    this.#pool.unpin(slab);
  }

  /** @internal for LogReader: `slab` lost a reader. */
  release(slab: Slab): void {
    slab.readers--;
    if (slab.readers === 0 && slab === this.#oldest) this.#trim();
  }

  /** @internal for LogReader: one less of them; undefined: it holds no slab. */
  closeReader(slab: Slab | undefined): void {
    this.#readers--;
    if (slab !== undefined) this.release(slab);
    if (this.#readers > 0) return;
    // Nobody is left: a channel without readers holds no memory.
    for (let held = this.#oldest; held !== undefined; held = held.next) this.#pool.drop(held);
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#forgetMarks(Number.POSITIVE_INFINITY);
    this.#view = undefined;
    this.#viewSlab = undefined;
  }

  /** A new slab behind the newest. */
  #grow(frameBytes: number, nowMs: number): Slab {
    const last = this.#newest;
    let preferred = FIRST_SLAB_BYTES;
    if (last !== undefined) {
      const fast = nowMs - last.createdMs < FILLED_FAST_MS;
      preferred = Math.min(SLAB_BYTES, fast ? last.bytes.length * 2 : last.bytes.length);
    }
    const slab = new Slab(this.#pool.take(frameBytes, preferred), this.#head, this.#sequence, nowMs);
    if (last === undefined) {
      this.#oldest = slab;
    } else {
      last.next = slab;
      this.#pool.isBehind(last);
    }
    this.#newest = slab;
    if (this.#oldest !== slab) this.#trim();
    return slab;
  }

  /** Lets go of the oldest slabs that nobody needs. */
  #trim(): void {
    while (this.#oldest !== undefined && this.#oldest !== this.#newest && this.#oldest.readers === 0) {
      const gone = this.#oldest;
      this.#oldest = gone.next;
      if (this.#viewSlab === gone) {
        this.#view = undefined;
        this.#viewSlab = undefined;
      }
      this.#pool.drop(gone);
    }
    if (this.#oldest !== undefined) this.#forgetMarks(this.#oldest.start);
  }

  /** Forgets the marks before the one that covers `position`. */
  #forgetMarks(position: number): void {
    const last = this.#markPositions.length - 1;
    while (this.#firstMark < last && this.#markPositions[this.#firstMark + 1] <= position) this.#firstMark++;
    if (position === Number.POSITIVE_INFINITY) this.#firstMark = last + 1;
    if (this.#firstMark < 64 || this.#firstMark * 2 < this.#markPositions.length) return;
    this.#markPositions = this.#markPositions.slice(this.#firstMark);
    this.#markTimes = this.#markTimes.slice(this.#firstMark);
    this.#firstMark = 0;
  }
}
