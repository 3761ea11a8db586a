/**
 * What makes load: threads of this process, a process of its own, or an agent on another host. The coordinator (`loadTest`)
 * sees only this, and calls the methods in their order. Every call has a deadline, and rejects when the generator is gone.
 *
 * The *reference clock* is the coordinator's monotonic clock, in nanoseconds (`Number(process.hrtime.bigint())`): one clock for
 * all threads and processes of a host. A generator on another host is told how far its own is off.
 */
import type { LoadPlan } from './plan';
import type { GeneratorSnapshot } from './snapshot';

/** Which part of the plan is a generator's: numbers of the whole test, `from` included, `to` not. */
export interface Share {
  clients: { from: number; to: number };
  publishers: { from: number; to: number };
}

/** When things happen, on the reference clock, nanoseconds. */
export interface Timetable {
  /** The schedule begins: the warm-up. */
  startNs: number;
  measureFromNs: number;
  measureToNs: number;
}

export interface Generator {
  readonly name: string;
  /** Starts threads and takes memory. Nothing is connected yet. */
  prepare(plan: LoadPlan, share: Share): Promise<void>;
  /** The reference clock minus this host's own. May be told again while the test runs. */
  setClock(offsetNs: number): void;
  /** Resolves when every client of its share, and every publisher, is open or was given up. */
  connect(): Promise<void>;
  /** Publishes by the timetable. Resolves when the threads know it, not when it is over. */
  begin(timetable: Timetable): Promise<void>;
  /** Ends publishing at once (before its time: the plan's `maxMessages`, a signal, a threshold). */
  stopPublishing(): Promise<void>;
  /**
   * @param published what every publisher of the whole test has sent: then `expected` and the counters of losses are as if the test
   * ended now. That is how the coordinator learns that nothing is under way any more
   */
  snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot>;
  /**
   * Ends: what every publisher of the whole test has sent is known now, so losses at the end are counted too. Closes every
   * connection, ends the threads, and answers the last snapshot.
   */
  finish(published: Record<number, number>): Promise<GeneratorSnapshot>;
  /** At once, leaving nothing behind. Never rejects; may be called at any time, also after `finish`. */
  abort(): Promise<void>;
  /** Rejects if the generator breaks down on its own; else stays pending. */
  readonly failed: Promise<never>;
}
