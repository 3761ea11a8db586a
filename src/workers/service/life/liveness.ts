/**
 * Whether a peer is known to live: what was heard of it, and since when a ping is to be answered.
 *
 * The pong's time counts from when the ping was written, and again from each sign that the peer takes what stands before
 * the ping: that may be megabytes in the kernels' buffers, and a steady slow reader is not dead.
 *
 * Thread: the service's.
 */

/** What is to be done about a peer. */
export type LifeVerdict = 'fine' | 'ping' | 'dead';

/** Pings of a quiet peer come up to this part of their interval early, so that many peers that came at once are not pinged at once. */
const JITTER = 0.2;
/** Multiples of it spread evenly between two whole numbers. */
const GOLDEN_RATIO = 0.618_033_988_749_895;

export class Liveness {
  readonly #part: number;
  /** When anything was last heard of the peer. */
  #heardMs: number;
  /** From when on the pong is waited for; 0: none is due. */
  #waitingMs = 0;
  /** A ping is wanted, to see whether it lives. */
  #wanted = false;
  /** Its pong is overdue; but the pong may have come with what is to be read next. */
  #suspected = false;

  /** @param id of the connection: its pings' time among those of others */
  constructor(id: number, nowMs: number) {
    this.#heardMs = nowMs;
    this.#part = 1 - ((id * GOLDEN_RATIO) % 1) * JITTER;
  }

  /** Whether a pong is waited for. */
  get awaitsPong(): boolean {
    return this.#waitingMs !== 0;
  }

  /** Something came from the peer: it lives. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#waitingMs = 0;
    this.#wanted = false;
    this.#suspected = false;
  }

  /** A ping is written. */
  pinged(nowMs: number): void {
    if (this.#wanted) this.#waitingMs = nowMs;
    this.#wanted = false;
  }

  /** A write went on that the full buffers had held up: so the peer reads. */
  tookSome(nowMs: number): void {
    if (this.#waitingMs !== 0) this.#waitingMs = nowMs;
  }

  /** When the peer is to be judged next, if nothing happens before. */
  dueMs(intervalMs: number, timeoutMs: number): number {
    if (intervalMs === 0) return Number.POSITIVE_INFINITY;
    return this.#waitingMs === 0 ? this.#heardMs + intervalMs * this.#part : this.#waitingMs + timeoutMs;
  }

  /**
   * @param pinged whether a ping is written that is not answered
   * @returns `'dead'` only at the second look that finds it so: between the two everything that has come is read
   */
  judge(nowMs: number, intervalMs: number, timeoutMs: number, pinged: boolean): LifeVerdict {
    if (nowMs < this.dueMs(intervalMs, timeoutMs)) return 'fine';
    if (this.#waitingMs === 0) {
      if (pinged) this.#waitingMs = nowMs;
      else this.#wanted = true;
      return pinged ? 'fine' : 'ping';
    }
    if (this.#suspected) return 'dead';
    this.#suspected = true;
    return 'fine';
  }
}
