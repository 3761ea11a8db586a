/**
 * Whether a peer is known to live: what was heard of it, and which ping waits for its pong.
 *
 * The pong's time counts from when the ping was written, and again from each sign that the peer takes what stands before
 * the ping: that may be megabytes in the kernels' buffers, and a steady slow reader is not dead.
 *
 * Thread: the service's.
 */

/** What is to be done about a peer. */
export type LifeVerdict = 'fine' | 'ping' | 'dead';

export class Liveness {
  /** When anything was last heard of the peer. */
  #heardMs: number;
  /** From when on the pong is waited for; 0: none is due. */
  #pingedMs = 0;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  /** Whether a pong is waited for. */
  get awaitsPong(): boolean {
    return this.#pingedMs !== 0;
  }

  /** Something came from the peer: it lives. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#pingedMs = 0;
  }

  /** A ping is handed to the socket. */
  pinged(nowMs: number): void {
    this.#pingedMs = nowMs;
  }

  /** A write went on that the full buffers had held up: so the peer reads. */
  tookSome(nowMs: number): void {
    if (this.#pingedMs !== 0) this.#pingedMs = nowMs;
  }

  judge(nowMs: number, intervalMs: number, timeoutMs: number): LifeVerdict {
    if (this.#pingedMs !== 0) return nowMs - this.#pingedMs > timeoutMs ? 'dead' : 'fine';
    return nowMs - this.#heardMs > intervalMs ? 'ping' : 'fine';
  }
}
