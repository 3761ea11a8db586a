/**
 * Every number of a load test that has a name: for thresholds, for `result.metrics`, for comparisons. The one table of them.
 * Where the values come from is in `metric-values.ts`.
 */
import { Kind } from './quantity';

/** Which way is good. `none`: a property of the test, not of the server. */
export type Better = 'lower' | 'higher' | 'none';

export interface MetricRow {
  kind: Kind;
  better: Better;
  meaning: string;
  /** Only goes up while the test runs: what it has not reached yet says nothing. */
  grows?: true;
}

/** Single numbers. */
export const SCALARS = {
  published: count('none', 'messages published'),
  'published.rate': row(Kind.RATE, 'higher', 'messages published in a second, of the measure window'),
  'published.achieved': row(Kind.SHARE, 'higher', 'published of what the schedule asked for'),
  received: count('none', 'messages received by all clients together'),
  'received.rate': row(Kind.RATE, 'higher', 'messages received in a second, of the measure window'),
  'received.bytes_rate': row(Kind.BYTE_RATE, 'higher', 'payload bytes received in a second'),
  expected: count('none', 'published × subscribers that were there'),
  refused: count('lower', 'posts that the hub refused: its ring was full'),
  'refused.rate': row(Kind.SHARE, 'lower', 'refused of what was scheduled'),
  unsent: count('lower', 'times of the schedule at which nothing could be sent'),
  'unsent.rate': row(Kind.SHARE, 'lower', 'unsent of what was scheduled'),
  dropped: count('lower', 'given up for slow peers, or missed by connections that ended early'),
  'dropped.rate': row(Kind.SHARE, 'lower', 'dropped of what was expected'),
  lost: count('lower', 'expected, and nobody accounts for it'),
  'lost.rate': row(Kind.SHARE, 'lower', 'lost of what was expected'),
  duplicated: count('lower', 'came more than once'),
  reordered: count('lower', 'came after a later message of the same publisher'),
  corrupt: count('lower', 'came with other bytes than were sent'),
  foreign: count('none', 'messages that are not of this test'),
  negative: count('lower', 'latencies below zero: clocks disagree'),
  errors: count('lower', 'errors of all kinds'),
  'connect.opened': count('none', 'connections opened'),
  'connect.errors': count('lower', 'clients that could not connect, after all their attempts'),
  'connect.errors.rate': row(Kind.SHARE, 'lower', 'of the clients that tried, those that could not connect'),
  'connect.retries': count('lower', 'attempts to connect beyond the first'),
  'connections.lost': count('lower', 'connections that ended without our doing'),
  'server.cpu': row(Kind.CORES, 'lower', 'processor time of the server, on average'),
  'server.rss': row(Kind.BYTES, 'lower', 'memory of the server under load'),
  'server.rss_idle': row(Kind.BYTES, 'lower', 'memory of the server with all clients, before the load'),
  'server.rss_per_client': row(Kind.BYTES, 'lower', 'memory of the server for each client'),
  'server.cpu_per_delivery': row(
    Kind.TIME,
    'lower',
    'processor time of the server for each message delivered',
  ),
  'generator.cpu': row(Kind.CORES, 'none', 'processor time of the load generator, on average'),
  'generator.rss': row(Kind.BYTES, 'none', 'memory of the load generator'),
  'generator.utilization': row(Kind.SHARE, 'none', 'how busy the busiest load thread was'),
  'generator.delay_p99': row(Kind.TIME, 'none', 'event loop delay of the worst load thread, 99th percentile'),
  'generator.delay_max': row(Kind.TIME, 'none', 'the longest event loop delay of a load thread'),
  'generator.cpu_per_message': row(Kind.TIME, 'none', 'processor time of the generator per message received'),
} as const satisfies Record<string, MetricRow>;
export type ScalarName = keyof typeof SCALARS;

/** Distributions of times. Each has `.p50` (any percentile), `.min`, `.mean`, `.max` and `.count`. */
export const DISTRIBUTIONS = {
  response: 'intended time → received, by clients that behave: the headline',
  schedule_lag: 'intended time → sent: how late the generator was',
  delivery: 'sent → received, by clients that behave',
  response_slow: 'as response, by the slow groups',
  connect: 'first attempt → open',
  'connect.tcp': 'its part for the TCP connection',
  'connect.tls': 'its part for TLS',
  'connect.upgrade': 'its part for the WebSocket upgrade',
  'stage.ring_wait': 'in a hub of ours: posted → drained from the ring',
  'stage.drain': 'in a hub of ours: drained → in the channel log',
  'stage.fan_out': 'in a hub of ours: in the log → handed to the sockets',
  'stage.write': 'in a hub of ours: handed to the sockets → written',
} as const;
export type DistributionName = keyof typeof DISTRIBUTIONS;

export const DISTRIBUTION_NAMES = Object.keys(DISTRIBUTIONS) as DistributionName[];
export const SCALAR_NAMES = Object.keys(SCALARS) as ScalarName[];

/** `percentile` is a number above 0 and below 100. */
export type Aggregation = 'min' | 'mean' | 'max' | 'count' | { percentile: number };

export type Metric =
  | { name: string; scalar: ScalarName }
  | { name: string; distribution: DistributionName; aggregation: Aggregation };

/** The metric of a name such as `lost` or `response.p99.9`. Undefined: there is none. */
export function metricNamed(name: string): Metric | undefined {
  if (Object.hasOwn(SCALARS, name)) return { name, scalar: name as ScalarName };
  const distribution = distributionIn(name);
  const aggregation = distribution && aggregationNamed(name.slice(distribution.length + 1));
  return distribution && aggregation ? { name, distribution, aggregation } : undefined;
}

/** The distribution that a name is, or begins with. */
export function distributionIn(name: string): DistributionName | undefined {
  return DISTRIBUTION_NAMES.filter((known) => name === known || name.startsWith(`${known}.`)).sort(
    (a, b) => b.length - a.length,
  )[0];
}

function aggregationNamed(text: string): Aggregation | undefined {
  if (text === 'min' || text === 'mean' || text === 'max' || text === 'count') return text;
  const percentile = Number(/^p(\d{1,2}(?:\.\d{1,6})?)$/.exec(text)?.[1]);
  return percentile > 0 && percentile < 100 ? { percentile } : undefined;
}

export function rowOf(metric: Metric): MetricRow {
  if ('scalar' in metric) return SCALARS[metric.scalar];
  if (metric.aggregation === 'count') return count('none', 'samples');
  const better = metric.distribution === 'schedule_lag' ? 'none' : 'lower';
  return { kind: Kind.TIME, better, meaning: DISTRIBUTIONS[metric.distribution] };
}

function row(kind: Kind, better: Better, meaning: string): MetricRow {
  return { kind, better, meaning };
}

function count(better: Better, meaning: string): MetricRow {
  return { kind: Kind.COUNT, better, meaning, grows: true };
}
