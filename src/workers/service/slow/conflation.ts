/**
 * The newest message of each key of a channel, in order of their sequences: what peers get that are behind.
 *
 *     log       a1 b1 a2 c1 – a3 b2          – : without a key, replaced by nothing
 *     kept      c1 – a3 b2                   a peer that has come to b1 gets all of it; one that has come to a3 gets b2
 *
 * It is one list for all peers, and a peer is a place in it: whatever is in it behind that place is the newest of its key.
 * While nobody's backlog is conflated it says only where in the log messages lie. While somebody's is, it keeps copies of
 * them, one for all, since the log may let go of theirs.
 *
 * Memory: one entry a key and one a message without key, and none that nobody is to get. A peer for which more than the
 * channel's `maxLagBytes` are kept is cut, so there are no more than that.
 *
 * Thread: the service's.
 */
import type { ChannelLog } from '../channel-log';
import type { LogReader } from '../log-reader';
import type { SlabPool } from '../log-slab';

/** What an entry takes in memory beside its bytes, about. */
export const KEPT_COST = 256;
/** Entries that are replaced are left in the list until there are more of them than of the others, and than this. */
const FEW = 64;

/** A message that is the newest of its key, or that has none. */
export class Kept {
  readonly key: string | undefined;
  readonly sequence: number;
  readonly position: number;
  /** Of its frame. */
  readonly bytes: number;
  readonly postedMs: number;
  /** A copy of its frame, while there must be one. */
  frame: Buffer | undefined;
  replaced = false;

  constructor(key: string | undefined, sequence: number, position: number, bytes: number, postedMs: number) {
    this.key = key;
    this.sequence = sequence;
    this.position = position;
    this.bytes = bytes;
    this.postedMs = postedMs;
  }
}

export class Conflation {
  readonly #log: ChannelLog;
  readonly #pool: SlabPool;
  /** In order of their sequences, those that are replaced too. */
  #entries: Kept[] = [];
  #replaced = 0;
  readonly #newest = new Map<string, Kept>();
  /** Bytes of what is not replaced. */
  #bytes = 0;
  /** Peers, by where they have come. */
  readonly #cursors = new Set<{ readonly cursor: number }>();
  /** Stands where copies have been made up to: the log keeps what lies behind. */
  #copier: LogReader | undefined;
  #copiedTo = 0;

  constructor(log: ChannelLog, pool: SlabPool) {
    this.#log = log;
    this.#pool = pool;
  }

  /** No peer has more than this to get. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A message was appended to the log. */
  add(key: string | undefined, nowMs: number): void {
    const { sequence, newestPosition, head } = this.#log;
    const entry = new Kept(key, sequence, newestPosition, head - newestPosition, nowMs);
    this.#bytes += entry.bytes;
    this.#entries.push(entry);
    if (key === undefined) return;
    const before = this.#newest.get(key);
    if (before !== undefined) this.#replace(before);
    this.#newest.set(key, entry);
  }

  /** A peer's backlog is conflated from now on: it gets what is kept behind its cursor. `reader` stands there. */
  begin(peer: { readonly cursor: number }, reader: LogReader): void {
    this.catchUp();
    const copier = reader.fork();
    this.#copy(peer.cursor, copier);
    this.#cursors.add(peer);
    if (this.#copier === undefined) this.#copier = copier;
    else copier.close();
  }

  /** The peer needs nothing of it any more. */
  end(peer: { readonly cursor: number }): void {
    if (!this.#cursors.delete(peer)) return;
    if (this.#cursors.size > 0) return;
    this.#copier?.close();
    this.#copier = undefined;
    for (const entry of this.#entries) this.#dropCopy(entry);
    this.forget();
  }

  /** Copies what is new in the log, if somebody needs it. Before the log lets go of it: behind every drain. */
  catchUp(): void {
    if (this.#copier === undefined) this.forget();
    else if (this.#copiedTo < this.#log.sequence) this.#copy(this.#copiedTo, this.#copier);
  }

  /** What is kept behind `cursor`, up to and with `to`. */
  *behind(cursor: number, to: number): Generator<Kept> {
    for (let index = this.#firstBehind(cursor); index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      if (entry.sequence > to) return;
      if (!entry.replaced) yield entry;
    }
  }

  /** A peer that has not come to this sequence has more than `bytes` to get; 0: none has. */
  tooFarBefore(bytes: number): number {
    let sum = 0;
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const { replaced, sequence, bytes: more } = this.#entries[index];
      if (replaced) continue;
      sum += more;
      if (sum > bytes) return sequence;
    }
    return 0;
  }

  /** Lets go of what nobody is to get any more: neither a peer here, nor a reader of the log. At intervals. */
  forget(): void {
    let needed = this.#log.heldFrom;
    for (const { cursor } of this.#cursors) needed = Math.min(needed, cursor);
    const gone = this.#firstBehind(needed);
    if (gone === 0) return;
    for (const entry of this.#entries.splice(0, gone)) {
      if (entry.replaced) {
        this.#replaced--;
        continue;
      }
      this.#bytes -= entry.bytes;
      this.#dropCopy(entry);
      if (entry.key !== undefined && this.#newest.get(entry.key) === entry) this.#newest.delete(entry.key);
    }
  }

  #copy(from: number, copier: LogReader): void {
    for (const entry of this.behind(from, Number.POSITIVE_INFINITY)) {
      if (entry.frame !== undefined) continue;
      entry.frame = copier.copyAt(entry.position, entry.bytes);
      this.#pool.conflatedBytes += entry.bytes + KEPT_COST;
    }
    copier.moveTo({ position: this.#log.head, sequence: this.#log.sequence });
    this.#copiedTo = this.#log.sequence;
  }

  #replace(entry: Kept): void {
    entry.replaced = true;
    this.#bytes -= entry.bytes;
    this.#dropCopy(entry);
    this.#replaced++;
    if (this.#replaced > FEW && this.#replaced * 2 > this.#entries.length) {
      this.#entries = this.#entries.filter(({ replaced }) => !replaced);
      this.#replaced = 0;
    }
  }

  /** A write under way may still have the bytes. */
  #dropCopy(entry: Kept): void {
    if (entry.frame === undefined) return;
    entry.frame = undefined;
    this.#pool.conflatedBytes -= entry.bytes + KEPT_COST;
  }

  /** Index of the first entry behind `cursor`. */
  #firstBehind(cursor: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle].sequence <= cursor) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
