/**
 * The doorbell: how a service thread sleeps while the ring is empty, and how it is woken.
 *
 *     service thread                         producer (after its commit)
 *       bell = 1                               sleepers = load(SLEEPERS)
 *       SLEEPERS |= mine                       for each bit: bell = 0, notify
 *       look again: any tail ≠ my cursor?
 *       waitAsync(bell, 1)
 *       …awake: SLEEPERS &= ~mine
 *
 * Only the sleeper clears its bit. Were the ringer to take it (an exchange), a ringer that is paused before its notify
 * would hide the sleeper from everybody else (model: `XCHG_BELL`). And a ringer notifies always, also when the bell was 0
 * already (model: `NO_NOTIFY_IF_ZERO`).
 */
import { MAX_SERVICE_THREADS, type RingMemory, Word } from './layout';

/** Wakes every service thread that sleeps. Costs one load when nobody does. Thread: a producer, after its commit. */
export function ringSleepers(ring: RingMemory): void {
  let sleepers = Atomics.load(ring.words, Word.SLEEPERS); // [model: look]
  while (sleepers !== 0) {
    const slot = 31 - Math.clz32(sleepers & -sleepers);
    ringBell(ring, slot);
    sleepers &= sleepers - 1;
  }
}

/** Wakes every service thread, asleep or not. Thread: any; after a death, a close, or another change of state. */
export function ringEveryBell(ring: RingMemory): void {
  for (let slot = 0; slot < MAX_SERVICE_THREADS; slot++) ringBell(ring, slot);
}

/** Wakes one service thread. Thread: any. */
export function ringBell(ring: RingMemory, slot: number): void {
  const bell = ring.bellWord(slot);
  Atomics.store(ring.words, bell, 0); // [model: ring.bell]
  Atomics.notify(ring.words, bell); // [model: ring.notify] all waiters: one may be left over from an earlier owner of the slot
}

/**
 * The sleeper's side of the doorbell. Thread: the service thread whose slot it is.
 *
 * A pending `waitAsync` cannot be taken back, so at most one is kept pending: a thread that woke for another reason and
 * sleeps again goes on with it. That is sound, since a notify that comes after the waiter queued wakes it whenever that was.
 */
export class Doorbell {
  readonly #ring: RingMemory;
  readonly #slot: number;
  readonly #onRing: () => void;
  #pending: Promise<unknown> | undefined;
  #armed = false;

  /** @param onRing called once for each time that the bell woke this thread: look at the ring then */
  constructor(ring: RingMemory, slot: number, onRing: () => void) {
    this.#ring = ring;
    this.#slot = slot;
    this.#onRing = onRing;
  }

  /** Whether producers ring for us now. */
  get armed(): boolean {
    return this.#armed;
  }

  /**
   * Asks to be woken.
   *
   * @param hasWork compares every tail with this thread's *stored* cursor; anything else may sleep over a record
   * @returns false if there is work: then drain again instead of sleeping
   */
  arm(hasWork: () => boolean): boolean {
    const { words } = this.#ring;
    const bell = this.#ring.bellWord(this.#slot);
    this.#armed = true;
    Atomics.store(words, bell, 1); // [model: sleep.bell]
    Atomics.or(words, Word.SLEEPERS, 1 << this.#slot); // [model: sleep.bit]
    // [model: work.tail] look again (`NO_RECHECK`)
    if (hasWork()) {
      this.disarm();
      return false;
    }
    if (this.#pending === undefined) {
      const wait = Atomics.waitAsync(words, bell, 1); // [model: sleep.wait] without time-out: that would leak a delayed task
      if (!wait.async) {
        this.disarm();
        return false;
      }
      this.#pending = wait.value;
      void wait.value.then(() => {
        this.#pending = undefined;
        this.#onRing();
      });
    }
    return true;
  }

  /** Awake: producers need not ring. */
  disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    Atomics.and(this.#ring.words, Word.SLEEPERS, ~(1 << this.#slot)); // [model: sleep.clear] only the sleeper clears its bit (`RINGER_CLEARS`)
  }
}

/** Clears a bit that a dead thread left in the sleepers' mask. Thread: the one that takes over its slot. */
export function forgetSleeper(ring: RingMemory, slot: number): void {
  Atomics.and(ring.words, Word.SLEEPERS, ~(1 << slot)); // [model: restart.bit]
}
