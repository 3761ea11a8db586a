/**
 * The life of a lane: FREE → LIVE → CLOSING → FREE.
 *
 * State and owner's tag are one word, so that every change is one compare-exchange and a change that comes too late
 * (of an owner that is gone already) fails instead of hitting the next owner.
 *
 * | step            | who                                          |
 * |-----------------|----------------------------------------------|
 * | FREE → LIVE     | the thread that attaches                     |
 * | LIVE → CLOSING  | the owner, or the keeper once the owner's thread is known to be gone |
 * | CLOSING → FREE  | the keeper, once every gating cursor has reached the tail |
 *
 * `TAIL` is not touched by any of them: the next owner goes on where the last one stood.
 */
import { readCounter, setCounter } from '../counters';
import { ringEveryBell } from './doorbell';
import { CLOSED_BIT, LaneWord, type RingMemory, Word } from './layout';

export const LaneState = { FREE: 0, LIVE: 1, CLOSING: 2 } as const;
export type LaneState = (typeof LaneState)[keyof typeof LaneState];

const STATE_BITS = 2;
const MAX_TAG = 2 ** 30 - 1;
/** In place of a thread's id. */
const NO_THREAD = -1;

export function laneState(ownerWord: number): LaneState {
  return (ownerWord & ((1 << STATE_BITS) - 1)) as LaneState;
}

export function laneTag(ownerWord: number): number {
  return ownerWord >>> STATE_BITS;
}

function ownerWordOf(tag: number, state: LaneState): number {
  return (tag << STATE_BITS) | state | 0;
}

/**
 * A tag for a producer that is about to attach: not 0, and not that of any lane in use (tags come round after 2^30).
 *
 * Thread: any.
 */
export function takeTag(ring: RingMemory): number {
  for (;;) {
    const tag = (Atomics.add(ring.words, Word.NEXT_TAG, 1) + 1) & MAX_TAG; // [model: none] tags are distinct there
    if (tag !== 0 && findLane(ring, tag) === -1) return tag;
  }
}

/** The lane whose owner has `tag`, or -1. */
export function findLane(ring: RingMemory, tag: number): number {
  const used = Atomics.load(ring.words, Word.LANES_USED); // [model: none] the keeper knows the lane there
  for (let lane = 0; lane < used; lane++) {
    const owner = Atomics.load(ring.words, ring.laneWord(lane, LaneWord.OWNER)); // [model: none] as above
    if (laneState(owner) !== LaneState.FREE && laneTag(owner) === tag) return lane;
  }
  return -1;
}

/**
 * Takes the lowest FREE lane for `tag`. Killed half way through, it leaves nothing that the keeper would not find:
 * whoever calls this has handed over the port that tells of its thread's death *before*.
 *
 * Thread: the one that attaches.
 *
 * @returns the lane, or -1 if none is free
 */
export function claimLane(ring: RingMemory, tag: number, threadId: number): number {
  const { words } = ring;
  for (let lane = 0; lane < ring.maxProducers; lane++) {
    const ownerIndex = ring.laneWord(lane, LaneWord.OWNER);
    if (Atomics.load(words, ownerIndex) !== LaneState.FREE) continue; // [model: lane.claim] one step there: a look that is stale fails below
    raiseLanesUsed(words, lane + 1); // before the claim: whoever looks for a tag finds every lane that carries one
    // [model: lane.claim] FREE → LIVE
    if (
      Atomics.compareExchange(words, ownerIndex, LaneState.FREE, ownerWordOf(tag, LaneState.LIVE)) !==
      LaneState.FREE
    ) {
      continue;
    }
    Atomics.store(words, ring.laneWord(lane, LaneWord.THREAD_ID), threadId); // [model: none] for people, and for `closeLanesOfThread`
    Atomics.store(words, ring.laneWord(lane, LaneWord.PROCESS_ID), 0); // [model: none] for people
    copyCounter(ring, lane, LaneWord.POSTED, LaneWord.POSTED_BEFORE);
    copyCounter(ring, lane, LaneWord.REFUSED, LaneWord.REFUSED_BEFORE);
    return lane;
  }
  return -1;
}

function raiseLanesUsed(words: Int32Array, atLeast: number): void {
  let used = Atomics.load(words, Word.LANES_USED); // [model: lane.used] before the claim
  while (used < atLeast) {
    const seen = Atomics.compareExchange(words, Word.LANES_USED, used, atLeast); // [model: lane.used]
    if (seen === used) return;
    used = seen;
  }
}

function copyCounter(ring: RingMemory, lane: number, from: number, to: number): void {
  setCounter(ring.words, ring.laneWord(lane, to), readCounter(ring.words, ring.laneWord(lane, from)));
}

/**
 * LIVE → CLOSING, and rings every service thread: the owner may have died between its commit and its ring.
 *
 * Thread: the owner; or, after the owner's thread ended, the keeper and the warden. Whoever comes later changes nothing, but
 * says again that a lane closes: the one before may have been killed before it said so.
 */
export function closeLane(ring: RingMemory, lane: number, tag: number): void {
  const live = ownerWordOf(tag, LaneState.LIVE);
  // [model: lane.closing]
  Atomics.compareExchange(
    ring.words,
    ring.laneWord(lane, LaneWord.OWNER),
    live,
    ownerWordOf(tag, LaneState.CLOSING),
  );
  Atomics.add(ring.words, Word.LANES_CLOSED, 1); // [model: none] the keeper there looks at every lane
  ringEveryBell(ring); // [model: lane.ring] after the count: whoever wakes looks at it
}

