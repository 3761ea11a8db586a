/**
 * How long what peers send may be worked off before others have their turn: fan-out, new peers, and peers that send little.
 *
 * One read brings up to 64 KiB of a peer, and that may be 9,000 messages. Without a limit everybody waits for all of them.
 *
 * Thread: the service's.
 */
import type { Scheduler } from './peer-socket';

/** In one round of the event loop. Less costs who sends much a round for each slice; more delays everybody else. */
export const INBOUND_SLICE_MS = 4;
/** The clock is looked at once for so many frames. */
const FRAMES_BETWEEN_LOOKS = 8;

export class InboundSlice {
  readonly #scheduler: Pick<Scheduler, 'nowMs' | 'soon' | 'driven'>;
  #running = false;
  #over = false;
  #startMs = 0;
  #frames = 0;
  readonly #onRound = (): void => {
    this.#running = false;
    this.#over = false;
  };

  constructor(scheduler: Pick<Scheduler, 'nowMs' | 'soon' | 'driven'>) {
    this.#scheduler = scheduler;
  }

  /** A frame is worked off. @returns whether the rest has to wait until the loop has gone round */
  spent(): boolean {
    if (this.#scheduler.driven) return false; // rounds of that loop cannot be told without setting something in it
    if (!this.#running) this.#begin();
    if (!this.#over && ++this.#frames % FRAMES_BETWEEN_LOOKS === 0)
      this.#over = this.#scheduler.nowMs() - this.#startMs >= INBOUND_SLICE_MS;
    return this.#over;
  }

  #begin(): void {
    this.#running = true;
    this.#startMs = this.#scheduler.nowMs();
    this.#frames = 0;
    this.#scheduler.soon(this.#onRound);
  }
}
