/**
 * Watches a test second by second: the rows of the series, how busy the load threads were in the measure window, and what the
 * snapshots at its two ends were. Thread: the coordinator's.
 */
import type { SeriesRow } from '../../shared/load/result';
import type { Schedule } from '../../shared/load/schedule';
import type { GeneratorSnapshot, ThreadLoad } from '../../shared/load/snapshot';
import { phaseAt, rowBetween, type ServerUse } from './series';

export class Recorder {
  readonly series: SeriesRow[] = [];
  readonly #schedule: Schedule;
  #watchedNs = 0;
  readonly #busy = new Map<string, { ms: number; busyMs: number }>();
  #last: { snapshot: GeneratorSnapshot; ns: number } | undefined;
  #lost = 0;
  measureFrom: GeneratorSnapshot | undefined;
  measureTo: GeneratorSnapshot | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** @param ns since the schedule began */
  begin(snapshot: GeneratorSnapshot, ns: number): void {
    this.#last = { snapshot, ns };
  }

  /** Where the last row ends, since the schedule began. */
  get endNs(): number {
    return this.#last?.ns ?? 0;
  }

  /**
   * A second is over, or a phase.
   *
   * @param lossKnown false: what is under way looks lost
   * @returns the row; undefined where no time has passed
   */
  take(snapshot: GeneratorSnapshot, ns: number, server: ServerUse, lossKnown = true): SeriesRow | undefined {
    const last = this.#last;
    this.#last = { snapshot, ns };
    if (last === undefined || ns <= last.ns) return undefined;
    const row = rowBetween(
      last.snapshot,
      snapshot,
      {
        fromNs: last.ns,
        toNs: ns,
        schedule: this.#schedule,
        lost: lossKnown ? this.#newlyLost(snapshot) : 0,
      },
      server,
    );
    this.series.push(row);
    return row;
  }

  /** What is overtaken looks lost until it comes: it is told once, and never taken back. */
  #newlyLost({ counters }: GeneratorSnapshot): number {
    const before = this.#lost;
    this.#lost = Math.max(before, counters.lost - counters.lostDisconnected);
    return this.#lost - before;
  }

  /** Every look at the threads counts, since each tells only how busy they were since the one before. */
  watchThreads(threads: readonly ThreadLoad[], ns: number): void {
    const sinceNs = this.#watchedNs;
    this.#watchedNs = ns;
    if (phaseAt((ns + sinceNs) / 2, this.#schedule) !== 'measure') return;
    const ms = (ns - sinceNs) / 1e6;
    for (const { name, utilization } of threads) {
      const sum = this.#busy.get(name) ?? { ms: 0, busyMs: 0 };
      this.#busy.set(name, { ms: sum.ms + ms, busyMs: sum.busyMs + utilization * ms });
    }
  }

  /** With the utilization of its threads over the measure window. */
  withThreads(snapshot: GeneratorSnapshot): GeneratorSnapshot {
    const threads = snapshot.threads.map((thread) => {
      const sum = this.#busy.get(thread.name);
      return sum === undefined || sum.ms === 0 ? thread : { ...thread, utilization: sum.busyMs / sum.ms };
    });
    return { ...snapshot, threads };
  }
}
