/**
 * Memory layout of the ring: where every word stands, and who may write it. No algorithm lives here.
 *
 *     ┌ control ───────────────────────────────────────────────────────────────┐
 *     │ geometry │ STAMP │ GATING │ SLEEPERS │ CLOSED │ LANES_USED │ …         │
 *     │ per service thread: BELL, JOIN_STAMP    │ gates (one word a channel)   │
 *     ├ lane control, once for each lane ──────────────────────────────────────┤
 *     │ OWNER │ TAIL │ WAITING, SPACE │ counters │ CURSOR of service thread 0…7│
 *     ├ lane data, once for each lane ─────────────────────────────────────────┤
 *     │ record │ record │ … │ padding record │                                 │
 *     └────────────────────────────────────────────────────────────────────────┘
 *
 * Invariants (tests name them):
 * - ONE WRITER: a word has one writing thread, save those marked "shared" below.
 * - POSITIONS ONLY GROW: `TAIL` and `CURSOR` count bytes for ever, modulo 2^32, also when a lane changes hands.
 *   `index = position & (laneBytes - 1)`. Two positions are compared by the sign of their 32-bit difference.
 * - NEVER OVERWRITTEN: `TAIL - CURSOR[i] <= laneBytes` for every gating service thread i.
 * - ALIGNED: a record starts at a multiple of 8 and never straddles the end of its lane, so bit 0 of a position is
 *   always 0. In `TAIL` that bit is the mark CLOSED.
 */

/** Words that two threads write or poll often stand this far apart (bytes): two cache lines, for the adjacent-line prefetcher. */
export const LINE_BYTES = 128;
const LINE_WORDS = LINE_BYTES / 4;

/** The most service threads that can read one ring. */
export const MAX_SERVICE_THREADS = 8;

/** The service thread of this slot keeps the lanes: see `keeper.ts`. */
export const KEEPER_SLOT = 0;

/**
 * Smallest and largest lane, in bytes. Two positions may lie two lanes apart (a full lane, padding, and a record that asks
 * for room) and are compared by the sign of a 32-bit difference, hence 2^29.
 */
export const MIN_LANE_BYTES = 128;
export const MAX_LANE_BYTES = 2 ** 29;

/** The most lanes of one ring. */
export const MAX_LANES = 1024;

/** The largest ring as a whole, in bytes: what one SharedArrayBuffer of a 64-bit Node can hold without trouble. */
export const MAX_RING_BYTES = 4 * 2 ** 30;

const MAGIC = 0x72_63_73_74;
/** Changes with every change of this layout: threads that load different versions of the library must not share a ring. */
export const LAYOUT_VERSION = 3;

/** Word indices of the control block. */
export const Word = {
  MAGIC: 0,
  VERSION: 1,
  LANE_BYTES: 2,
  MAX_LANES: 3,
  GATE_COUNT: 4,
  /** 64 bits. Shared: every producer adds. The next stamp to be handed out. */
  STAMP: 1 * LINE_WORDS,
  /** Shared, by service threads: bit i says that service thread i gates the producers. */
  GATING: 2 * LINE_WORDS,
  /** Shared, by service threads: bit i says that service thread i sleeps, or is about to. Only the sleeper sets and clears its bit. */
  SLEEPERS: 3 * LINE_WORDS,
  /** 1 once the ring is closed; never 0 again. */
  CLOSED: 4 * LINE_WORDS,
  /** Shared, by attaching threads: lanes at or above this number were never taken. Only grows. */
  LANES_USED: 5 * LINE_WORDS,
  /** Shared, by attaching threads: the next owner's tag. */
  NEXT_TAG: 6 * LINE_WORDS,
  /** Grows each time a lane becomes FREE: threads that wait for a lane wait on it. */
  LANES_FREED: 7 * LINE_WORDS,
  /** Thread id of the lane keeper plus one; 0: there is none yet. Written by the keeper. */
  KEEPER_THREAD: 8 * LINE_WORDS,
  /** Thread id of the warden plus one (`warden.ts`); 0: the keeper lives as long as the ring. Written once, before the ring is handed out. */
  WARDEN_THREAD: 8 * LINE_WORDS + 1,
  /** Shared: grows each time a lane becomes CLOSING, so that the keeper knows when to look which. */
  LANES_CLOSED: 8 * LINE_WORDS + 2,
} as const;

const SLOT_BASE = 9 * LINE_WORDS;
const SLOT_WORDS = 2 * LINE_WORDS;
const GATES_BASE = SLOT_BASE + MAX_SERVICE_THREADS * SLOT_WORDS;

/** Word offsets inside a lane's control block. */
export const LaneWord = {
  /** Shared: state and tag of the owner in one word; changed by compare-exchange. See `lanes.ts`. */
  OWNER: 0,
  /** The owner's thread id, or -1 until it says so. For people; and for a keeper that finds the lanes of the one before it. */
  THREAD_ID: 1,
  /** The process that the owner posts for, as that process told; 0: this one. For people. Written by the owner. */
  PROCESS_ID: 2,
  /** The producers' end. Written by the owner, by compare-exchange; `close` sets its bit 0. */
  TAIL: 1 * LINE_WORDS,
  /** Shared: 1 while the owner waits for room. */
  WAITING: 2 * LINE_WORDS,
  /** Shared, by service threads: grows whenever a waiting owner should try again. */
  SPACE: 2 * LINE_WORDS + 1,
  /** Counters of the owner (two words each, see `counters.ts`): messages posted, and posts refused for lack of room. */
  POSTED: 3 * LINE_WORDS,
  REFUSED: 3 * LINE_WORDS + 2,
  /** What `POSTED` and `REFUSED` were when the present owner attached. */
  POSTED_BEFORE: 3 * LINE_WORDS + 4,
  REFUSED_BEFORE: 3 * LINE_WORDS + 6,
  /** Messages taken out of this lane, counted by the service thread that keeps the lanes. */
  DRAINED: 4 * LINE_WORDS,
  CURSOR: 5 * LINE_WORDS,
} as const;

