/**
 * A service thread's end of the ring: drains the records of all lanes in the one order of their stamps.
 *
 *     limit = load(STAMP)                 first the limit …
 *     visible[lane] = load(TAIL[lane])    … then every tail
 *     take the lowest stamp below the limit, again and again
 *     store each cursor, once a batch     now producers may overwrite
 *
 * Why the limit: whoever took a stamp below it had begun before this turn began, and whatever was posted earlier than
 * that is visible by now. Without it (or with the limit read after the tails) a record could overtake one whose post had
 * returned before it began. A producer that is paused between stamp and commit holds back nobody: its record simply has
 * an old stamp when it comes.
 *
 * Thread: the service thread whose slot it is.
 */
import { addToCounter } from '../counters';
import { forgetSleeper, ringBell } from './doorbell';
import { openEveryGate } from './gates';
import { LaneState, laneState } from './lanes';
import { CLOSED_BIT, KEEPER_SLOT, LaneWord, MAX_SERVICE_THREADS, type RingMemory, Word } from './layout';
import { HEADER_BYTES, isRecordKind, MAX_KEY_BYTES, RecordKind, recordBytes } from './record';
import { wakeAllWaiting, wakeIfWaiting, wakeLane } from './room';

/**
 * One record, as the drain shows it. The object is used again for the next record, and the bytes may be overwritten as
 * soon as the drain returns: copy what must stay.
 */
export interface RingRecord {
  lane: number;
  kind: RecordKind;
  /** Channel number, or `CHANNEL_BY_NAME`. */
  channel: number;
  ticket: number;
  target: number;
  stamp: number;
  /** The memory of the whole ring; the offsets below point into it. */
  readonly bytes: Uint8Array;
  nameOffset: number;
  nameBytes: number;
  keyOffset: number;
  keyBytes: number;
  payloadOffset: number;
  payloadBytes: number;
}

/** How much one drain may take. */
export interface DrainBudget {
  records: number;
  /** Payload bytes; the record that crosses it is still taken. */
  payloadBytes: number;
}

const UNLIMITED: DrainBudget = { records: Number.POSITIVE_INFINITY, payloadBytes: Number.POSITIVE_INFINITY };

export class RingConsumer {
  readonly ring: RingMemory;
  readonly slot: number;
  readonly #words: Int32Array;
  /** Records with a lower stamp are older than this service thread's join. */
  readonly #joinStamp: number;
  /** Where this thread began to read each lane. */
  readonly #startedAt: Int32Array;
  /** Whether this thread keeps the count of drained messages. */
  readonly #counting: boolean;
  /** Where we are in each lane; ahead of the stored cursor only inside `drain`. */
  readonly #position: Int32Array;
  /** The cursors as stored in shared memory. */
  readonly #stored: Int32Array;
  /** The tails seen at the start of this drain. */
  readonly #visible: Int32Array;
  /** Lanes that have a record below the limit, and the stamp and size of each one's next record. */
  readonly #ready: number[] = [];
  readonly #nextStamp: Float64Array;
  readonly #nextSize: Int32Array;
  readonly #record: RingRecord;
  /** How often a lane's bytes made no sense, so that what was visible of it was skipped. */
  lanesFenced = 0;

