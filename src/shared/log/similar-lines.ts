/**
 * Repeated lines: the first few of a kind go out, the others are counted, and once the kind has been quiet for a second
 * one line says how many there were. So a peer, or a fault that comes back in every turn, cannot flood the log.
 *
 * Thread: any; one of these a thread. It has no timer of its own: `sweep` says when it wants to be called.
 */
import { type LogRecord, summaryOf } from './record';

/** So many lines of one kind go out within a second. */
export const SIMILAR_BURST = 10;
/** A kind that was quiet for so long is told of, and begins anew. */
export const SIMILAR_QUIET_MS = 1_000;
/** A flood that does not end is told of so often. */
export const SIMILAR_LONGEST_SILENCE_MS = 10_000;
/** Kinds that are remembered. Past it the one that began first is told of, and forgotten. */
export const SIMILAR_MAX_KINDS = 512;

interface Kind {
  /** When its present second began; once it is held back: when it was last told of. */
  sinceMs: number;
  passed: number;
  holding: boolean;
  held: number;
  lastMs: number;
  last: LogRecord;
}

export class SimilarLines {
  readonly #nowMs: () => number;
  readonly #tell: (summary: LogRecord) => void;
  readonly #kinds = new Map<string, Kind>();
  #dueMs = Number.POSITIVE_INFINITY;

  /** @param tell gets the lines that stand for those held back */
  constructor(nowMs: () => number, tell: (summary: LogRecord) => void) {
    this.#nowMs = nowMs;
    this.#tell = tell;
  }

  /** In how many ms `sweep` has something to do; infinite as long as nothing is held back. */
  get dueInMs(): number {
    return Math.max(0, this.#dueMs - this.#nowMs());
  }

  /** @returns whether this line goes out; false: it is counted, and told of later */
  admit(key: string, record: LogRecord): boolean {
    const nowMs = this.#nowMs();
    // A thread that never comes back to its event loop has no timers: then the next call does what is due.
    if (nowMs >= this.#dueMs) this.sweep();
    const kind = this.#kinds.get(key);
    if (kind === undefined) {
      if (this.#kinds.size >= SIMILAR_MAX_KINDS) this.#forgetOldest();
      const begun = { sinceMs: nowMs, passed: 1, holding: false, held: 0, lastMs: nowMs, last: record };
      this.#kinds.set(key, begun);
      return true;
    }
    kind.lastMs = nowMs;
    if (!kind.holding && nowMs - kind.sinceMs >= SIMILAR_QUIET_MS) {
      kind.sinceMs = nowMs;
      kind.passed = 0;
    }
    if (!kind.holding && kind.passed < SIMILAR_BURST) {
      kind.passed++;
      return true;
    }
    this.#hold(kind, record, nowMs);
    return false;
  }

  /** Tells of the kinds that were quiet for a second, and of those that have not been for long. */
  sweep(): void {
    const nowMs = this.#nowMs();
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const [key, kind] of this.#kinds) {
      const quiet = nowMs - (kind.holding ? kind.lastMs : kind.sinceMs) >= SIMILAR_QUIET_MS;
      if (quiet) this.#kinds.delete(key);
      if (!kind.holding) continue;
      if (quiet || nowMs - kind.sinceMs >= SIMILAR_LONGEST_SILENCE_MS) this.#tellOf(kind, nowMs);
      if (!quiet) this.#expect(kind);
    }
  }

  /** Tells of everything that is held back: this thread ends. */
  end(): void {
    for (const kind of this.#kinds.values()) this.#tellOf(kind, this.#nowMs());
    this.#kinds.clear();
  }

  #hold(kind: Kind, record: LogRecord, nowMs: number): void {
    if (!kind.holding) kind.sinceMs = nowMs;
    kind.holding = true;
    kind.held++;
    kind.last = record;
    this.#expect(kind);
  }

  #expect(kind: Kind): void {
    const dueMs = Math.min(kind.lastMs + SIMILAR_QUIET_MS, kind.sinceMs + SIMILAR_LONGEST_SILENCE_MS);
    this.#dueMs = Math.min(this.#dueMs, dueMs);
  }

  #tellOf(kind: Kind, nowMs: number): void {
    const { held, last } = kind;
    kind.sinceMs = nowMs;
    kind.held = 0;
    if (held > 0) this.#tell(summaryOf(last, held));
  }

  #forgetOldest(): void {
    const [oldest] = this.#kinds;
    this.#kinds.delete(oldest[0]);
    this.#tellOf(oldest[1], this.#nowMs());
  }
}
