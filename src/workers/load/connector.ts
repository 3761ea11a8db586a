/**
 * Gives clients their connections: so many a second, so many under way at once, and again after a failure, with jitter.
 *
 *     waiting ──rate, window──▶ connecting ─▶ open
 *        ▲                          └─failed──▶ given up, after the last attempt
 *        └───────back-off──────────────┘
 *
 * It stands between its peers and whoever counts: what fails and is tried again is not told as an end.
 *
 * Thread: a load thread.
 */
import { monotonicNs } from '../../shared/load/monotonic';
import type { ConnectPlan } from '../../shared/load/plan';
import { Backoff } from '../relay/backoff';
import { ConnectError, ConnectFailure } from './connect-error';
import type { ConnectTimings, Peer, PeerEvents } from './peer';

/** How often clients are let go, while some wait for their time. */
const TICK_MS = 4;
/** A thread that was busy makes up for so much of the rate, no more. */
const MAX_CATCH_UP_MS = 100;
const MAX_BACKOFF_MS = 5_000;

/** A client that is to have a connection. */
export interface Arrival {
  readonly number: number;
  readonly publisher: boolean;
  /** Index into `plan.slow`, or -1. */
  readonly slowGroup: number;
}

export type Dial = (arrival: Arrival, events: PeerEvents) => Peer;

export type ConnectLimits = Pick<ConnectPlan, 'ratePerSecond' | 'concurrency' | 'attempts' | 'timeoutMs'>;

/** What a connector tells: of connections that came about as `PeerEvents` do, and how that went. */
export interface ConnectorEvents extends Omit<PeerEvents, 'opened'> {
  /** `connectNs`: since the first attempt began, waiting between attempts included. */
  opened(peer: Peer, timings: ConnectTimings, connectNs: number): void;
  /** An attempt failed, and there will be another. */
  retried(arrival: Arrival, error: Error): void;
  /** The last attempt failed. */
  gaveUp(arrival: Arrival, error: Error): void;
}

/** Clients that were given together. */
interface Group {
  left: number;
  resolve: () => void;
}

/** A client on its way. */
interface Candidate {
  readonly arrival: Arrival;
  readonly group: Group;
  attempts: number;
  firstNs: number;
  backoff: Backoff | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Why the attempt under way is being ended by us. */
  error: Error | undefined;
}

export class Connector implements PeerEvents {
  readonly #dial: Dial;
  readonly #limits: ConnectLimits;
  readonly #events: ConnectorEvents;
  readonly #random: () => number;
  readonly #waiting: Candidate[] = [];
  /** Those that need not wait for the rate. */
  readonly #hurried: Candidate[] = [];
  readonly #connecting = new Map<Peer, Candidate>();
  readonly #resting = new Set<Candidate>();
  /** When the rate lets the next client go. */
  #nextNs = 0;
  #tick: NodeJS.Timeout | undefined;
  #lettingGo = false;
  #aborted = false;

  /** @param random from 0 to below 1: for the jitter of the back-off */
  constructor(
    dial: Dial,
    limits: ConnectLimits,
    events: ConnectorEvents,
    random: () => number = Math.random,
  ) {
    this.#dial = dial;
    this.#limits = limits;
    this.#events = events;
    this.#random = random;
  }

  /** Attempts under way. */
  get connecting(): number {
    return this.#connecting.size;
  }

  /** Clients that wait for their time, or between two attempts. */
  get waiting(): number {
    return this.#waiting.length + this.#hurried.length + this.#resting.size;
  }

