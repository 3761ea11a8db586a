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
  /** Bytes of all slabs that logs hold. */
  heldBytes = 0;
  /** Of these, bytes of slabs that are not their log's newest: only readers that are behind hold them. */
  behindBytes = 0;

  take(atLeast: number, preferred: number): Buffer {
    const capacity = Math.max(atLeast, preferred);
    this.heldBytes += capacity;
    if (capacity === SLAB_BYTES) {
      const bytes = this.#free.pop();
      if (bytes !== undefined) return bytes;
    }
    return Buffer.allocUnsafeSlow(capacity);
  }

  give(bytes: Buffer, reusable: boolean): void {
    this.heldBytes -= bytes.length;
    if (reusable && bytes.length === SLAB_BYTES && this.#free.length < MAX_POOLED_SLABS)
      this.#free.push(bytes);
  }
}
