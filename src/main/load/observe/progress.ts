/** How far a run is, out of its events: what displays and sinks show. Pure, but for the clock that is handed in. */
import type { LoadPlan } from '../../../shared/load/plan';
import type { LoadResult, SeriesRow } from '../../../shared/load/result';
import type { LoadEvent } from '../options';
import type { RunNotice } from './observer';

export type PhaseName = Extract<LoadEvent, { type: 'phase' }>['name'];

/** So many of the last seconds are kept. */
export const KEPT_ROWS = 120;

export class RunProgress {
  title = '';
  url = '';
  plan: LoadPlan | undefined;
  phase: PhaseName = 'prepare';
  connected = 0;
  connectFailed = 0;
  rows: SeriesRow[] = [];
  result: LoadResult | undefined;
  readonly #now: () => number;
  #phaseSince: number;

  /** @param now milliseconds, monotonic */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#phaseSince = now();
  }

  begin({ title, plan, url }: RunNotice): void {
    Object.assign(this, { title, plan, url, connected: 0, connectFailed: 0, rows: [], result: undefined });
    this.#enter('prepare');
  }

  take(event: LoadEvent): void {
    switch (event.type) {
      case 'phase':
        this.#enter(event.name);
        return;
      case 'connecting':
        this.connected = event.connected;
        this.connectFailed = event.failed;
        return;
      case 'second':
        this.rows = [...this.rows.slice(1 - KEPT_ROWS), event.row];
        this.connected = event.row.connected;
        return;
      case 'result':
        this.result = event.result;
    }
  }

  get row(): SeriesRow | undefined {
    return this.rows.at(-1);
  }

  get phaseMs(): number {
    return this.#now() - this.#phaseSince;
  }

  /** How long the phase takes at the most; undefined: nobody knows. */
  get phaseLimitMs(): number | undefined {
    const { plan } = this;
    if (plan === undefined) return undefined;
    const limits: { [phase in PhaseName]?: number } = {
      settle: plan.settleMs,
      'warm-up': plan.warmupMs,
      measure: plan.durationMs,
      drain: plan.drainTimeoutMs,
    };
    return limits[this.phase];
  }

  /** 0 to 1, of the phase; undefined: nobody knows. */
  get share(): number | undefined {
    if (this.phase === 'connect') {
      return this.plan && Math.min(1, (this.connected + this.connectFailed) / this.plan.clients);
    }
    const limit = this.phaseLimitMs;
    return limit === undefined ? undefined : limit === 0 ? 1 : Math.min(1, this.phaseMs / limit);
  }

  #enter(phase: PhaseName): void {
    this.phase = phase;
    this.#phaseSince = this.#now();
  }
}
