/**
 * A result for github-action-benchmark: a list of `{name, unit, value, range, extra}`. The action knows either metrics that should
 * be small (`customSmallerIsBetter`) or such that should be big (`customBiggerIsBetter`): a file for each. Pure.
 */
import type { LoadResult } from '../../../shared/load/result';
import { type Better, metricNamed, rowOf } from '../metrics';
import { KINDS } from '../quantity';
import { medianRun, type ResultSet, spreadOf } from './result-set';
import { headline } from './view';

/** What is worth a line in a chart over the years; the rest is in the JSON result. */
const CHARTED =
  /^(response|delivery|connect|stage\.\w+)\.p[\d.]+$|\.rate$|_per_client$|_per_delivery$|^lost$/;

export function benchmarkActionReport(from: LoadResult | ResultSet, better: Better): string {
  const result = medianRun(from);
  const entries = Object.entries(result.metrics).flatMap(([name, value]) => {
    const metric = metricNamed(name);
    const row = metric && rowOf(metric);
    if (row === undefined || row.better !== better || !CHARTED.test(name)) return [];
    const spread = spreadOf(from, name);
    const range = spread && { range: `${rounded(spread.lowest)} to ${rounded(spread.highest)}` };
    return [{ name, unit: KINDS[row.kind].unit || 'messages', value: rounded(value), ...range }];
  });
  const extra = headline(result).join(', ');
  return `${JSON.stringify(
    entries.map((entry) => ({ ...entry, extra })),
    null,
    2,
  )}\n`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