const LANE_CONTROL_WORDS = (5 + MAX_SERVICE_THREADS) * LINE_WORDS;

/** Bit 0 of `TAIL`: the ring is closed, no record can be committed any more. */
export const CLOSED_BIT = 1;

export interface RingGeometry {
  /** Size of one lane in bytes: a power of two. */
  laneBytes: number;
  /** Number of lanes: how many producers may be attached at once. */
  maxProducers: number;
  /** Number of gates (one for each channel that may refuse posts by itself). */
  gateCount?: number;
}

/** Views over one ring's memory and the places of its words. Immutable; build one in each thread that uses the ring. */
export class RingMemory {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly stamps: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly laneBytes: number;
  readonly maxProducers: number;
  readonly gateCount: number;
  readonly #lanesBase: number;
  readonly #dataBase: number;

  /** @throws {TypeError} if `buffer` is not a ring of this version of the library */
  constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
    if (words[Word.MAGIC] !== MAGIC || words[Word.VERSION] !== LAYOUT_VERSION) {
      throw new TypeError(
        `not a ring of this version of ringcast (found layout ${words[Word.VERSION]}, need ${LAYOUT_VERSION}): load the same version in every thread`,
      );
    }
    this.buffer = buffer;
    this.words = words;
    this.stamps = new BigInt64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
    this.bytes = new Uint8Array(buffer);
    this.laneBytes = words[Word.LANE_BYTES];
    this.maxProducers = words[Word.MAX_LANES];
    this.gateCount = words[Word.GATE_COUNT];
    this.#lanesBase = lanesBase(this.gateCount);
    this.#dataBase = dataBase(this.gateCount, this.maxProducers);
  }

  /**
   * Makes a ring with every lane FREE and no service thread gating: posts answer `'full'` until one has joined.
   *
   * @throws {RangeError} for a size outside the limits above
   */
  static create({ laneBytes, maxProducers, gateCount = 0 }: RingGeometry): RingMemory {
    if (
      !Number.isInteger(laneBytes) ||
      laneBytes < MIN_LANE_BYTES ||
      laneBytes > MAX_LANE_BYTES ||
      (laneBytes & (laneBytes - 1)) !== 0
    ) {
      throw new RangeError(
        `laneBytes is ${laneBytes}: it must be a power of two from ${MIN_LANE_BYTES} to ${MAX_LANE_BYTES}`,
      );
    }
    if (!Number.isInteger(maxProducers) || maxProducers < 1 || maxProducers > MAX_LANES) {
      throw new RangeError(`maxProducers is ${maxProducers}: it must be an integer from 1 to ${MAX_LANES}`);
    }
    const byteLength = dataBase(gateCount, maxProducers) + laneBytes * maxProducers;
    if (byteLength > MAX_RING_BYTES) {
      throw new RangeError(
        `${maxProducers} lanes of ${laneBytes} bytes make a ring of ${byteLength} bytes: the largest is ${MAX_RING_BYTES}; lower laneBytes or maxProducers`,
      );
    }
    const buffer = new SharedArrayBuffer(byteLength);
    const words = new Int32Array(buffer, 0, LINE_WORDS);
    words[Word.MAGIC] = MAGIC;
    words[Word.VERSION] = LAYOUT_VERSION;
    words[Word.LANE_BYTES] = laneBytes;
    words[Word.MAX_LANES] = maxProducers;
    words[Word.GATE_COUNT] = gateCount;
    return new RingMemory(buffer);
  }

  /** The word index of `word` (a `LaneWord`) of lane `lane`. */
  laneWord(lane: number, word: number): number {
    return this.#lanesBase + lane * LANE_CONTROL_WORDS + word;
  }

  /** The word index of the cursor that service thread `slot` keeps in lane `lane`. */
  cursorWord(lane: number, slot: number): number {
    return this.#lanesBase + lane * LANE_CONTROL_WORDS + LaneWord.CURSOR + slot * LINE_WORDS;
  }

  /** The word index of service thread `slot`'s bell: 1 while it may be waited on, 0 once rung. */
  bellWord(slot: number): number {
    return SLOT_BASE + slot * SLOT_WORDS;
  }

  /** Index into `stamps` of service thread `slot`'s join stamp plus one; 0: it never completed a join. */
  joinStampIndex(slot: number): number {
    return (SLOT_BASE + slot * SLOT_WORDS + LINE_WORDS) >>> 1;
  }

  /** Index into `stamps` of the stamp counter. */
  get stampIndex(): number {
    return Word.STAMP >>> 1;
  }

  /** The word index of gate `gate`: not 0 while posts through it answer `'full'`. Bit i belongs to service thread i. */
  gateWord(gate: number): number {
    return GATES_BASE + gate;
  }

  /** Byte offset of the first byte of lane `lane`'s data. */
  laneBase(lane: number): number {
    return this.#dataBase + lane * this.laneBytes;
  }
}

function lanesBase(gateCount: number): number {
  return GATES_BASE + Math.ceil(gateCount / LINE_WORDS) * LINE_WORDS;
}

function dataBase(gateCount: number, maxProducers: number): number {
  return (lanesBase(gateCount) + maxProducers * LANE_CONTROL_WORDS) * 4;
}