/** Every lane that is CLOSING, with its owner's tag. Thread: the keeper. */
export function closingLanes(ring: RingMemory): { lane: number; tag: number }[] {
  const used = Atomics.load(ring.words, Word.LANES_USED); // [model: none] the keeper there looks at every lane
  const closing: { lane: number; tag: number }[] = [];
  for (let lane = 0; lane < used; lane++) {
    const owner = Atomics.load(ring.words, ring.laneWord(lane, LaneWord.OWNER)); // [model: none] as above
    if (laneState(owner) === LaneState.CLOSING) closing.push({ lane, tag: laneTag(owner) });
  }
  return closing;
}

/**
 * Closes the lanes whose owners lived in this thread, which has ended.
 *
 * Thread: the keeper, before it takes a lane for anybody.
 */
export function closeLanesOfThread(ring: RingMemory, threadId: number): void {
  const { words } = ring;
  const used = Atomics.load(words, Word.LANES_USED); // [model: none] a killed service thread has no lane there
  for (let lane = 0; lane < used; lane++) {
    const owner = Atomics.load(words, ring.laneWord(lane, LaneWord.OWNER)); // [model: none] as above
    if (laneState(owner) !== LaneState.LIVE) continue;
    // An owner that was killed before it wrote down its thread is the warden's matter.
    if (Atomics.load(words, ring.laneWord(lane, LaneWord.THREAD_ID)) !== threadId) continue; // [model: none] as above
    closeLane(ring, lane, laneTag(owner));
  }
}

/**
 * CLOSING → FREE, if every gating service thread has taken all that the lane holds. With no service thread gating
 * nothing is known to be taken, so the lane stays.
 *
 * Thread: the keeper.
 *
 * @returns whether the lane is free now
 */
export function reclaimLane(ring: RingMemory, lane: number, tag: number): boolean {
  const { words } = ring;
  const ownerIndex = ring.laneWord(lane, LaneWord.OWNER);
  if (Atomics.load(words, ownerIndex) !== ownerWordOf(tag, LaneState.CLOSING)) return false; // [model: none] the keeper knows it
  const tail = Atomics.load(words, ring.laneWord(lane, LaneWord.TAIL)) & ~CLOSED_BIT; // [model: lane.tail]
  const gating = Atomics.load(words, Word.GATING); // [model: lane.mask] the mask, then each cursor [model: lane.cursor]
  if (gating === 0) return false;
  for (let slot = 0; gating >>> slot !== 0; slot++) {
    if ((gating >>> slot) & 1 && Atomics.load(words, ring.cursorWord(lane, slot)) !== tail) return false;
  }
  // An owner killed between its commit and its count: all it committed was drained, so that is what it posted.
  copyCounter(ring, lane, LaneWord.DRAINED, LaneWord.POSTED);
  Atomics.store(words, ring.laneWord(lane, LaneWord.THREAD_ID), NO_THREAD); // [model: none] the next owner's is not known before it says so
  Atomics.store(words, ownerIndex, LaneState.FREE); // [model: lane.free]
  Atomics.add(words, Word.LANES_FREED, 1); // [model: lane.freed]
  Atomics.notify(words, Word.LANES_FREED); // [model: lane.notify]
  return true;
}

/** Notes which process a lane's owner posts for. Thread: the owner. */
export function nameProcess(ring: RingMemory, lane: number, pid: number): void {
  Atomics.store(ring.words, ring.laneWord(lane, LaneWord.PROCESS_ID), pid | 0); // [model: none] for people
}

/** What can be seen of one lane, for statistics. */
export interface LaneReport {
  lane: number;
  threadId: number;
  /** The process that the producer posts for, as it told; undefined: this one. */
  pid: number | undefined;
  closing: boolean;
  posted: number;
  refused: number;
}

/** Every lane that has an owner. Any thread; the figures of a moment. */
export function reportLanes(ring: RingMemory): LaneReport[] {
  const { words } = ring;
  const reports: LaneReport[] = [];
  const used = Atomics.load(words, Word.LANES_USED);
  for (let lane = 0; lane < used; lane++) {
    const owner = Atomics.load(words, ring.laneWord(lane, LaneWord.OWNER));
    if (laneState(owner) === LaneState.FREE) continue;
    const since = (now: number, before: number) =>
      readCounter(words, ring.laneWord(lane, now)) - readCounter(words, ring.laneWord(lane, before));
    reports.push({
      lane,
      threadId: Atomics.load(words, ring.laneWord(lane, LaneWord.THREAD_ID)),
      pid: Atomics.load(words, ring.laneWord(lane, LaneWord.PROCESS_ID)) || undefined,
      closing: laneState(owner) === LaneState.CLOSING,
      posted: since(LaneWord.POSTED, LaneWord.POSTED_BEFORE),
      refused: since(LaneWord.REFUSED, LaneWord.REFUSED_BEFORE),
    });
  }
  return reports;
}

/** Sum over all lanes, past owners included. Any thread. */
export function sumLanes(ring: RingMemory, counter: number): number {
  const used = Atomics.load(ring.words, Word.LANES_USED);
  let sum = 0;
  for (let lane = 0; lane < used; lane++) sum += readCounter(ring.words, ring.laneWord(lane, counter));
  return sum;
}
