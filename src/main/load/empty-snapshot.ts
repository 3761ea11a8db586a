/** What a generator tells that has done nothing yet. Pure. */
import { Histogram } from '../../shared/histogram';
import type { LoadPlan } from '../../shared/load/plan';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounters,
  type LoadHistograms,
} from '../../shared/load/snapshot';

export function emptySnapshot(plan: Pick<LoadPlan, 'slow'>, generator = 'none'): GeneratorSnapshot {
  return {
    generator,
    atNs: 0,
    counters: Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as LoadCounters,
    histograms: Object.fromEntries(LOAD_HISTOGRAMS.map((name) => [name, new Histogram()])) as LoadHistograms,
    published: {},
    threads: [],
    cpuMs: 0,
    rssBytes: 0,
    errors: [],
    slow: plan.slow.map(() => ({ received: 0, lost: 0, disconnected: 0, response: new Histogram() })),
    samples: [],
  };
}
