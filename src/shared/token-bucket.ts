/**
 * A limit on how often something may happen: tokens come at a steady rate, up to a burst; what happens takes some.
 *
 * Over any stretch of time no more is taken than `burst + rate × time`, and one that is larger than the whole burst on top.
 *
 * Pure: time is handed in, and must be monotonic. A clock that steps back adds nothing and takes nothing.
 */

/** How fast tokens come. Looked at anew each time, so that it may change. */
export interface TokenRate {
  perSecond: number;
  /** How many may be saved up: also what there is at the beginning. */
  burst: number;
}

/** Whoever keeps to the rate exactly is not refused for a rounding error. */
const ROUNDING = 1e-6;

export class TokenBucket {
  #tokens: number | undefined;
  #atMs = 0;

  /**
   * Takes `count` tokens, if they are there. What is larger than the burst passes a full bucket, and leaves it in debt:
   * otherwise it never could.
   *
   * @param unreadMs for how long of the time since the last take nobody looked, so that what came then comes now: that
   *   much may be saved up beyond the burst
   */
  tryTake(count: number, nowMs: number, rate: TokenRate, unreadMs = 0): boolean {
    const tokens = this.#grown(nowMs, rate, unreadMs);
    const taken = tokens + ROUNDING >= Math.min(count, rate.burst);
    this.#tokens = taken ? tokens - count : tokens;
    return taken;
  }

  /** In how many ms `count` tokens are there; 0: now. Takes none. */
  msUntil(count: number, nowMs: number, rate: TokenRate): number {
    const missing = Math.min(count, rate.burst) - this.#grown(nowMs, rate, 0);
    return missing <= ROUNDING ? 0 : (missing / rate.perSecond) * 1_000;
  }

  #grown(nowMs: number, { perSecond, burst }: TokenRate, unreadMs: number): number {
    const before = this.#tokens ?? burst;
    const elapsedMs = this.#tokens === undefined ? 0 : Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    const most = Math.max(before, burst) + (perSecond * Math.min(unreadMs, elapsedMs)) / 1_000;
    this.#tokens = Math.min(before + (perSecond * elapsedMs) / 1_000, most);
    return this.#tokens;
  }
}
