/**
 * The producer's end of one lane: reserve room, write, stamp, commit.
 *
 * Thread: the one that claimed the lane, and only that. It never blocks (waiting is in `room.ts`), never touches another
 * lane, and never writes where a gating service thread may still read.
 *
 * Until the commit, one compare-exchange of `TAIL`, nobody can see a thing of the record: a thread killed or paused at any
 * instruction before it leaves nothing behind, and one killed after it has posted.
 */
import { addToCounter } from '../counters';
import { ringSleepers } from './doorbell';
import { claimLane, closeLane } from './lanes';
import { CLOSED_BIT, LaneWord, type RingMemory, Word } from './layout';
import { HEADER_BYTES, maxRecordBytes, RecordKind, recordBytes } from './record';

/** What became of a post: it will be sent · there is no room now · the hub is closed. */
export type PostResult = 'posted' | 'full' | 'closed';

/** The parts of a record that most posts do not have. */
export interface RecordExtras {
  /** Number that the service gives back when the record's fate is known; 0: none. */
  ticket?: number;
  /** A connection id. */
  target?: number;
  /** UTF-8 name of a channel that has no number yet. */
  name?: Uint8Array;
  /** UTF-8 conflation key. */
  key?: Uint8Array;
}

const NO_EXTRAS: RecordExtras = {};
const EMPTY = new Uint8Array(0);

/** A string of at most this many code units is written without measuring it first: 3 bytes a unit are reserved. */
const MEASURE_STRINGS_ABOVE = 4096;

/**
 * Free bytes ahead of a record that are touched before it is written, a store for each cache line.
 *
 * The lines were last read by a service thread, so the first store to each has to fetch it from that thread's core. Stamp
 * and commit wait for all stores before them: one record at a time, each post would wait for its two or three lines. Touched
 * together, 64 lines are fetched at once. 2026-11-24, `npm run bench:ring`: 111 ns a post instead of 234.
 */
const TOUCH_AHEAD_BYTES = 4_096;
const CACHE_LINE_WORDS = 16;

/** No gate: the record may be posted whatever its channel's state. */
export const NO_GATE = -1;

export class RingProducer {
  readonly ring: RingMemory;
  readonly lane: number;
  readonly tag: number;

  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #laneBase: number;
  readonly #tailWord: number;
  readonly #postedWord: number;
  readonly #refusedWord: number;
  readonly #stampIndex: number;
  /** The most bytes that may lie unread in the lane: all of it, or less. */
  readonly #mostUnread: number;
  /** Own copy of the tail: nobody else moves it. */
  #tail: number;
  /** A lower bound of every gating cursor. They only grow, and one that joins starts at the tail: so it stays one. */
  #slowestCursor: number;
  /** Up to here the lines ahead were touched. */
  #touched: number;
  #closed = false;

  private constructor(ring: RingMemory, lane: number, tag: number, mostUnread: number) {
    this.ring = ring;
    this.lane = lane;
    this.tag = tag;
    this.#words = ring.words;
    this.#bytes = ring.bytes;
    this.#text = Buffer.from(ring.buffer as unknown as ArrayBuffer);
    this.#laneBase = ring.laneBase(lane);
    this.#tailWord = ring.laneWord(lane, LaneWord.TAIL);
    this.#postedWord = ring.laneWord(lane, LaneWord.POSTED);
    this.#refusedWord = ring.laneWord(lane, LaneWord.REFUSED);
    this.#stampIndex = ring.stampIndex;
    this.#mostUnread = mostUnread;
    this.#tail = Atomics.load(ring.words, this.#tailWord) & ~CLOSED_BIT; // [model: attach.tail]
    this.#touched = this.#tail;
    this.#slowestCursor = this.#tail - ring.laneBytes; // nothing is known to be free: the first post looks
  }

  /**
   * Takes a lane.
   *
   * @param tag from `takeTag`, already told to the lane keeper together with the port that tells of this thread's end
   * @param mostUnread how much of the lane this producer may fill: a small part lets it answer `'full'` sooner
   * @returns undefined if every lane has an owner
   */
  static attach(
    ring: RingMemory,
    tag: number,
    threadId: number,
    mostUnread = ring.laneBytes,
  ): RingProducer | undefined {
    const lane = claimLane(ring, tag, threadId);
    return lane === -1 ? undefined : new RingProducer(ring, lane, tag, mostUnread);
  }

  /** Whether this producer or the whole ring is closed: no post can succeed any more. */
  get closed(): boolean {
    return this.#closed || (Atomics.load(this.#words, this.#tailWord) & CLOSED_BIT) !== 0; // [model: full.closed]
  }

  /** Where the next record begins: behind everything that this producer posted. */
  get position(): number {
    return this.#tail;
  }

