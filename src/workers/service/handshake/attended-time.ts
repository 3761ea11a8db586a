/**
 * Time in which this thread attended to its sockets: it stands still while the thread is busy with something else for longer
 * than two looks, so nobody is blamed for what was not read. Thread: the service's.
 */
export class AttendedTime {
  readonly #mostMs: number;
  #lookedMs: number | undefined;
  #ms = 0;

  /** @param lookMs how often it is looked */
  constructor(lookMs: number) {
    this.#mostMs = 2 * lookMs;
  }

  get ms(): number {
    return this.#ms;
  }

  /** @param nowMs of a clock that never goes back */
  look(nowMs: number): void {
    if (this.#lookedMs !== undefined) this.#ms += Math.min(nowMs - this.#lookedMs, this.#mostMs);
    this.#lookedMs = nowMs;
  }
}
