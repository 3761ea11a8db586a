/** The numbers of a run that goes on, as monitoring systems take them: gauges in base units. Pure. */
import type { SeriesRow } from '../../../shared/load/result';
import type { RunProgress } from './progress';

export interface LiveMetric {
  /** In the manner of Prometheus, without its prefix: `response_seconds`. */
  name: string;
  help: string;
  /** As UCUM has it, for OTLP. */
  unit: string;
  labels?: { [name: string]: string };
  value: number;
}

interface Row {
  name: string;
  help: string;
  unit: string;
  labels?: { [name: string]: string };
  value(row: SeriesRow): number | null;
}

const RESPONSE = {
  name: 'response_seconds',
  help: 'Intended time to received, of the last second.',
  unit: 's',
};

const ROWS: readonly Row[] = [
  rate('target', 'Messages per second that the schedule asks for.', (row) => row.targetPerSecond),
  rate('published', 'Messages published per second.', (row) => row.publishedPerSecond),
  rate('received', 'Messages received per second, by all clients together.', (row) => row.receivedPerSecond),
  {
    name: 'received_bytes_per_second',
    help: 'Payload bytes received per second.',
    unit: 'By/s',
    value: (row) => row.receivedBytesPerSecond,
  },
  { ...RESPONSE, labels: { quantile: '0.5' }, value: (row) => inSeconds(row.responseP50Ms) },
  { ...RESPONSE, labels: { quantile: '0.99' }, value: (row) => inSeconds(row.responseP99Ms) },
  { ...RESPONSE, labels: { quantile: '1' }, value: (row) => inSeconds(row.responseMaxMs) },
  {
    name: 'schedule_lag_seconds',
    help: 'Intended time to sent, of the last second.',
    unit: 's',
    labels: { quantile: '0.99' },
    value: (row) => inSeconds(row.scheduleLagP99Ms),
  },
  { name: 'lost', help: 'Messages that are lost.', unit: '1', value: (row) => row.lost },
  { name: 'errors', help: 'Errors of all kinds.', unit: '1', value: (row) => row.errors },
  {
    name: 'generator_utilization_ratio',
    help: 'How busy the busiest load thread is.',
    unit: '1',
    value: (row) => row.utilization,
  },
  {
    name: 'server_cpu_cores',
    help: 'Processor time of the server.',
    unit: '1',
    value: (row) => row.serverCpu,
  },
  { name: 'server_rss_bytes', help: 'Memory of the server.', unit: 'By', value: (row) => row.serverRssBytes },
];

/** What is known now; numbers that are not known are left out. */
export function liveMetrics({ row, connected }: RunProgress): LiveMetric[] {
  const now: LiveMetric = {
    name: 'connected',
    help: 'Connections that are open.',
    unit: '1',
    value: connected,
  };
  const known = ROWS.flatMap(({ value: read, ...rest }): LiveMetric[] => {
    const value = row === undefined ? null : read(row);
    return value === null || !Number.isFinite(value) ? [] : [{ ...rest, value }];
  });
  return [now, ...known];
}

/** Of every metric: which run it is. */
export function runLabels({ plan, title, url }: RunProgress): { [name: string]: string } {
  const own = { mode: plan?.mode ?? '', name: plan?.name || title, url };
  const all: { [name: string]: string } = { ...plan?.labels, ...own };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

function rate(name: string, help: string, value: Row['value']): Row {
  return { name: `${name}_per_second`, help, unit: '1/s', value };
}

function inSeconds(ms: number | null): number | null {
  // Not 0.0012100000000000001.
  return ms === null ? null : Number((ms / 1e3).toPrecision(12));
}
