/** Where the values of metrics come from: a finished result, or what is known while a test runs. Null: not known. Pure. */
import { Histogram } from '../../shared/histogram';
import { enoughSamples } from '../../shared/load/percentiles';
import type { LatencySummary, LoadResult, StageName } from '../../shared/load/result';
import type { GeneratorSnapshot, LoadCounters } from '../../shared/load/snapshot';
import {
  type Aggregation,
  DISTRIBUTION_NAMES,
  type DistributionName,
  type Metric,
  SCALAR_NAMES,
  type ScalarName,
} from './metrics';

/** Answers the value of a metric in its base unit, null where there is none. */
export type MetricValues = (metric: Metric) => number | null;

type Scalars = Partial<Record<ScalarName, number | null>>;
/** A result, before what is worked out from its metrics. */
export type MeasuredResult = Omit<LoadResult, 'metrics' | 'thresholds'>;
/** Of all generators together. `measuredMs`: how much of the measure window has passed. */
export interface RunningTest {
  counters: LoadCounters;
  histograms: GeneratorSnapshot['histograms'];
  measuredMs: number;
}

const STAGE_OF: Partial<Record<DistributionName, StageName>> = {
  'stage.ring_wait': 'ringWait',
  'stage.drain': 'drain',
  'stage.fan_out': 'fanOut',
  'stage.write': 'write',
};
const NANOSECONDS_PER_MS = 1e6;

export function valuesOfResult(result: MeasuredResult): MetricValues {
  const scalars = scalarsOfResult(result);
  return (metric) =>
    'scalar' in metric
      ? (scalars[metric.scalar] ?? null)
      : aggregate(summaryOf(result, metric.distribution), metric.aggregation);
}

/** While it runs: what only the end can tell is null. */
export function valuesOfRunning({ counters, histograms, measuredMs }: RunningTest): MetricValues {
  const scalars = { ...scalarsOfCounters(counters), ...ratesOf(counters, measuredMs / 1e3) };
  return (metric) => {
    if ('scalar' in metric) return scalars[metric.scalar] ?? null;
    const histogram = runningHistogram(histograms, metric.distribution);
    return histogram === undefined ? null : aggregateHistogram(histogram, metric.aggregation);
  };
}

/** `result.metrics`: every number that is known; of distributions the percentiles that the result prints, mean and max. */
export function metricsOf(result: MeasuredResult): Record<string, number> {
  const values = valuesOfResult(result);
  const aggregations: [string, Aggregation][] = [
    ...result.config.percentiles.map((percentile): [string, Aggregation] => [
      `p${percentile}`,
      { percentile },
    ]),
    ['mean', 'mean'],
    ['max', 'max'],
    ['count', 'count'],
  ];
  const metrics: Metric[] = [
    ...SCALAR_NAMES.map((scalar) => ({ name: scalar, scalar })),
    ...DISTRIBUTION_NAMES.filter((name) => (summaryOf(result, name)?.count ?? 0) > 0).flatMap(
      (distribution) =>
        aggregations.map(([suffix, aggregation]) => ({
          name: `${distribution}.${suffix}`,
          distribution,
          aggregation,
        })),
    ),
  ];
  const known = metrics.map((metric) => [metric.name, values(metric)] as const);
  return Object.fromEntries(known.filter((entry): entry is [string, number] => entry[1] !== null));
}

/** The distribution of that name, if the test has it. */
export function summaryOf(result: MeasuredResult, name: DistributionName): LatencySummary | undefined {
  const { latency, groups } = result;
  const stage = STAGE_OF[name];
  if (stage !== undefined) return latency.stages?.[stage];
  if (name === 'response_slow') return slowSummary(groups.filter((group) => group.name !== 'fast'));
  const ofLatency: Partial<Record<DistributionName, LatencySummary>> = {
    response: latency.response,
    schedule_lag: latency.scheduleLag,
    delivery: latency.delivery,
    connect: latency.connect,
    'connect.tcp': latency.connectTcp,
    'connect.tls': latency.connectTls,
    'connect.upgrade': latency.connectUpgrade,
  };
  return ofLatency[name];
}

/** Any percentile of a summary, also one that it does not print; null where the samples are too few. */
export function percentileOf(summary: LatencySummary, percentile: number): number | null {
  if (!enoughSamples(summary.count, percentile)) return null;
  const printed = summary.percentiles[String(percentile)];
  if (printed !== undefined) return printed;
  const value = Histogram.decode(summary.hdr).percentile(percentile);
  return value === undefined ? null : value / NANOSECONDS_PER_MS;
}

function aggregate(summary: LatencySummary | undefined, aggregation: Aggregation): number | null {
  if (summary === undefined) return null;
  if (typeof aggregation === 'object') return percentileOf(summary, aggregation.percentile);
  if (aggregation === 'count') return summary.count;
  return { min: summary.minMs, mean: summary.meanMs, max: summary.maxMs }[aggregation];
}

