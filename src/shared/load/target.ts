/**
 * The server under test, where it is ours to start: a process of its own, told what to do over its channel to the parent. The
 * coordinator sees only this.
 */
import type { Histogram } from '../histogram';
import type { Share, Timetable } from './generator';
import type { LoadPlan } from './plan';
import type { StageName } from './result';
import type { GeneratorSnapshot } from './snapshot';

/** What a hub of ours says of itself. */
export interface TargetReport {
  /** As `hub.stats()` counts them, of the channel under test. */
  addressed: number;
  sent: number;
  skipped: number;
  conflated: number;
  abandoned: number;
  pending: number;
  refused: number;
  disconnectedSlow: number;
  /** Nanoseconds, of the measure window. */
  stages: Record<StageName, Histogram>;
}

/** What a server that only takes (fan-in) says of what it got: it reads the stamps itself. */
export interface SinkReport {
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  corrupt: number;
  /** Messages of earlier tests, which count as foreign. */
  stale: number;
  response: Histogram;
  delivery: Histogram;
}

/** What the server has cost so far. */
export interface ServerSample {
  /** On the reference clock, nanoseconds. */
  atNs: number;
  /** CPU time since it began, of all its processes and threads; publishers inside it are left out. */
  cpuMs: number;
  rssBytes: number;
}

export interface Target {
  readonly kind: 'hub' | 'reference' | 'url' | 'command';
  readonly name: string;
  /** Where clients connect to. */
  readonly url: string;
  /** The process to watch: CPU time and memory. Undefined: not known. */
  readonly pid: number | undefined;
  /**
   * A hub of ours publishes by threads of its own process that post into its ring: its side of the publishing. Undefined:
   * publishers are connections of the generators.
   */
  readonly publishing: TargetPublishing | undefined;
  /**
   * The timetable is known: a target that measures itself does so by it, and its publishers, if it has any, publish by it. A
   * second call does nothing.
   */
  begin(timetable: Timetable): Promise<void>;
  /** Reads the operating system's figures of the process, within some 100 µs. Null: not known here, or it is gone. */
  sample(): ServerSample | null;
  /**
   * Undefined where the target tells nothing of itself.
   *
   * @param published how many messages each stream has, if that is known: only then a sink knows what is missing at the end
   */
  report?(published?: Record<number, number>): Promise<{ hub?: TargetReport; sink?: SinkReport }>;
  /** Ends it. Resolves when the process is gone. Never rejects. */
  stop(): Promise<void>;
  /** Rejects if it dies on its own, with what it said last; else stays pending. */
  readonly failed: Promise<never>;
}

export interface TargetPublishing {
  prepare(plan: LoadPlan, publishers: Share['publishers']): Promise<void>;
  /** The same as the target's. */
  begin(timetable: Timetable): Promise<void>;
  stop(): Promise<void>;
  snapshot(): Promise<GeneratorSnapshot>;
}
