/**
 * Time in which the service's loop went round. While it was blocked, or the thread had no core, this clock stands still: pongs and
 * room in sockets' buffers lay unseen meanwhile, and no peer is to blame for that.
 *
 * Ages and time-outs by which peers are judged are of this clock. It is looked at with every sweep, so a longer gap between two
 * looks was one in which nobody could look.
 *
 * Thread: the service's.
 */

/** The loop is looked after at least this often while it goes round: with every sweep, and as much again for its lateness. */
export const LONGEST_GAP_MS = 500;

export class AttendedClock {
  readonly #realMs: () => number;
  #lastRealMs: number;
  #nowMs: number;

  /** @param realMs a monotonic clock */
  constructor(realMs: () => number) {
    this.#realMs = realMs;
    this.#lastRealMs = realMs();
    this.#nowMs = this.#lastRealMs;
  }

  /** Monotonic, too; it falls behind the real clock by the time that does not count. */
  nowMs(): number {
    const realMs = this.#realMs();
    this.#nowMs += Math.min(realMs - this.#lastRealMs, LONGEST_GAP_MS);
    this.#lastRealMs = realMs;
    return this.#nowMs;
  }
}
