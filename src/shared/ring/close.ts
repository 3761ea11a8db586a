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
  Atomics.store(ring.words, Word.CLOSED, 1);
  for (let lane = 0; lane < ring.maxProducers; lane++) {
    Atomics.or(ring.words, ring.laneWord(lane, LaneWord.TAIL), CLOSED_BIT); // [model: close]
    wakeLane(ring, lane);
  }
  // Threads that wait for a free lane learn it too.
  Atomics.add(ring.words, Word.LANES_FREED, 1);
  Atomics.notify(ring.words, Word.LANES_FREED);
  ringEveryBell(ring);
}

/** Whether `closeRing` has begun. Any thread. */
export function isRingClosed(ring: RingMemory): boolean {
  return Atomics.load(ring.words, Word.CLOSED) !== 0;
}
