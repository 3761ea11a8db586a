/** How often, and how soon, something that crashed is started again. Pure: the time is handed in. */

/** Restarts are counted over this time. */
export const RESTART_WINDOW_MS = 60_000;
export const DEFAULT_MAX_RESTARTS = 5;
export const HIGHEST_MAX_RESTARTS = 1_000;
/** The second restart waits about so long, each further one twice as long, up to the longest pause. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_600;

export class RestartPace {
  readonly #maxRestarts: number;
  readonly #random: () => number;
  /** When restarts of the last window were decided. */
  #recent: number[] = [];

  /** @param random from 0 to 1, for the jitter of the pauses */
  constructor(maxRestarts: number = DEFAULT_MAX_RESTARTS, random: () => number = Math.random) {
    this.#maxRestarts = maxRestarts;
    this.#random = random;
  }

  /** Restarts within the window so far. */
  get recent(): number {
    return this.#recent.length;
  }

  /**
   * It crashed.
   *
   * @param nowMs monotonic
   * @returns after how many ms it is to be started again: the first time at once, then after growing pauses, half of which is
   * jitter; undefined: it is to be given up
   */
  next(nowMs: number): number | undefined {
    this.#recent = this.#recent.filter((timeMs) => nowMs - timeMs < RESTART_WINDOW_MS);
    const before = this.#recent.length;
    if (before >= this.#maxRestarts) return undefined;
    this.#recent.push(nowMs);
    if (before === 0) return 0;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (before - 1), LONGEST_PAUSE_MS);
    return pauseMs * (0.5 + this.#random() / 2);
  }
}
