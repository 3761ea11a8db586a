/** Which charts a result has, and their numbers: for the drawing in the page and for the script that makes it live. Pure. */
import { Histogram } from '../../../../shared/histogram';
import { enoughSamples } from '../../../../shared/load/percentiles';
import type { LoadResult, SeriesRow } from '../../../../shared/load/result';
import { Kind } from '../../quantity';
import { latencyRows } from '../view';
import { type Scale, scaleFor } from './scales';
import { thinned } from './thinned';

export interface Line {
  label: string;
  /** Colour, 1 to 7, as the style sheet has them. */
  tone: number;
  /** A guide, such as what was aimed at. */
  dashed?: boolean;
  values: (number | null)[];
}

export interface Chart {
  id: string;
  title: string;
  about: string;
  kind: Kind;
  /** `seconds`, or `nines`: −log10 of the part above a percentile, so 90 % is 1 and 99 % is 2. */
  across: 'seconds' | 'nines';
  x: number[];
  xMax: number;
  lines: Line[];
  scale: Scale;
  /** Where the measure window lies, seconds. */
  window?: [from: number, to: number];
  wide: boolean;
}

type ChartParts = Omit<Chart, 'scale' | 'x' | 'xMax' | 'across' | 'window' | 'wide'> & {
  log?: 'never' | 'auto' | 'always';
  wide?: boolean;
};

const PARTS_OF_A_NINE = 12;
const TONES = 7;

export function chartsOf(result: LoadResult): Chart[] {
  const rows = thinned(result.series);
  const charts = rows.length === 0 ? [] : seriesCharts(result, rows);
  const curve = percentileCurve(result);
  if (curve !== undefined) charts.splice(Math.min(1, charts.length), 0, curve);
  const narrow = charts.filter((chart) => !chart.wide);
  // The last of an odd number would stand beside a hole.
  if (narrow.length % 2 === 1) narrow.at(-1)!.wide = true;
  return charts;
}

function seriesCharts(result: LoadResult, rows: SeriesRow[]): Chart[] {
  const of = (read: (row: SeriesRow) => number | null) => rows.map(read);
  const parts: ChartParts[] = [
    {
      id: 'latency',
      title: 'Response time, second by second',
      about: 'From the intended time of a message to its arrival at clients that behave.',
      kind: Kind.TIME,
      log: 'auto',
      wide: true,
      lines: [
        { label: 'max', tone: 7, values: of((row) => row.responseMaxMs) },
        { label: 'p99', tone: 2, values: of((row) => row.responseP99Ms) },
        { label: 'p50', tone: 1, values: of((row) => row.responseP50Ms) },
      ],
    },
    ...trafficCharts(result, rows),
    {
      id: 'lag',
      title: 'Schedule lag, p99',
      about: 'How late the generator sent: it should be small beside the response time.',
      kind: Kind.TIME,
      lines: [{ label: 'schedule lag p99', tone: 4, values: of((row) => row.scheduleLagP99Ms) }],
    },
    {
      id: 'processor',
      title: 'Processor',
      about: 'Near 1 a load thread is the limit, and not the server.',
      kind: Kind.CORES,
      lines: [
        { label: 'busiest load thread', tone: 4, values: of((row) => row.utilization) },
        { label: 'server', tone: 3, values: of((row) => row.serverCpu) },
      ],
    },
    {
      id: 'memory',
      title: 'Memory of the server',
      about: 'Resident set size.',
      kind: Kind.BYTES,
      lines: [{ label: 'server', tone: 3, values: of((row) => row.serverRssBytes) }],
    },
    {
      id: 'connected',
      title: 'Connections',
      about: 'Open at the end of each second.',
      kind: Kind.COUNT,
      lines: [{ label: 'connected', tone: 5, values: of((row) => row.connected) }],
    },
  ];
  const window = measureWindow(result, rows);
  return parts.map((part) => seriesChart(part, rows, window)).filter((chart) => chart.lines.length > 0);
}

function trafficCharts({ config }: LoadResult, rows: SeriesRow[]): ChartParts[] {
  if (config.stages.every((stage) => stage.ratePerSecond === 0)) return [];
  return [
    {
      id: 'published',
      title: 'Published',
      about: 'Messages in a second, and what the schedule asked for.',
      kind: Kind.RATE,
      lines: [
        { label: 'target', tone: 7, dashed: true, values: rows.map((row) => row.targetPerSecond) },
        { label: 'published', tone: 1, values: rows.map((row) => row.publishedPerSecond) },
      ],
    },
    {
      id: 'received',
      title: 'Received',
      about: 'Messages in a second, by all clients together.',
      kind: Kind.RATE,
      lines: [{ label: 'received', tone: 3, values: rows.map((row) => row.receivedPerSecond) }],
    },
  ];
}

function seriesChart(
  { log = 'never', wide = false, ...part }: ChartParts,
  rows: SeriesRow[],
  window: Chart['window'],
): Chart {
  const lines = part.lines.filter((line) => line.values.some((value) => value !== null)).map(shortened);
  const x = rows.map((row) => row.atMs / 1_000);
  const scale = scaleFor(
    lines.flatMap((line) => line.values),
    part.kind,
    { log },
  );
  return { ...part, wide, lines, across: 'seconds', x, xMax: x.at(-1)!, scale, window };
}

/** As planned; shorter where the run ended before its time. */
function measureWindow({ config }: LoadResult, rows: SeriesRow[]): Chart['window'] {
  const last = rows.filter((row) => row.phase === 'measure').at(-1);
  if (last === undefined) return undefined;
  return [config.warmupMs / 1e3, Math.min(config.warmupMs + config.durationMs, last.atMs) / 1e3];
}

/** The latencies by percentile, on a scale of nines; each line ends where its samples do. */
function percentileCurve(result: LoadResult): Chart | undefined {
  const rows = latencyRows(result);
  const most = Math.max(0, ...rows.map((row) => Math.log10(row.summary.count / 10)));
  const x = Array.from({ length: Math.floor(most * PARTS_OF_A_NINE) + 1 }, (_, i) => i / PARTS_OF_A_NINE);
  if (rows.length === 0 || x.length < 2) return undefined;
  const lines = rows.map(({ label, summary }, i) => {
    const histogram = Histogram.decode(summary.hdr);
    const values = x.map((nines) => {
      const percentile = 100 * (1 - 10 ** -nines);
      if (!enoughSamples(summary.count, percentile)) return null;
      return nines === 0 ? summary.minMs : histogram.percentile(percentile)! / 1e6;
    });
    return shortened({ label, tone: (i % TONES) + 1, dashed: i >= TONES, values });
  });
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    about:
      'Each nine to the right is ten times rarer. A line ends where fewer than ten samples lie above it.',
    kind: Kind.TIME,
    across: 'nines',
    x,
    xMax: x.at(-1)!,
    lines,
    scale: scaleFor(
      lines.flatMap((line) => line.values),
      Kind.TIME,
      { log: 'always' },
    ),
    wide: true,
  };
}

/** Four digits are more than a pixel tells. */
function shortened(line: Line): Line {
  return {
    ...line,
    values: line.values.map((value) => (value === null ? null : Number(value.toPrecision(4)))),
  };
}
