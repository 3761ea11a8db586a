/**
 * What a peer has acknowledged: pings stand between the messages, and a pong proves that the peer's WebSocket stack has read
 * everything before its ping. So megabytes in the kernels' buffers do not pass for read.
 *
 *     ── m m m m ─ ping A ─ m m m ─ ping B ─ m m ┊ (unsent)
 *       answered    │  not known   │  known not to be read, once B's or A's pong is late:
 *                   │              │  everything behind the oldest unanswered ping
 *
 * Only that proof counts as lag. Between an answered ping and the oldest unanswered one nothing is known: a fast peer at the end of
 * a long way has megabytes under way there and is not behind.
 *
 * One ping is unanswered at a time; only while it is late others follow, one a second, so that a slow peer's place is known to a
 * second.
 *
 * Invariants: `acknowledged ≤ asked ≤ written` for each stream · an answered ping answers all before it · without a ping that is
 * unanswered nobody is late.
 *
 * Thread: the service's.
 */
import { decodeToken, encodeToken, randomToken } from './ping-token';
import { ReadProgress } from './read-progress';
import { RoundTrip } from './round-trip';

/** A ping stands behind so many bytes at the latest … */
export const PING_BYTES = 512 * 1024;
/** … and while a ping is late, the next one follows after so long. */
export const LATE_PING_MS = 1_000;
/** More pings than these do not wait for their pongs. */
const MAX_UNANSWERED = 16;

/** Where one stream stood when a ping was written. */
interface Place {
  stream: ReadProgress;
  bytes: number;
  messages: number;
}

interface Ping {
  token: number;
  writtenMs: number;
  /** When the first of what it stands behind, and no earlier ping, was written; `Infinity`: it stands behind nothing. */
  sinceMs: number;
  places: Place[];
  /** Whether the time to its pong is one that the peer and the way took. */
  timed: boolean;
}

export class Acknowledgements {
  /** Everything that the connection wrote. */
  readonly all = new ReadProgress();
  readonly roundTrip = new RoundTrip();
  /** Whether the oldest ping is unanswered for longer than it should be. As of the last `look` or pong. */
  late = false;
  readonly #unanswered: Ping[] = [];
  /** Streams with something that no ping stands behind, and since when. */
  #unasked: ReadProgress[] = [];
  #unaskedBytes = 0;
  #unaskedSinceMs = Number.POSITIVE_INFINITY;
  #pingedMs: number;
  /** The token of the ping that is being written. */
  #writing: number | undefined;
  /** Whether its pong came before the socket told us that it was written. */
  #answeredEarly = false;

  constructor(nowMs: number) {
    this.#pingedMs = nowMs;
  }

  /** Whether a ping waits for its pong. */
  get waiting(): boolean {
    return this.#unanswered.length > 0 || this.#writing !== undefined;
  }

  /** Whether a ping is being written. */
  get asking(): boolean {
    return this.#writing !== undefined;
  }

  /** Whether something was written that no ping stands behind. */
  get unasked(): boolean {
    return this.#unasked.length > 0;
  }

  /** Since when the peer is known not to have read on, if it is late. */
  get unreadSinceMs(): number | undefined {
    return this.late ? this.#unanswered[0].writtenMs + this.roundTrip.wayMs : undefined;
  }

