/** Long series for charts: so many seconds together that no peak is lost. Pure. */
import type { SeriesRow } from '../../../../shared/load/result';

/** More points than these are finer than a pixel. */
export const MOST_POINTS = 600;

const WORST = [
  'responseP50Ms',
  'responseP99Ms',
  'responseMaxMs',
  'scheduleLagP99Ms',
  'utilization',
  'serverCpu',
] as const;
const MEAN = [
  'targetPerSecond',
  'publishedPerSecond',
  'receivedPerSecond',
  'receivedBytesPerSecond',
] as const;

/** Rates are averaged, of latencies and loads the worst is kept, the rest is of the last second. */
export function thinned(series: readonly SeriesRow[], most = MOST_POINTS): SeriesRow[] {
  if (series.length <= most) return [...series];
  const each = Math.ceil(series.length / most);
  const groups = Array.from({ length: Math.ceil(series.length / each) }, (_, i) =>
    series.slice(i * each, (i + 1) * each),
  );
  return groups.map(together);
}

function together(rows: SeriesRow[]): SeriesRow {
  const row = { ...rows.at(-1)! };
  for (const name of WORST) {
    const known = rows.map((one) => one[name]).filter((value): value is number => value !== null);
    if (known.length > 0) row[name] = Math.max(...known);
  }
  for (const name of MEAN) row[name] = rows.reduce((sum, one) => sum + one[name], 0) / rows.length;
  row.lost = rows.reduce((sum, one) => sum + one.lost, 0);
  row.errors = rows.reduce((sum, one) => sum + one.errors, 0);
  return row;
}
