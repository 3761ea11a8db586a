/** Snapshots and timetables as JSON, and back. What comes back is checked: it may have come over a network. */
import { Histogram, type SparseHistogram } from '../../../shared/histogram';
import {
  type GeneratorSnapshot,
  LOAD_COUNTERS,
  LOAD_HISTOGRAMS,
  type LoadCounters,
  type LoadError,
  type LoadHistograms,
  type SlowSnapshot,
  type ThreadLoad,
} from '../../../shared/load/snapshot';

export type PlainSnapshot = Omit<GeneratorSnapshot, 'histograms' | 'slow'> & {
  histograms: Record<string, SparseHistogram>;
  slow: (Omit<SlowSnapshot, 'response'> & { response: SparseHistogram })[];
};

/** Kinds of errors and threads that one generator may tell of: more is no snapshot. */
const MAX_ENTRIES = 10_000;
const MAX_TEXT = 500;

export function encodeSnapshot(snapshot: GeneratorSnapshot): PlainSnapshot {
  const histograms = Object.fromEntries(
    LOAD_HISTOGRAMS.map((name) => [name, snapshot.histograms[name].toSparse()]),
  );
  const slow = snapshot.slow.map((group) => ({ ...group, response: group.response.toSparse() }));
  return { ...snapshot, histograms, slow };
}

/** @throws {RangeError} if it is none */
export function decodeSnapshot(value: unknown, generator: string): GeneratorSnapshot {
  const plain = objectOf(value, 'a snapshot');
  const counters = objectOf(plain.counters, 'counters');
  const histograms = objectOf(plain.histograms, 'histograms');
  return {
    generator,
    atNs: numberOf(plain.atNs, 'atNs'),
    counters: Object.fromEntries(
      LOAD_COUNTERS.map((name) => [name, numberOf(counters[name], name)]),
    ) as LoadCounters,
    histograms: Object.fromEntries(
      LOAD_HISTOGRAMS.map((name) => [name, histogramOf(histograms[name], name)]),
    ) as LoadHistograms,
    published: decodePublished(plain.published),
    threads: listOf(plain.threads, 'threads').map(threadOf),
    cpuMs: numberOf(plain.cpuMs, 'cpuMs'),
    rssBytes: numberOf(plain.rssBytes, 'rssBytes'),
    errors: listOf(plain.errors, 'errors').map(errorOf),
    slow: listOf(plain.slow, 'slow').map(slowOf),
    samples: listOf(plain.samples, 'samples').map((sample) => textOf(sample, 'a sample')),
  };
}

/** How many messages of each stream went. @throws {RangeError} if it is none */
export function decodePublished(value: unknown): Record<number, number> {
  const published: Record<number, number> = {};
  for (const [stream, count] of Object.entries(objectOf(value, 'published'))) {
    published[numberOf(Number(stream), 'a stream')] = numberOf(count, 'a count');
  }
  return published;
}

function threadOf(value: unknown): ThreadLoad {
  const thread = objectOf(value, 'a thread');
  return {
    name: textOf(thread.name, 'name'),
    utilization: numberOf(thread.utilization, 'utilization'),
    delayP99Ms: numberOf(thread.delayP99Ms, 'delayP99Ms'),
    delayMaxMs: numberOf(thread.delayMaxMs, 'delayMaxMs'),
    gcMs: numberOf(thread.gcMs, 'gcMs'),
  };
}

const PHASES: readonly LoadError['phase'][] = ['connect', 'publish', 'receive', 'close', 'generator'];

function errorOf(value: unknown): LoadError {
  const error = objectOf(value, 'an error');
  const phase = error.phase as LoadError['phase'];
  if (!PHASES.includes(phase)) throw new RangeError(`no phase: ${JSON.stringify(phase)}`);
  return {
    phase,
    code: textOf(error.code, 'code'),
    count: numberOf(error.count, 'count'),
    sample: textOf(error.sample, 'sample'),
  };
}

function slowOf(value: unknown): SlowSnapshot {
  const slow = objectOf(value, 'a slow group');
  return {
    received: numberOf(slow.received, 'received'),
    lost: numberOf(slow.lost, 'lost'),
    disconnected: numberOf(slow.disconnected, 'disconnected'),
    response: histogramOf(slow.response, 'response'),
  };
}

function histogramOf(value: unknown, what: string): Histogram {
  return Histogram.fromSparse(objectOf(value, what) as unknown as SparseHistogram);
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as never;
  throw new RangeError(`not ${what}: ${JSON.stringify(value)?.slice(0, 40)}`);
}

function listOf(value: unknown, what: string): unknown[] {
  if (Array.isArray(value) && value.length <= MAX_ENTRIES) return value;
  throw new RangeError(`no list of ${what}, or one longer than ${MAX_ENTRIES}`);
}

function numberOf(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${what} is no number from 0 on: ${JSON.stringify(value)?.slice(0, 40)}`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  throw new RangeError(`${what} is no text: ${JSON.stringify(value)?.slice(0, 40)}`);
}
