/** A generator without threads: for tests of what lies between a coordinator and a generator elsewhere. */
import { Histogram } from '../../src/shared/histogram';
import type { Generator, Share, Timetable } from '../../src/shared/load/generator';
import type { LoadPlan } from '../../src/shared/load/plan';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounters,
  type LoadHistograms,
} from '../../src/shared/load/snapshot';

export class FakeGenerator implements Generator {
  readonly name = 'fake';
  readonly calls: string[] = [];
  readonly failed: Promise<never>;
  share: Share | undefined;
  plan: LoadPlan | undefined;
  offsetNs: number | undefined;
  timetable: Timetable | undefined;
  aborted = false;
  fail!: (error: Error) => void;
  #whenAborted: () => void = () => {};
  readonly whenAborted = new Promise<void>((resolve) => {
    this.#whenAborted = resolve;
  });

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  async prepare(plan: LoadPlan, share: Share): Promise<void> {
    this.calls.push('prepare');
    this.plan = plan;
    this.share = share;
    if (plan.name === 'prepare fails') throw Object.assign(new Error('no memory'), { code: 'ENOMEM' });
    if (plan.name === 'breaks down') setImmediate(() => this.fail(new Error('a load thread died')));
    if (plan.name === 'dies') process.kill(process.pid, 'SIGKILL');
    if (plan.name === 'throws') setImmediate(() => Promise.reject(new Error('a fault of ours')));
  }

  setClock(offsetNs: number): void {
    this.offsetNs = offsetNs;
  }

  async connect(): Promise<void> {
    this.calls.push('connect');
    if (this.plan?.name === 'never connects') await new Promise(() => {});
  }

  async begin(timetable: Timetable): Promise<void> {
    this.calls.push('begin');
    this.timetable = timetable;
  }

  async stopPublishing(): Promise<void> {
    this.calls.push('stopPublishing');
  }

  async snapshot(published?: Record<number, number>): Promise<GeneratorSnapshot> {
    const expected = published?.[0] ?? 0;
    return snapshotOf(this.name, { received: 3, expected }, [1_000, 2_000_000, 3_000_000_000]);
  }

  async finish(published: Record<number, number>): Promise<GeneratorSnapshot> {
    this.calls.push('finish');
    return { ...snapshotOf(this.name, { received: 4 }, [1_000]), published };
  }

  async abort(): Promise<void> {
    this.aborted = true;
    this.#whenAborted();
  }
}

export function snapshotOf(
  generator: string,
  counters: Partial<LoadCounters>,
  responsesNs: number[] = [],
): GeneratorSnapshot {
  const histograms = Object.fromEntries(
    LOAD_HISTOGRAMS.map((name) => [name, new Histogram()]),
  ) as LoadHistograms;
  for (const valueNs of responsesNs) histograms.response.record(valueNs);
  return {
    generator,
    atNs: 123_456_789,
    counters: {
      ...(Object.fromEntries(LOAD_COUNTERS.map((name) => [name, 0])) as LoadCounters),
      ...counters,
    },
    histograms,
    published: { 0: 17, 5: 3 },
    threads: [{ name: 'load 1', utilization: 0.25, delayP99Ms: 1.5, delayMaxMs: 2, gcMs: 0 }],
    cpuMs: 120,
    rssBytes: 50_000_000,
    errors: [{ phase: 'connect', code: 'ECONNREFUSED', count: 2, sample: 'connect ECONNREFUSED' }],
    slow: [{ received: 2, lost: 1, disconnected: 0, response: histograms.response.copy() }],
    samples: ['client 17, publisher 2: message 4711 came after 4712'],
  };
}