function aggregateHistogram(histogram: Histogram, aggregation: Aggregation): number | null {
  if (aggregation === 'count') return histogram.count;
  const ns =
    typeof aggregation === 'object'
      ? enoughSamples(histogram.count, aggregation.percentile)
        ? histogram.percentile(aggregation.percentile)
        : undefined
      : { min: histogram.minNs, mean: histogram.meanNs, max: histogram.maxNs }[aggregation];
  return ns === undefined ? null : ns / NANOSECONDS_PER_MS;
}

function runningHistogram(
  histograms: GeneratorSnapshot['histograms'],
  name: DistributionName,
): Histogram | undefined {
  const known: Partial<Record<DistributionName, Histogram>> = {
    response: histograms.response,
    schedule_lag: histograms.scheduleLag,
    delivery: histograms.delivery,
    response_slow: histograms.responseSlow,
    connect: histograms.connect,
    'connect.tcp': histograms.connectTcp,
    'connect.tls': histograms.connectTls,
    'connect.upgrade': histograms.connectUpgrade,
  };
  return known[name];
}

/** The slow groups' distributions merged: percentiles cannot be. */
function slowSummary(groups: LoadResult['groups']): LatencySummary | undefined {
  const summaries = groups.map((group) => group.response).filter((response) => response.count > 0);
  if (summaries.length <= 1) return summaries[0];
  const merged = new Histogram();
  for (const summary of summaries) merged.add(Histogram.decode(summary.hdr));
  const ms = (ns: number | undefined) => (ns === undefined ? null : ns / NANOSECONDS_PER_MS);
  return {
    count: merged.count,
    minMs: ms(merged.minNs),
    meanMs: ms(merged.meanNs),
    maxMs: ms(merged.maxNs),
    percentiles: {},
    hdr: merged.encode(),
  };
}

function scalarsOfResult(result: MeasuredResult): Scalars {
  const { totals, reconciliation, server, generator } = result;
  const dropped = reconciliation.droppedByPolicy + reconciliation.droppedAtClose;
  return {
    // Of what a hub or a sink tells of itself, only the reconciliation knows.
    ...scalarsOfCounters({ ...totals, ...reconciliation }),
    expected: reconciliation.expected,
    'published.rate': totals.publishedPerSecond,
    'published.achieved': totals.targetPerSecond > 0 ? totals.achieved : null,
    'received.rate': totals.receivedPerSecond,
    'received.bytes_rate': totals.receivedBytesPerSecond,
    dropped,
    'dropped.rate': shareOf(dropped, reconciliation.expected),
    'lost.rate': shareOf(reconciliation.lost, reconciliation.expected),
    errors: result.errors.reduce((sum, error) => sum + error.count, 0),
    'server.cpu': server?.cpu,
    'server.rss': server?.rssBytes,
    'server.rss_idle': server?.rssIdleBytes,
    'server.rss_per_client': server?.rssPerClientBytes,
    'server.cpu_per_delivery': inMs(server?.cpuUsPerDelivery),
    'generator.cpu': generator.cpu,
    'generator.rss': generator.rssBytes,
    'generator.cpu_per_message': inMs(generator.usPerReceived),
    ...worstThread(generator.threads),
  };
}

function scalarsOfCounters(counters: LoadCounters): Scalars {
  return {
    published: counters.published,
    received: counters.received,
    refused: counters.refused,
    'refused.rate': shareOf(counters.refused, counters.scheduled),
    unsent: counters.unsent,
    'unsent.rate': shareOf(counters.unsent, counters.scheduled),
    lost: counters.lost,
    duplicated: counters.duplicated,
    reordered: counters.reordered,
    corrupt: counters.corrupt,
    foreign: counters.foreign,
    negative: counters.negative,
    'connect.opened': counters.opened,
    'connect.errors': counters.connectFailed,
    'connect.errors.rate': shareOf(counters.connectFailed, counters.opened + counters.connectFailed),
    'connect.retries': counters.connectRetried,
    'connections.lost': counters.lostConnections,
  };
}

function ratesOf(counters: LoadCounters, seconds: number): Scalars {
  if (seconds <= 0) return {};
  return {
    'published.rate': counters.publishedMeasured / seconds,
    'received.rate': counters.receivedMeasured / seconds,
  };
}

function worstThread(threads: LoadResult['generator']['threads']): Scalars {
  if (threads.length === 0) return {};
  const worst = (of: (thread: (typeof threads)[number]) => number) => Math.max(...threads.map(of));
  return {
    'generator.utilization': worst((thread) => thread.utilization),
    'generator.delay_p99': worst((thread) => thread.delayP99Ms),
    'generator.delay_max': worst((thread) => thread.delayMaxMs),
  };
}

function shareOf(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function inMs(us: number | null | undefined): number | null {
  return us === null || us === undefined ? null : us / 1e3;
}
