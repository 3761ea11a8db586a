/**
 * Time and turns for a hub that somebody else's loop drives: nothing runs by itself, everything waits for the next go.
 *
 * Thread: the service's.
 */
import type { Scheduler } from './peer-socket';

interface Timer {
  readonly periodMs: number;
  dueMs: number;
  readonly sweep: () => void;
}

export const BEING_SERVICED = 'the hub is in the middle of its work: its callbacks must not service it';

export class ManualDrive implements Scheduler {
  readonly driven = true;
  readonly #onDue: () => void;
  readonly #timers = new Set<Timer>();
  #due = false;
  #going = false;

  /** @param onDue called when a turn became due, unless a go is under way: its answer says so */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Whether there is something to do, as far as this thread knows. */
  get due(): boolean {
    return this.#due;
  }

  /** In how many ms the next timer is due; infinite if there is none. */
  get nextDeadlineMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const timer of this.#timers) dueMs = Math.min(dueMs, timer.dueMs);
    return Math.max(0, dueMs - this.nowMs());
  }

  nowMs(): number {
    return performance.now();
  }

  /** The turn itself is taken by the next go, whoever asked for it. */
  soon(): void {
    if (this.#due) return;
    this.#due = true;
    if (!this.#going) this.#onDue();
  }

  every(periodMs: number, sweep: () => void): () => void {
    const timer: Timer = { periodMs, dueMs: this.nowMs() + periodMs, sweep };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * One go: the timers that are due, then `turn`.
   *
   * @returns what `turn` returned
   * @throws {Error} if a go is under way: what runs inside it must not turn the hub again
   */
  go<T>(turn: () => T): T {
    if (this.#going) throw new Error(BEING_SERVICED);
    this.#going = true;
    try {
      this.#due = false;
      this.#runTimers();
      return turn();
    } finally {
      this.#going = false;
    }
  }

  #runTimers(): void {
    const nowMs = this.nowMs();
    for (const timer of this.#timers) {
      if (timer.dueMs > nowMs) continue;
      timer.dueMs = nowMs + timer.periodMs; // not one for each that was missed: the loop was away, and nothing is made up for
      timer.sweep();
    }
  }
}
