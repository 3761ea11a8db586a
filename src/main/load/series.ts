/** The rows of the series: what happened between two snapshots. Pure. */
import type { Histogram } from '../../shared/histogram';
import { enoughSamples } from '../../shared/load/percentiles';
import type { SeriesRow } from '../../shared/load/result';
import type { Schedule } from '../../shared/load/schedule';
import type { GeneratorSnapshot, LoadCounter } from '../../shared/load/snapshot';

/** What the server's process used since the row before; null: not known. */
export interface ServerUse {
  cpu: number | null;
  rssBytes: number | null;
}

export interface RowSpan {
  /** Since the schedule began, nanoseconds. */
  fromNs: number;
  toNs: number;
  schedule: Schedule;
  /** Messages that have turned out to be lost in it. */
  lost: number;
}

export function rowBetween(
  before: GeneratorSnapshot,
  now: GeneratorSnapshot,
  { fromNs, toNs, schedule, lost }: RowSpan,
  server: ServerUse,
): SeriesRow {
  const seconds = (toNs - fromNs) / 1e9;
  const perSecond = (name: LoadCounter) => (now.counters[name] - before.counters[name]) / seconds;
  const response = now.histograms.response.since(before.histograms.response);
  const lag = now.histograms.scheduleLag.since(before.histograms.scheduleLag);
  return {
    atMs: toNs / 1e6,
    phase: phaseAt((fromNs + toNs) / 2, schedule),
    connected: now.counters.connected,
    targetPerSecond: (schedule.messagesBefore(toNs) - schedule.messagesBefore(fromNs)) / seconds,
    publishedPerSecond: perSecond('published'),
    receivedPerSecond: perSecond('received'),
    receivedBytesPerSecond: perSecond('receivedBytes'),
    lost,
    errors: errorsOf(now) - errorsOf(before),
    responseP50Ms: percentileMs(response, 50),
    responseP99Ms: percentileMs(response, 99),
    responseMaxMs: inMs(response.maxNs),
    scheduleLagP99Ms: percentileMs(lag, 99),
    utilization: Math.max(0, ...now.threads.map(({ utilization }) => utilization)),
    serverCpu: server.cpu,
    serverRssBytes: server.rssBytes,
  };
}

export function phaseAt(ns: number, schedule: Schedule): SeriesRow['phase'] {
  if (ns < schedule.warmupNs) return 'warm-up';
  return ns < schedule.endNs ? 'measure' : 'drain';
}

function errorsOf({ errors }: GeneratorSnapshot): number {
  return errors.reduce((sum, { count }) => sum + count, 0);
}

function percentileMs(histogram: Histogram, percentile: number): number | null {
  return enoughSamples(histogram.count, percentile) ? inMs(histogram.percentile(percentile)) : null;
}

function inMs(ns: number | undefined): number | null {
  return ns === undefined ? null : ns / 1e6;
}