  /** When the oldest of what is written and not acknowledged was written; `Infinity`: there is nothing. */
  get unacknowledgedSinceMs(): number {
    for (const { sinceMs } of this.#unanswered) if (sinceMs < Number.POSITIVE_INFINITY) return sinceMs;
    return this.#unaskedSinceMs;
  }

  /** Something was written. */
  wrote(stream: ReadProgress, bytes: number, messages: number, nowMs: number): void {
    stream.wrote(bytes, messages);
    this.all.wrote(bytes, messages);
    this.#unaskedBytes += bytes;
    if (stream.unasked) return;
    stream.unasked = true;
    if (this.#unasked.push(stream) === 1) this.#unaskedSinceMs = nowMs;
  }

  /**
   * Whether a ping should go out now.
   *
   * @param moreBytes about to be written, before the ping
   * @param spacingMs how long after a ping the next one may go only for the time that has passed
   */
  isDue(nowMs: number, moreBytes: number, spacingMs: number): boolean {
    if (moreBytes === 0 && this.#unasked.length === 0) return false;
    if (this.#writing !== undefined) return false;
    const sinceMs = nowMs - this.#pingedMs;
    if (this.#unanswered.length > 0)
      return this.late && sinceMs >= LATE_PING_MS && this.#unanswered.length < MAX_UNANSWERED;
    return sinceMs >= spacingMs || this.#unaskedBytes + moreBytes >= PING_BYTES;
  }

  /** A ping is about to be written. @returns what it carries */
  ask(nowMs: number): Buffer {
    this.#pingedMs = nowMs;
    this.#writing = randomToken();
    return encodeToken(this.#writing);
  }

  /** The ping is written, and all that goes before it is counted. */
  asked(nowMs: number): void {
    if (this.#writing === undefined) return;
    const places = this.#unasked.map((stream) => ({
      stream,
      bytes: stream.writtenBytes,
      messages: stream.writtenMessages,
    }));
    places.push({ stream: this.all, bytes: this.all.writtenBytes, messages: this.all.writtenMessages });
    const ping = {
      token: this.#writing,
      writtenMs: nowMs,
      sinceMs: this.#unaskedSinceMs,
      places,
      timed: true,
    };
    this.#writing = undefined;
    for (const stream of this.#unasked) stream.unasked = false;
    this.#unasked = [];
    this.#unaskedBytes = 0;
    this.#unaskedSinceMs = Number.POSITIVE_INFINITY;
    if (this.#unanswered.push(ping) === 1) askFrom(ping);
    if (this.#answeredEarly) this.#answer(this.#unanswered.length - 1, nowMs);
    this.#answeredEarly = false;
  }

  /**
   * A pong came.
   *
   * @returns whether it answers one of our pings. One that does not proves nothing (RFC 6455 section 5.5.3 allows it)
   */
  pong(payload: Buffer, nowMs: number): boolean {
    const token = decodeToken(payload);
    if (token === undefined) return false;
    if (token === this.#writing) {
      this.#answeredEarly = true;
      return true;
    }
    const index = this.#unanswered.findIndex((ping) => ping.token === token);
    if (index === -1) return false;
    this.#answer(index, nowMs);
    return true;
  }

  /** Looks whether the oldest ping has become late. */
  look(nowMs: number): void {
    this.late =
      this.#unanswered.length > 0 && nowMs - this.#unanswered[0].writtenMs > this.roundTrip.patienceMs;
  }

  /** We do not read the peer, or did not until now: pongs may lie there unread, and their time counts from now on. */
  excuse(nowMs: number): void {
    this.late = false;
    for (const ping of this.#unanswered) {
      ping.writtenMs = nowMs;
      ping.timed = false;
    }
  }

  /** Nothing is waited for any more. */
  clear(): void {
    this.late = false;
    this.#unanswered.length = 0;
    this.#unasked = [];
    this.#writing = undefined;
  }

  #answer(index: number, nowMs: number): void {
    const ping = this.#unanswered[index];
    if (ping.timed) this.roundTrip.took(nowMs - ping.writtenMs);
    for (const { places } of this.#unanswered.splice(0, index + 1)) {
      for (const { stream, bytes, messages } of places) {
        stream.acknowledgedBytes = bytes;
        stream.acknowledgedMessages = messages;
        stream.askedBytes = bytes;
        stream.askedMessages = messages;
      }
    }
    if (this.#unanswered.length > 0) askFrom(this.#unanswered[0]);
    this.look(nowMs);
  }
}

/** The ping is the oldest one that is unanswered now. */
function askFrom({ places }: Ping): void {
  for (const { stream, bytes, messages } of places) {
    stream.askedBytes = bytes;
    stream.askedMessages = messages;
  }
}