  /**
   * Posts one record, or answers why not. Never blocks.
   *
   * @param data text (stored as UTF-8) or bytes; copied before this returns
   * @param gate number of the gate that must be open; `NO_GATE`: none
   * @throws {RangeError} if the record could not fit the empty lane wherever its tail stands; nothing was written then
   */
  tryPost(
    kind: RecordKind,
    channel: number,
    data: string | Uint8Array,
    gate: number = NO_GATE,
    extras: RecordExtras = NO_EXTRAS,
  ): PostResult {
    if (this.#closed) return 'closed';
    const name = extras.name ?? EMPTY;
    const key = extras.key ?? EMPTY;
    const prefixBytes = name.length + key.length;
    const largest = maxRecordBytes(this.#mostUnread) - HEADER_BYTES - prefixBytes;
    const isText = typeof data === 'string';
    let atMost = isText ? data.length * 3 : data.length;
    if (isText && (data.length > MEASURE_STRINGS_ABOVE || atMost > largest)) atMost = Buffer.byteLength(data);
    if (atMost > largest) throw neverFits(atMost, Math.max(0, largest), this.#mostUnread);

    if (gate !== NO_GATE && Atomics.load(this.#words, this.ring.gateWord(gate)) !== 0) return this.#noRoom(); // [model: gate.look]
    let start = this.#reserve(recordBytes(prefixBytes + atMost));
    if (start === -1 && isText) {
      atMost = Buffer.byteLength(data); // three bytes a unit were asked for: most text needs one
      start = this.#reserve(recordBytes(prefixBytes + atMost));
    }
    if (start === -1) return this.#noRoom();
    if (((this.#touched - start) | 0) < recordBytes(prefixBytes + atMost)) this.#touchAhead(start);

    // [model: write] Plain stores: nobody reads these bytes before the commit.
    const at = this.#laneBase + (start & (this.ring.laneBytes - 1));
    let content = at + HEADER_BYTES;
    if (prefixBytes !== 0) {
      this.#bytes.set(name, content);
      this.#bytes.set(key, content + name.length);
      content += prefixBytes;
    }
    let length = atMost;
    if (!isText) this.#bytes.set(data, content);
    else length = this.#text.write(data, content, atMost, 'utf8');

    const words = this.#words;
    const header = at >>> 2;
    words[header] = length;
    words[header + 1] = kind | (name.length << 8) | (key.length << 16);
    words[header + 4] = channel;
    words[header + 5] = extras.ticket ?? 0;
    const target = extras.target ?? 0;
    words[header + 6] = target | 0;
    words[header + 7] = Math.floor(target / 2 ** 32);
    return this.#commit(start, header, recordBytes(prefixBytes + length), kind < RecordKind.CONTROL);
  }

  /**
   * Finds room for a record of `size` bytes at the tail, behind padding if it would straddle the lane's end.
   *
   * @returns the record's position, or -1 if there is no room before the slowest gating cursor
   */
  #reserve(size: number): number {
    const { laneBytes } = this.ring;
    const tail = this.#tail;
    const toEnd = laneBytes - (tail & (laneBytes - 1));
    const start = size <= toEnd ? tail : (tail + toEnd) | 0;
    const end = (start + size) | 0;
    if (((end - this.#slowestCursor) | 0) > this.#mostUnread) {
      if (!this.#findSlowestCursor() || ((end - this.#slowestCursor) | 0) > this.#mostUnread) return -1;
    }
    if (start !== tail) {
      // The padding's header is plain too: it becomes visible by the same commit as the record behind it.
      const padding = (this.#laneBase + (tail & (laneBytes - 1))) >>> 2;
      this.#words[padding] = toEnd;
      this.#words[padding + 1] = RecordKind.PADDING;
    }
    return start;
  }

  /** Fetches the cache lines of the next records all at once. They lie between the tail and what may not be overwritten yet. */
  #touchAhead(start: number): void {
    const { laneBytes } = this.ring;
    const index = start & (laneBytes - 1);
    const free = (this.#slowestCursor + laneBytes - start) | 0;
    const room = Math.min(TOUCH_AHEAD_BYTES, laneBytes - index, free);
    const first = (this.#laneBase + index) >>> 2;
    for (let word = first; word < first + (room >>> 2); word += CACHE_LINE_WORDS) this.#words[word] = 0; // [model: write]
    this.#touched = (start + room) | 0;
  }

  /** Loads the cursors of all gating service threads. @returns false if there is none: nothing may be overwritten then */
  #findSlowestCursor(): boolean {
    const gating = Atomics.load(this.#words, Word.GATING); // [model: room.mask] the mask …
    if (gating === 0) return false;
    let most = 0;
    for (let slot = 0; gating >>> slot !== 0; slot++) {
      if (((gating >>> slot) & 1) === 0) continue;
      const unread = (this.#tail - Atomics.load(this.#words, this.ring.cursorWord(this.lane, slot))) | 0; // [model: room.cursor] … then each cursor
      if (unread > most) most = unread;
    }
    this.#slowestCursor = (this.#tail - most) | 0;
    return true;
  }

  /** Stamps and commits the record at `start`; the padding before it, if any, with it. */
  #commit(start: number, header: number, size: number, isMessage: boolean): PostResult {
    const words = this.#words;
    const next = (start + size) | 0;
    // [model: stamp] The order of all producers. 64 bits: with 32, a thread paused here while 2^31 others pass breaks the comparison.
    this.ring.stamps[(header >>> 1) + 1] = Atomics.add(this.ring.stamps, this.#stampIndex, 1n);
    // [model: commit] Fails only if `close` set the CLOSED bit: the record is on one side of the close or on the other.
    if (Atomics.compareExchange(words, this.#tailWord, this.#tail, next) !== this.#tail) return 'closed';
    this.#tail = next;
    ringSleepers(this.ring);
    if (isMessage) addToCounter(words, this.#postedWord, 1);
    return 'posted';
  }

  #noRoom(): PostResult {
    return this.closed ? 'closed' : 'full';
  }

  /** Counts posts that were answered `'full'` for good. A waiting post tries often but is refused once at most. */
  countRefusal(posts = 1): void {
    addToCounter(this.#words, this.#refusedWord, posts);
  }

  /** Gives the lane back: what it holds is still sent. Later posts answer `'closed'`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeLane(this.ring, this.lane, this.tag);
  }
}

function neverFits(payloadBytes: number, largest: number, laneBytes: number): RangeError {
  return new RangeError(
    `payload of ${payloadBytes} bytes can never fit: the largest in a lane of ${laneBytes} bytes is ${largest} bytes; raise laneBytes`,
  );
}
