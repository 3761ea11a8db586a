/**
 * Whether bytes that come are a sign of life. A peer inside a long frame cannot answer a ping: its bytes speak for it. But
 * a trickle that only keeps a connection open does not.
 *
 * Thread: the service's.
 */

/** So many bytes within `LIFE_WINDOW_MS` are a sign of life; fewer are none. */
export const LIFE_BYTES = 1_000;
export const LIFE_WINDOW_MS = 1_000;

export class LifeMeter {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  /** Bytes came. @returns whether the peer is known to live, by these and those of the window before them */
  took(bytes: number, nowMs: number): boolean {
    if (nowMs - this.#sinceMs > LIFE_WINDOW_MS) {
      this.#sinceMs = nowMs;
      this.#bytes = 0;
    }
    this.#bytes += bytes;
    if (this.#bytes < LIFE_BYTES) return false;
    this.#sinceMs = Number.NEGATIVE_INFINITY;
    return true;
  }
}
