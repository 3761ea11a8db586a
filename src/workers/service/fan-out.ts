/**
 * Who is to be written to next: connections that became ready, then the channels' passes, in slices of time so that
 * sockets, timers and the ring have their turn between them.
 *
 * Thread: the service's.
 */
import type { Channel } from './channel';
import type { Connection } from './connection';

/** A go lasts at most this long, and a few writes. */
export const SLICE_MS = 5;
/** The clock is looked at once for so many connections. */
const CONNECTIONS_BETWEEN_LOOKS = 32;

export class FanOut {
  readonly #nowMs: () => number;
  /** Channels whose pass over their subscriptions is not complete. */
  #passes: Channel[] = [];
  #ready: Connection[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get pending(): boolean {
    return this.#passes.length > 0 || this.#ready.length > 0;
  }

  /** Channels that have something for their subscribers. */
  get passes(): readonly Channel[] {
    return this.#passes;
  }

  /** A channel that was not fanning out has a new message. */
  begin(channel: Channel): void {
    this.#passes.push(channel);
  }

  /** A connection has something to write that is not of a pass. */
  ready(connection: Connection): void {
    if (connection.queued) return;
    connection.queued = true;
    this.#ready.push(connection);
  }

  /** One slice. @returns how many connections had their turn */
  go(sliceMs = SLICE_MS): number {
    if (!this.pending) return 0;
    const sliceEnd = this.#nowMs() + sliceMs;
    let visited = 0;
    const enough = () => ++visited % CONNECTIONS_BETWEEN_LOOKS === 0 && this.#nowMs() >= sliceEnd;
    this.#flushReady(enough);
    const passes = this.#passes;
    this.#passes = [];
    for (let index = 0; index < passes.length; index++) {
      if (passes[index].fanOut(enough)) continue;
      // Out of time: whoever had no turn comes first next time.
      this.#passes = [...passes.slice(index + 1), passes[index]];
      break;
    }
    return visited;
  }

  #flushReady(enough: () => boolean): void {
    const ready = this.#ready;
    this.#ready = [];
    for (let index = 0; index < ready.length; index++) {
      ready[index].queued = false;
      ready[index].flush();
      if (!enough()) continue;
      // Those that became ready meanwhile stand behind those that wait already.
      this.#ready = [...ready.slice(index + 1), ...this.#ready];
      return;
    }
  }
}
