/** The memory of channel logs. Thread: the service's. */

/** The usual slab of a busy channel, and the most that one write takes (unless a single frame is larger). */
export const SLAB_BYTES = 256 * 1024;
/** Full-size slabs kept for reuse, over all channels. */
const MAX_POOLED_SLABS = 32;

/** A piece of a log: frames one behind the other. */
export class Slab {
  readonly bytes: Buffer;
  /** Position of its first byte. */
  readonly start: number;
  readonly createdMs: number;
  /** Messages in the log before this slab. */
  readonly firstSequence: number;
  used = 0;
  readers = 0;
  /** Writes under way out of it, of readers that hold nothing else any more. */
  pins = 0;
  /** Out of its log: it stays for its pins only. */
  dropped = false;
  /** Whether it is counted as held by those who are behind. */
  behind = false;
  next: Slab | undefined;
  /** False once a socket may hold bytes of it without a reader: then the garbage collector frees it. */
  reusable = true;

  constructor(bytes: Buffer, start: number, firstSequence: number, createdMs: number) {
    this.bytes = bytes;
    this.start = start;
    this.firstSequence = firstSequence;
    this.createdMs = createdMs;
  }
}

/** Memory for the slabs of all channels of one service thread. */
export class SlabPool {
  readonly #free: Buffer[] = [];
  /** Bytes of all slabs that logs hold, or that are being written. */
  heldBytes = 0;
  /** Of these, bytes of slabs that are not their log's newest: only readers that are behind hold them. */
  behindBytes = 0;
  /** Memory of the messages that are kept, out of the logs, for peers whose backlog is conflated. */
  conflatedBytes = 0;

  take(atLeast: number, preferred: number): Buffer {
    const capacity = Math.max(atLeast, preferred);
    this.heldBytes += capacity;
    if (capacity === SLAB_BYTES) {
      const bytes = this.#free.pop();
      if (bytes !== undefined) return bytes;
    }
    return Buffer.allocUnsafeSlow(capacity);
  }

  /** It is not its log's newest any more. */
  isBehind(slab: Slab): void {
    if (slab.behind) return;
    slab.behind = true;
    this.behindBytes += slab.bytes.length;
  }

  /** A log has let go of it. It stays, and counts, while a write reads it. */
  drop(slab: Slab): void {
    if (slab.pins === 0) {
      this.#give(slab);
      return;
    }
    slab.dropped = true;
    this.isBehind(slab);
  }

  /** A write out of it is over. */
  unpin(slab: Slab): void {
    slab.pins--;
    if (slab.dropped && slab.pins === 0) this.#give(slab);
  }

  #give({ bytes, reusable, behind }: Slab): void {
    this.heldBytes -= bytes.length;
    if (behind) this.behindBytes -= bytes.length;
    if (reusable && bytes.length === SLAB_BYTES && this.#free.length < MAX_POOLED_SLABS)
      this.#free.push(bytes);
  }
}
