/** A result, or a set of runs, for a terminal: of a set the run in the middle, and a line for each. Pure. */
import type { LoadResult } from '../../../shared/load/result';
import { outcomeOf } from '../correctness';
import { metricNamed, rowOf } from '../metrics';
import { formatQuantity } from '../quantity';
import { isResultSet, medianRun, type ResultSet } from './result-set';
import { type TextOptions, textReport } from './text';

const COLUMNS = ['response.p50', 'response.p99', 'connect.p99', 'received.rate'];
const CELL = 15;

export function setText(from: LoadResult | ResultSet, options?: TextOptions | string): string {
  const text = textReport(medianRun(from), typeof options === 'object' ? options : {});
  return isResultSet(from) ? `${text}\n${runTable(from).join('\n')}\n` : text;
}

function runTable({ runs, median, medianBy }: ResultSet): string[] {
  const columns = COLUMNS.filter((name) => runs.some((run) => run.metrics[name] !== undefined));
  const line = (cells: string[]) => cells.map((cell) => cell.padStart(CELL)).join('');
  return [
    `${runs.length} runs; the above is of the one in the middle by ${medianBy}`,
    '',
    `     ${line(columns)}`,
    ...runs.map((run, i) => {
      const cells = columns.map((name) => formatQuantity(run.metrics[name], rowOf(metricNamed(name)!).kind));
      const notes = [i === median ? 'median' : '', outcomeOf(run) === 'good' ? '' : outcomeOf(run)];
      return `${String(i + 1).padStart(5)}${line(cells)}  ${notes.filter((note) => note !== '').join(', ')}`.trimEnd();
    }),
  ];
}
