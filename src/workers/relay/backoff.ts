/**
 * How long to wait before the next attempt: at random up to a limit that doubles ("full jitter"), so that many processes
 * which lost the same hub do not come back to it at one instant.
 */
const FIRST_DELAY_MS = 50;

export class Backoff {
  readonly #maxDelayMs: number;
  readonly #random: () => number;
  #limitMs = FIRST_DELAY_MS;

  /** @param random from 0 to below 1 */
  constructor(maxDelayMs: number, random: () => number = Math.random) {
    this.#maxDelayMs = maxDelayMs;
    this.#random = random;
  }

  nextDelayMs(): number {
    const delayMs = this.#random() * Math.min(this.#limitMs, this.#maxDelayMs);
    this.#limitMs = Math.min(this.#limitMs * 2, this.#maxDelayMs);
    return delayMs;
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#limitMs = FIRST_DELAY_MS;
  }
}
