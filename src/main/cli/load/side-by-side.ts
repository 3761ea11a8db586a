/** Rounds beside each other: a column for each, a line for each metric; of several runs the middle one and how far they spread. Pure. */
import { metricNamed, rowOf } from '../../load/metrics';
import { formatQuantity, type Kind } from '../../load/quantity';
import { oneLine } from '../../load/report/plain-text';
import { verdictWords } from '../../load/report/view';
import type { RoundResults } from './rounds';

const METRICS = [
  'response.p50',
  'response.p99',
  'response.p99.9',
  'response.max',
  'delivery.p99',
  'connect.p99',
  'published.rate',
  'received.rate',
  'lost',
  'dropped',
  'server.cpu',
  'server.rss',
  'server.cpu_per_delivery',
];

export function sideBySide(rounds: readonly RoundResults[]): string {
  const columns = rounds.filter(({ results }) => results.length > 0);
  const lines = METRICS.filter((name) => columns.some((column) => valuesOf(column, name).length > 0)).map(
    (name) => [name, ...columns.map((column) => cellOf(valuesOf(column, name), kindOf(name)))],
  );
  const words = columns.map(({ results }) => {
    const bad = results.map(verdictWords).find(({ good }) => !good);
    return bad === undefined ? 'good' : 'see above';
  });
  return table([['', ...columns.map(({ name }) => oneLine(name ?? ''))], ...lines, ['verdict', ...words]]);
}

function valuesOf({ results }: RoundResults, name: string): number[] {
  return results.map(({ metrics }) => metrics[name]).filter((value) => value !== undefined);
}

function cellOf(values: number[], kind: Kind): string {
  const sorted = [...values].sort((one, other) => one - other);
  const show = (value: number) => formatQuantity(value, kind);
  if (sorted.length === 0) return 'n/a';
  const median = show(sorted[Math.floor((sorted.length - 1) / 2)]);
  return sorted.length === 1
    ? median
    : `${median}  (${show(sorted[0])} to ${show(sorted[sorted.length - 1])})`;
}

function kindOf(name: string): Kind {
  const metric = metricNamed(name);
  if (metric === undefined) throw new Error(`there is no metric ${name}`);
  return rowOf(metric).kind;
}

function table(rows: string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
