/**
 * How long a peer takes to answer a ping, and from when on an answer is late.
 *
 * Thread: the service's.
 */

/**
 * A pong may take this much longer than the fastest one did. It is what a garbage collection, a burst of other traffic or a switch of
 * networks costs.
 */
export const GRACE_MS = 1_000;
/** The same while no pong has come yet, since nothing is known of the way: RFC 2988's first guess. */
export const FIRST_GRACE_MS = 3_000;

/** No way is longer than this, two satellites included: a peer whose fastest pong takes longer has been behind from its first ping on. */
const LONGEST_WAY_MS = 2_000;

export class RoundTrip {
  /** Of the newest pong; undefined: none has come. */
  lastMs: number | undefined;
  /** The shortest: about what the way itself takes. */
  minMs: number | undefined;

  took(ms: number): void {
    this.lastMs = ms;
    this.minMs = Math.min(ms, this.minMs ?? ms);
  }

  /** About what the way takes, there and back; 0 while nothing is known. */
  get wayMs(): number {
    return Math.min(this.minMs ?? 0, LONGEST_WAY_MS);
  }

  /** A pong that takes longer than this is late. */
  get patienceMs(): number {
    return this.minMs === undefined ? FIRST_GRACE_MS : this.wayMs + GRACE_MS;
  }
}