  private constructor(ring: RingMemory, slot: number, joinStamp: number) {
    this.ring = ring;
    this.slot = slot;
    this.#words = ring.words;
    this.#joinStamp = joinStamp;
    this.#counting = slot === KEEPER_SLOT;
    this.#position = new Int32Array(ring.maxProducers);
    this.#visible = new Int32Array(ring.maxProducers);
    this.#nextStamp = new Float64Array(ring.maxProducers);
    this.#nextSize = new Int32Array(ring.maxProducers);
    this.#record = {
      lane: 0,
      kind: RecordKind.PADDING,
      channel: 0,
      ticket: 0,
      target: 0,
      stamp: 0,
      bytes: ring.bytes,
      nameOffset: 0,
      nameBytes: 0,
      keyOffset: 0,
      keyBytes: 0,
      payloadOffset: 0,
      payloadBytes: 0,
    };
    for (let lane = 0; lane < ring.maxProducers; lane++) {
      this.#position[lane] = Atomics.load(ring.words, ring.cursorWord(lane, slot)); // [model: restart.cursor]
    }
    this.#stored = this.#position.slice();
    this.#startedAt = this.#position.slice();
  }

  /**
   * Joins as service thread `slot`: from here on producers do not overwrite what this thread has not taken. It sees
   * everything whose post began after this returned, and of what came before a suffix without gaps, or nothing.
   */
  static join(ring: RingMemory, slot: number): RingConsumer {
    assertSlot(slot);
    const { words } = ring;
    Atomics.store(ring.stamps, ring.joinStampIndex(slot), 0n); // [model: join.undo] a restart from here on joins again
    snapshotTails(ring, slot); // [model: join.first] so that no stale cursor is ever compared
    Atomics.or(words, Word.GATING, 1 << slot); // [model: join.bit]
    snapshotTails(ring, slot); // [model: join.tail] (`NO_SNAP2`)
    const stamp = Atomics.load(ring.stamps, ring.stampIndex); // [model: join.stamp] after the last cursor (`J_FIRST`)
    Atomics.store(ring.stamps, ring.joinStampIndex(slot), stamp + 1n); // [model: join.keep]
    wakeAllWaiting(ring); // [model: join.wake]
    return new RingConsumer(ring, slot, Number(stamp));
  }

  /**
   * Takes over the slot of a service thread that died, with its stored cursors: what that thread had taken but not yet
   * stored as read comes again. A join that died half way is done again.
   */
  static takeOver(ring: RingMemory, slot: number): RingConsumer {
    assertSlot(slot);
    forgetSleeper(ring, slot); // [model: restart.bit]
    const joined = Atomics.load(ring.stamps, ring.joinStampIndex(slot)); // [model: restart.joined]
    const gating = (Atomics.load(ring.words, Word.GATING) & (1 << slot)) !== 0; // [model: restart.mask]
    const consumer =
      gating && joined !== 0n
        ? new RingConsumer(ring, slot, Number(joined - 1n))
        : RingConsumer.join(ring, slot);
    openEveryGate(ring, slot); // the new thread knows of no lagging peers
    // It may have died between a cursor (or its leave) and the wake-up, even with WAITING cleared: so wake everybody.
    for (let lane = 0; lane < ring.maxProducers; lane++) wakeLane(ring, lane);
    return consumer;
  }

  /**
   * Stops gating.
   *
   * @returns false, changing nothing, if this is the last service thread: nobody would see what is posted then
   */
  leave(): boolean {
    const bit = 1 << this.slot;
    for (;;) {
      const gating = Atomics.load(this.#words, Word.GATING); // [model: leave.mask]
      if ((gating & bit) === 0) return true;
      if (gating === bit) return false;
      // [model: leave.bit]
      if (Atomics.compareExchange(this.#words, Word.GATING, gating, gating & ~bit) === gating) break;
    }
    Atomics.store(this.ring.stamps, this.ring.joinStampIndex(this.slot), 0n); // [model: leave.forget]
    wakeAllWaiting(this.ring); // [model: leave.wake]
    if (this.slot !== KEEPER_SLOT) ringBell(this.ring, KEEPER_SLOT); // a lane that closes may have waited for our cursor
    return true;
  }

  /** Where this thread began to read a lane: what lies before was taken by those whose slot it took over. */
  startedAt(lane: number): number {
    return this.#startedAt[lane];
  }

  /** Whether a lane holds anything that this thread has not stored as read. The check before sleep, and after a close. */
  hasWork(): boolean {
    const used = Atomics.load(this.#words, Word.LANES_USED); // [model: none] all lanes there; raised before a claim, so no record is missed
    for (let lane = 0; lane < used; lane++) {
      const tail = Atomics.load(this.#words, this.ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT; // [model: work.tail]
      if (tail !== this.#position[lane]) return true;
    }
    return false;
  }

  /**
   * Hands the visible records to `take`, in order, as far as the budget goes, then stores the cursors.
   *
   * A record counts as taken before `take` sees it: if `take` throws, the drain ends, what was taken is released, and the
   * next drain goes on behind that record.
   *
   * @returns the number of records taken
   */
  drain(take: (record: RingRecord) => void, budget: DrainBudget = UNLIMITED): number {
    const limit = Number(Atomics.load(this.ring.stamps, this.ring.stampIndex)); // [model: drain.limit] first the limit
    this.#lookAtTails(limit);
    const ready = this.#ready;
    let records = 0;
    let payloadBytes = 0;
    try {
      while (ready.length > 0) {
        const best = this.#lowest();
        const lane = ready[best];
        // The lane keeps its turn as long as its stamps stay below every other lane's: most runs are long.
        const until = this.#lowestBut(best);
        let more: boolean;
        do {
          if (records >= budget.records || payloadBytes >= budget.payloadBytes) return records;
          if (this.#nextStamp[lane] >= this.#joinStamp) {
            this.#read(lane);
            records++;
            payloadBytes += this.#record.payloadBytes;
            take(this.#record);
          } else {
            this.#position[lane] += this.#nextSize[lane]; // older than our join: some of its elders were never ours
          }
          more = this.#advance(lane, limit);
        } while (more && this.#nextStamp[lane] < until);
        if (!more) ready.splice(best, 1);
      }
      return records;
    } finally {
      this.#storeCursors();
    }
  }

  /** Notes every lane that has a record below the limit. */
  #lookAtTails(limit: number): void {
    this.#ready.length = 0;
    const used = Atomics.load(this.#words, Word.LANES_USED); // [model: drain.lanes] after the limit (`LANES_FIRST`)
    for (let lane = 0; lane < used; lane++) {
      this.#visible[lane] = Atomics.load(this.#words, this.ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT; // [model: drain.tail] then every tail (`LIMIT_LATE`)
      if (this.#advance(lane, limit)) this.#ready.push(lane);
    }
  }

  /** Index in `#ready` of the lane whose next stamp is lowest. */
  #lowest(): number {
    let best = 0;
    for (let i = 1; i < this.#ready.length; i++) {
      if (this.#nextStamp[this.#ready[i]] < this.#nextStamp[this.#ready[best]]) best = i;
    }
    return best;
  }

  /** The lowest next stamp of the other ready lanes. */
  #lowestBut(best: number): number {
    let stamp = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#ready.length; i++) {
      if (i !== best && this.#nextStamp[this.#ready[i]] < stamp) stamp = this.#nextStamp[this.#ready[i]];
    }
    return stamp;
  }

  /**
   * Looks at the lane's next record, over padding, and notes its stamp and size.
   *
   * @returns false if there is none that may be taken in this turn
   */
  #advance(lane: number, limit: number): boolean {
    const { laneBytes } = this.ring;
    for (;;) {
      const position = this.#position[lane];
      const left = (this.#visible[lane] - position) | 0;
      if (left === 0) return false;
      if (left >>> 0 > laneBytes) return this.#fence(lane); // a tail that no commit has left there
      const index = position & (laneBytes - 1);
      const header = (this.ring.laneBase(lane) + index) >>> 2;
      const length = this.#words[header];
      const shape = this.#words[header + 1];
      const kind = shape & 0xff;
      const room = Math.min(left, laneBytes - index);
      if (kind === RecordKind.PADDING) {
        // Padding always reaches to the lane's end, with its record behind it.
        if (length !== laneBytes - index || length >= left) return this.#fence(lane);
        this.#position[lane] += length;
        continue;
      }
      const keyBytes = shape >>> 16;
      if (!isRecordKind(kind) || keyBytes > MAX_KEY_BYTES) return this.#fence(lane);
      const prefix = ((shape >>> 8) & 0xff) + keyBytes;
      if (length < 0 || length > room) return this.#fence(lane);
      const size = recordBytes(prefix + length);
      if (size > room) return this.#fence(lane);
      this.#nextSize[lane] = size;
      const stamp = (this.#words[header + 2] >>> 0) + this.#words[header + 3] * 2 ** 32;
      this.#nextStamp[lane] = stamp;
      if (stamp < limit) return true;
      // Taken in the next turn: it was stamped since this one began. A stamp that was never handed out would stay for ever.
      // [model: none] an owner that writes nonsense is not modelled
      return stamp < Number(Atomics.load(this.ring.stamps, this.ring.stampIndex)) ? false : this.#fence(lane);
    }
  }

  /** Skips what is visible of a lane whose bytes make no sense: a fault of its owner, who alone may write there. */
  #fence(lane: number): false {
    this.#position[lane] = this.#visible[lane];
    this.lanesFenced++;
    return false;
  }

  /** Fills in the lane's next record, and counts it as taken. */
  #read(lane: number): void {
    const record = this.#record;
    const at = this.ring.laneBase(lane) + (this.#position[lane] & (this.ring.laneBytes - 1));
    const header = at >>> 2;
    const words = this.#words;
    const shape = words[header + 1];
    record.lane = lane;
    record.kind = (shape & 0xff) as RecordKind;
    record.channel = words[header + 4];
    record.ticket = words[header + 5];
    record.target = (words[header + 6] >>> 0) + words[header + 7] * 2 ** 32;
    record.stamp = this.#nextStamp[lane];
    record.nameOffset = at + HEADER_BYTES;
    record.nameBytes = (shape >>> 8) & 0xff;
    record.keyOffset = record.nameOffset + record.nameBytes;
    record.keyBytes = shape >>> 16;
    record.payloadOffset = record.keyOffset + record.keyBytes;
    record.payloadBytes = words[header];
    this.#position[lane] += this.#nextSize[lane];
    if (this.#counting && record.kind < RecordKind.CONTROL) {
      addToCounter(words, this.ring.laneWord(lane, LaneWord.DRAINED), 1);
    }
  }

  /** Gives the space of what was taken back to the producers. */
  #storeCursors(): void {
    for (let lane = 0; lane < this.#visible.length; lane++) {
      const position = this.#position[lane];
      if (position === this.#stored[lane]) continue;
      this.#stored[lane] = position;
      Atomics.store(this.#words, this.ring.cursorWord(lane, this.slot), position); // [model: drain.cursor]
      wakeIfWaiting(this.ring, lane);
      this.#tellKeeper(lane);
    }
  }

  /** The keeper waits for every cursor of a lane that closes: it is told of those it does not store itself. */
  #tellKeeper(lane: number): void {
    if (this.slot === KEEPER_SLOT) return;
    const owner = Atomics.load(this.#words, this.ring.laneWord(lane, LaneWord.OWNER));
    if (laneState(owner) === LaneState.CLOSING) ringBell(this.ring, KEEPER_SLOT);
  }
}

/** Sets `slot`'s cursor to the tail, in every lane. [model: join.first] [model: join.tail] */
function snapshotTails(ring: RingMemory, slot: number): void {
  for (let lane = 0; lane < ring.maxProducers; lane++) {
    const tail = Atomics.load(ring.words, ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT;
    Atomics.store(ring.words, ring.cursorWord(lane, slot), tail);
  }
}

function assertSlot(slot: number): void {
  if (!Number.isInteger(slot) || slot < 0 || slot >= MAX_SERVICE_THREADS) {
    throw new RangeError(
      `service thread slot is ${slot}: it must be an integer from 0 to ${MAX_SERVICE_THREADS - 1}`,
    );
  }
}
