/** Tells the log that peers are refused: the first at once, the others counted. Thread: the service's. */
import { log } from '../../../shared/log';

/** No two lines are closer than this. */
const QUIET_MS = 10_000;

export class RefusalNotice {
  readonly #nowMs: () => number;
  #nextMs = Number.NEGATIVE_INFINITY;
  #refused = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One more was refused. @param state how full it is, in words */
  refused(state: () => string): void {
    this.#refused++;
    if (this.#nowMs() < this.#nextMs) return;
    log.warn(`refused ${this.#refused === 1 ? 'a peer' : `${this.#refused} peers`} with 503: ${state()}`);
    this.#nextMs = this.#nowMs() + QUIET_MS;
    this.#refused = 0;
  }
}
