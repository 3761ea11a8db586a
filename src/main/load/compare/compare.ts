/** Compares results metric by metric, and says where a difference is more than noise. Pure. */
import type { LoadResult } from '../../../shared/load/result';
import { valuesOfResult } from '../metric-values';
import { type Metric, type MetricRow, metricNamed, rowOf } from '../metrics';
import { type ResultSet, runsOf } from '../report/result-set';
import { type Difference, differencesBetween } from './comparable';
import { leastPossible, mannWhitney, medianOf } from './statistics';

export const Judgement = {
  BETTER: 'better',
  WORSE: 'worse',
  SAME: 'same',
  UNSURE: 'unsure',
  NONE: 'n/a',
} as const;
export type Judgement = (typeof Judgement)[keyof typeof Judgement];

/** A difference by chance is taken for real so often. */
export const SIGNIFICANCE = 0.05;
/** Smaller changes are called none: of several runs, and of one each, where noise is not known. */
export const TOLERANCE = 0.05;
export const TOLERANCE_OF_SINGLE_RUNS = 0.1;

export interface Side {
  runs: number;
  /** Null: not every run knows it. */
  median: number | null;
  lowest: number | null;
  highest: number | null;
}

export interface ComparedMetric {
  name: string;
  base: Side;
  other: Side;
  /** Of the medians, relative to the base: 0.1 is a tenth more. Null where there is no such number. */
  change: number | null;
  /** Of the Mann–Whitney test; null with one run on a side. */
  p: number | null;
  judgement: Judgement;
}

export interface Comparison {
  differences: Difference[];
  metrics: ComparedMetric[];
  tolerance: number;
  /** Of both sides there are enough runs for noise to be told from change. */
  tested: boolean;
  worse: number;
  better: number;
}

export interface CompareOptions {
  /** Share of the base. */
  tolerance?: number;
  /** Names; default: those that both results have of `comparedByDefault`. */
  metrics?: string[];
}

/** Faults have no noise: where there were none, one is worse. */
const FAULTS = [
  'lost',
  'duplicated',
  'reordered',
  'corrupt',
  'unsent',
  'refused',
  'connect.errors',
  'connections.lost',
];
const OTHERS = [
  'delivery.p50',
  'delivery.p99',
  'connect.p50',
  'connect.p99',
  'published.rate',
  'received.rate',
  'server.cpu_per_delivery',
  'server.rss_per_client',
];

export function compareResults(
  base: LoadResult | ResultSet,
  other: LoadResult | ResultSet,
  { tolerance, metrics }: CompareOptions = {},
): Comparison {
  const [one, two] = [runsOf(base), runsOf(other)];
  const single = one.length === 1 || two.length === 1;
  const allowed = tolerance ?? (single ? TOLERANCE_OF_SINGLE_RUNS : TOLERANCE);
  const names = metrics ?? comparedByDefault([...one, ...two]);
  const compared = names.map((name) => compareMetric(metricNamed(name)!, one, two, allowed));
  return {
    differences: differencesBetween(base, other),
    metrics: compared,
    tolerance: allowed,
    tested: !single && leastPossible(one.length, two.length) < SIGNIFICANCE,
    worse: compared.filter(({ judgement }) => judgement === Judgement.WORSE).length,
    better: compared.filter(({ judgement }) => judgement === Judgement.BETTER).length,
  };
}

/** The headline's percentiles, what else matters, and faults if there are any. Maxima are left out: they are noise. */
function comparedByDefault(runs: LoadResult[]): string[] {
  const headline = runs[0]!.config.percentiles.map((percentile) => `response.p${percentile}`);
  const known = [...headline, ...OTHERS].filter((name) =>
    runs.every((run) => run.metrics[name] !== undefined),
  );
  const faults = FAULTS.filter((name) => runs.some((run) => (run.metrics[name] ?? 0) > 0));
  return [...known, ...faults];
}

function compareMetric(
  metric: Metric,
  one: LoadResult[],
  two: LoadResult[],
  tolerance: number,
): ComparedMetric {
  const [before, after] = [valuesIn(one, metric), valuesIn(two, metric)];
  const [base, other] = [sideOf(before, one.length), sideOf(after, two.length)];
  const tested = before !== undefined && after !== undefined && one.length > 1 && two.length > 1;
  const p = tested ? mannWhitney(before, after) : null;
  const change =
    base.median === null || other.median === null || base.median === 0
      ? null
      : other.median / base.median - 1;
  const row = rowOf(metric);
  const judgement = judge({ metric, row, base, other, change, p, tolerance });
  return { name: metric.name, base, other, change, p, judgement };
}

interface Judged extends Pick<ComparedMetric, 'base' | 'other' | 'change' | 'p'> {
  metric: Metric;
  row: MetricRow;
  tolerance: number;
}

function judge({ metric, row, base, other, change, p, tolerance }: Judged): Judgement {
  if (row.better === 'none' || base.median === null || other.median === null) return Judgement.NONE;
  const higher = (of: boolean) => ((row.better === 'higher') === of ? Judgement.BETTER : Judgement.WORSE);
  if (FAULTS.includes(metric.name) && (base.highest === 0) !== (other.highest === 0))
    return higher(base.highest === 0);
  if (change === null)
    return other.median === base.median ? Judgement.SAME : higher(other.median > base.median);
  if (Math.abs(change) <= tolerance) return Judgement.SAME;
  return p === null || p < SIGNIFICANCE ? higher(change > 0) : Judgement.UNSURE;
}

function valuesIn(runs: LoadResult[], metric: Metric): number[] | undefined {
  const values = runs.map((run) => run.metrics[metric.name] ?? valuesOfResult(run)(metric));
  return values.every((value) => value !== null) ? values : undefined;
}

function sideOf(values: number[] | undefined, runs: number): Side {
  if (values === undefined) return { runs, median: null, lowest: null, highest: null };
  return { runs, median: medianOf(values), lowest: Math.min(...values), highest: Math.max(...values) };
}
