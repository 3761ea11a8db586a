/**
 * Whether the service thread's loop still goes round, judged by the beats that it leaves in shared memory.
 *
 * Only looks that come in time count: was the looking thread itself late, since it was blocked or the whole process stood
 * still, it cannot know what the other did meanwhile.
 *
 * Thread: any but the service's. The time is handed in, and monotonic.
 */
export class HangWatch {
  readonly #beats: () => number;
  readonly #lookMs: number;
  #lastBeats: number;
  #lastLookMs: number;
  #silentMs = 0;

  /** @param lookMs how often `look` is called, if all goes well */
  constructor(beats: () => number, lookMs: number, nowMs: number) {
    this.#beats = beats;
    this.#lookMs = lookMs;
    this.#lastBeats = beats();
    this.#lastLookMs = nowMs;
  }

  /** @returns for how long the loop has not gone round, in ms, as far as that was seen */
  look(nowMs: number): number {
    const sinceMs = nowMs - this.#lastLookMs;
    this.#lastLookMs = nowMs;
    const beats = this.#beats();
    if (beats !== this.#lastBeats) {
      this.#lastBeats = beats;
      this.#silentMs = 0;
    } else if (sinceMs < 2 * this.#lookMs) this.#silentMs += sinceMs;
    return this.#silentMs;
  }
}