  /**
   * Connects these clients too. Also for one whose connection was lost.
   *
   * @param atOnce does not wait for the rate, only for room among those under way
   * @returns resolves when each of them has been open or was given up, or `abort` was called. Never rejects
   */
  connect(arrivals: Iterable<Arrival>, { atOnce = false } = {}): Promise<void> {
    if (this.#aborted) return Promise.resolve();
    if (this.#waiting.length === 0) this.#nextNs = Math.max(this.#nextNs, monotonicNs()); // idleness saves up nothing
    return new Promise((resolve) => {
      const group: Group = { left: 0, resolve };
      for (const arrival of arrivals) {
        group.left++;
        (atOnce ? this.#hurried : this.#waiting).push(newCandidate(arrival, group));
      }
      if (group.left === 0) resolve();
      else this.#letGo();
    });
  }

  /** Ends what is under way, and forgets who waits. Connections that are open are their owner's. */
  abort(): void {
    this.#aborted = true;
    clearTimeout(this.#tick);
    const all = [...this.#waiting, ...this.#hurried, ...this.#resting, ...this.#connecting.values()];
    for (const peer of this.#connecting.keys()) peer.terminate();
    for (const { timer, group } of all) {
      clearTimeout(timer);
      group.resolve();
    }
    this.#waiting.length = 0;
    this.#hurried.length = 0;
    this.#resting.clear();
  }

  /** @internal as PeerEvents, and all below */
  opened(peer: Peer, timings: ConnectTimings): void {
    const candidate = this.#connecting.get(peer);
    if (candidate === undefined || this.#aborted) return;
    this.#connecting.delete(peer);
    clearTimeout(candidate.timer);
    this.#events.opened(peer, timings, monotonicNs() - candidate.firstNs);
    this.#finish(candidate);
  }

  message(peer: Peer, bytes: Buffer, start: number, end: number, binary: boolean, receivedNs: number): void {
    this.#events.message(peer, bytes, start, end, binary, receivedNs);
  }

  pong(peer: Peer): void {
    this.#events.pong?.(peer);
  }

  pinged(peer: Peer): void {
    this.#events.pinged?.(peer);
  }

  writable(peer: Peer): void {
    this.#events.writable(peer);
  }

  closed(peer: Peer, code: number, reason: string, error: Error | undefined): void {
    const candidate = this.#connecting.get(peer);
    if (candidate === undefined) {
      this.#events.closed(peer, code, reason, error);
      return;
    }
    this.#connecting.delete(peer);
    clearTimeout(candidate.timer);
    if (this.#aborted) return;
    this.#failed(candidate, candidate.error ?? error ?? closedBefore(code, reason));
    this.#letGo();
  }

  /** Lets go whoever may: as the rate says, as far as there is room. */
  #letGo(): void {
    if (this.#lettingGo) return; // an attempt that failed at once: the loop outside goes on
    this.#lettingGo = true;
    clearTimeout(this.#tick);
    while (this.#hurried.length > 0 && this.#hasRoom()) this.#attempt(this.#hurried.shift()!);
    const nowNs = monotonicNs();
    this.#nextNs = Math.max(this.#nextNs, nowNs - MAX_CATCH_UP_MS * 1e6);
    while (this.#waiting.length > 0 && this.#hasRoom() && this.#nextNs <= nowNs) {
      this.#takeTurn();
      this.#attempt(this.#waiting.shift()!);
    }
    this.#lettingGo = false;
    if (this.#waiting.length > 0 && this.#hasRoom())
      this.#tick = setTimeout(() => this.#letGo(), Math.max(TICK_MS, (this.#nextNs - nowNs) / 1e6));
  }

  /** Uses up what the rate allows one attempt. */
  #takeTurn(): void {
    this.#nextNs += 1e9 / this.#limits.ratePerSecond;
  }

  #hasRoom(): boolean {
    return !this.#aborted && this.#connecting.size < this.#limits.concurrency;
  }

  #attempt(candidate: Candidate): void {
    candidate.attempts++;
    candidate.error = undefined;
    if (candidate.attempts === 1) candidate.firstNs = monotonicNs();
    let peer: Peer;
    try {
      peer = this.#dial(candidate.arrival, this);
    } catch (error) {
      this.#failed(candidate, error as Error);
      return;
    }
    this.#connecting.set(peer, candidate);
    candidate.timer = setTimeout(() => {
      candidate.error = timeout(this.#limits.timeoutMs);
      peer.terminate();
    }, this.#limits.timeoutMs);
  }

  #failed(candidate: Candidate, error: Error): void {
    if (candidate.attempts >= this.#limits.attempts) {
      this.#events.gaveUp(candidate.arrival, error);
      this.#finish(candidate);
      return;
    }
    this.#events.retried(candidate.arrival, error);
    this.#resting.add(candidate);
    candidate.timer = setTimeout(
      () => {
        this.#resting.delete(candidate);
        this.#hurried.push(candidate);
        this.#letGo();
      },
      this.#restMs(candidate, error),
    );
  }

  /** A server that says when to come again is obeyed; the jitter keeps those it says it to apart. */
  #restMs(candidate: Candidate, error: Error): number {
    candidate.backoff ??= new Backoff(MAX_BACKOFF_MS, this.#random);
    const askedMs = error instanceof ConnectError ? (error.retryAfterMs ?? 0) : 0;
    return askedMs + candidate.backoff.nextDelayMs();
  }

  #finish({ group }: Candidate): void {
    group.left--;
    if (group.left === 0) group.resolve();
    this.#letGo();
  }
}

function newCandidate(arrival: Arrival, group: Group): Candidate {
  return { arrival, group, attempts: 0, firstNs: 0, backoff: undefined, timer: undefined, error: undefined };
}

function timeout(timeoutMs: number): ConnectError {
  return new ConnectError(
    ConnectFailure.TIMEOUT,
    `no open connection within ${timeoutMs} ms (--connect-timeout)`,
  );
}

function closedBefore(code: number, reason: string): ConnectError {
  const why = reason === '' ? '' : `: ${reason}`;
  return new ConnectError(
    `close ${code}`,
    `the server closed with ${code} before the client was ready${why}`,
  );
}
