/** Several runs of the same test, as `--repeat` gives them: which is the one in the middle, and how far they spread. Pure. */
import type { LoadResult } from '../../../shared/load/result';

export const RESULT_SET_SCHEMA = 'ringcast-bench-set/1';

export interface ResultSet {
  schema: typeof RESULT_SET_SCHEMA;
  /** In the order in which they ran. */
  runs: LoadResult[];
  /** Index of the run that reports show: the middle one by `medianBy`. */
  median: number;
  /** The metric that the runs were ordered by. */
  medianBy: string;
}

/** What runs are ordered by: the first of these that all of them have. */
const HEADLINES = [
  'response.p99',
  'response.p50',
  'connect.p99',
  'connect.p50',
  'received.rate',
  'connect.opened',
];

/** @throws {RangeError} if there is no run */
export function resultSet(runs: LoadResult[]): ResultSet {
  if (runs.length === 0) throw new RangeError('a set of results needs at least one run');
  const medianBy =
    HEADLINES.find((name) => runs.every((run) => run.metrics[name] !== undefined)) ?? HEADLINES[0]!;
  const order = runs
    .map((_, i) => i)
    .sort((a, b) => valueFor(runs[a]!, medianBy) - valueFor(runs[b]!, medianBy));
  return { schema: RESULT_SET_SCHEMA, runs, median: order[Math.floor((order.length - 1) / 2)]!, medianBy };
}

export function isResultSet(from: LoadResult | ResultSet): from is ResultSet {
  return from.schema === RESULT_SET_SCHEMA;
}

/** The run that a report of one run shows. */
export function medianRun(from: LoadResult | ResultSet): LoadResult {
  return isResultSet(from) ? from.runs[from.median]! : from;
}

export function runsOf(from: LoadResult | ResultSet): LoadResult[] {
  return isResultSet(from) ? from.runs : [from];
}

/** Lowest and highest of a metric over the runs. Undefined with one run, or where a run does not know it. */
export function spreadOf(
  from: LoadResult | ResultSet,
  metric: string,
): { lowest: number; highest: number } | undefined {
  const values = runsOf(from).map((run) => run.metrics[metric]);
  if (values.length < 2 || values.some((value) => value === undefined)) return undefined;
  return { lowest: Math.min(...(values as number[])), highest: Math.max(...(values as number[])) };
}

function valueFor(run: LoadResult, metric: string): number {
  return run.metrics[metric] ?? Number.POSITIVE_INFINITY;
}
