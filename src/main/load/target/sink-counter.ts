/**
 * What came to a server that only takes: it reads the stamps itself, since nobody else sees what it got.
 *
 * Thread: the one that made it.
 */
import { Histogram } from '../../../shared/histogram';
import type { Timetable } from '../../../shared/load/generator';
import { monotonicNs } from '../../../shared/load/monotonic';
import type { LoadPlan } from '../../../shared/load/plan';
import { Probe, ProbeFinding, readProbe } from '../../../shared/load/probe';
import { streamsOf } from '../../../shared/load/shares';
import { Arrival, type Published, StreamChecker } from '../../../shared/load/stream-checker';
import type { SinkReport } from '../../../shared/load/target';

/** All streams come to one place. */
const SLOT = 0;

export class SinkCounter {
  readonly #checker: StreamChecker;
  readonly #probe = new Probe();
  readonly #response = new Histogram();
  readonly #delivery = new Histogram();
  #received = 0;
  #duplicated = 0;
  #reordered = 0;
  #corrupt = 0;
  #stale = 0;
  #measured: Timetable | undefined;

  readonly #sinceNs: number;

  /** @param sinceNs what should have gone before is of an earlier test. Default: now, since nothing is due yet */
  constructor(plan: Pick<LoadPlan, 'mode' | 'clients' | 'publishers'>, sinceNs = monotonicNs()) {
    this.#sinceNs = sinceNs;
    this.#checker = new StreamChecker({ clients: 1, streams: streamsOf(plan) });
    this.#checker.join(SLOT);
  }

  begin(timetable: Timetable): void {
    this.#measured = timetable;
  }

  take(message: Buffer): void {
    const finding = readProbe(message, 0, message.length, this.#probe);
    if (finding === ProbeFinding.WHOLE && this.#probe.intendedNs < this.#sinceNs) this.#stale++;
    else if (finding === ProbeFinding.WHOLE) this.#takeWhole();
    else if (finding === ProbeFinding.CORRUPT) {
      this.#corrupt++;
      this.#checker.takeCorrupt(SLOT, message.length);
    }
  }

  /** @param published how many messages each stream has; without it what is missing behind the last that came is not known */
  report(published: Published = {}): SinkReport {
    const [account] = this.#checker.accounts(published);
    return {
      received: this.#received,
      lost: account?.lost ?? 0,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      corrupt: this.#corrupt,
      stale: this.#stale,
      response: this.#response,
      delivery: this.#delivery,
    };
  }

  #takeWhole(): void {
    const { stream, sequence } = this.#probe;
    const arrival = this.#checker.take(SLOT, stream, sequence);
    if (arrival === Arrival.DUPLICATED) this.#duplicated++;
    if (arrival === Arrival.DUPLICATED || arrival === Arrival.FOREIGN) return;
    if (arrival === Arrival.LATE) this.#reordered++;
    this.#received++;
    this.#measure();
  }

  #measure(): void {
    const { intendedNs, sentNs } = this.#probe;
    const window = this.#measured;
    if (window === undefined || intendedNs < window.measureFromNs || intendedNs >= window.measureToNs) return;
    const nowNs = monotonicNs();
    if (nowNs < sentNs || nowNs < intendedNs) return; // the sender's clock is not ours
    this.#response.record(nowNs - intendedNs);
    this.#delivery.record(nowNs - sentNs);
  }
}
