/** Closing a ring for good. */
import { ringEveryBell } from './doorbell';
import { CLOSED_BIT, LaneWord, type RingMemory, Word } from './layout';
import { wakeLane } from './room';

/**
 * Closes the ring: every post is either before this and is drained, or answers `'closed'`. Nothing falls between, since a
 * commit is a compare-exchange of the very word that is marked here. Every waiting producer wakes.
 *
 * Thread: any. Closing twice is harmless.
 */
export function closeRing(ring: RingMemory): void {
  Atomics.store(ring.words, Word.CLOSED, 1); // [model: close.word]
  for (let lane = 0; lane < ring.maxProducers; lane++) {
    Atomics.or(ring.words, ring.laneWord(lane, LaneWord.TAIL), CLOSED_BIT); // [model: close.mark] every lane, also those never used (`MARK_USED`)
    wakeLane(ring, lane); // [model: close.wake] after the mark (`CLOSE_WAKE_FIRST`)
  }
  // Threads that wait for a free lane learn it too.
  Atomics.add(ring.words, Word.LANES_FREED, 1); // [model: close.freed]
  Atomics.notify(ring.words, Word.LANES_FREED); // [model: close.notify]
  ringEveryBell(ring); // [model: close.ring]
}

/** Whether `closeRing` has begun. Any thread. */
export function isRingClosed(ring: RingMemory): boolean {
  return Atomics.load(ring.words, Word.CLOSED) !== 0; // [model: close.seen] [model: attach.closed]
}
