/**
 * Counters in shared memory: one writer each, readable from any thread at any time without a message.
 *
 * A counter is two 32-bit words: `low` holds 31 bits of the value and, in its top bit, a copy of the lowest bit of
 * `high`. A reader that sees the two bits differ caught the writer between its two stores, and reads again. So the writer
 * never waits and no value is ever torn, without 64-bit atomics (which allocate a BigInt each).
 */

const LOW_BITS = 0x7fff_ffff;
const LOW_RANGE = 2 ** 31;

/** How often a reader looks again before it takes it that the writer will not go on. */
const READ_ATTEMPTS = 1_000;

/** Words that one counter takes. */
export const COUNTER_WORDS = 2;

/** Adds `n` (0 to 2^31 - 1). Thread: the counter's one writer. */
export function addToCounter(words: Int32Array, index: number, n: number): void {
  const low = (words[index] & LOW_BITS) + n;
  if (low < LOW_RANGE) {
    words[index] += n;
    return;
  }
  const high = (words[index + 1] + 1) | 0;
  Atomics.store(words, index + 1, high);
  Atomics.store(words, index, (low - LOW_RANGE) | (high << 31) | 0);
}

/** Sets the value. Thread: the counter's one writer. */
export function setCounter(words: Int32Array, index: number, value: number): void {
  const high = Math.floor(value / LOW_RANGE) | 0;
  Atomics.store(words, index + 1, high);
  Atomics.store(words, index, (value % LOW_RANGE) | (high << 31) | 0);
}

/** The value, exact up to 2^53. Any thread. */
export function readCounter(words: Int32Array, index: number): number {
  for (let attempt = 1; ; attempt++) {
    const high = Atomics.load(words, index + 1);
    const low = Atomics.load(words, index);
    if (low >>> 31 === (high & 1)) return (high >>> 0) * LOW_RANGE + (low & LOW_BITS);
    if (attempt === READ_ATTEMPTS) return (high >>> 0) * LOW_RANGE; // the writer died, or is paused, between its two stores
  }
}
