/** What a search shows: the curve as it goes, what was found, and files. */
import { writeFileSync } from 'node:fs';
import type { Found } from '../../load/find-limit';
import { formatQuantity } from '../../load/quantity';
import { formatOf } from '../../load/report/formats';
import { oneLine } from '../../load/report/plain-text';
import { writeReport } from '../../load/report/write-report';
import { type Aim, type LoadTrial, summaryOf } from './find-trial';

export const FIND_SCHEMA = 'ringcast-find/1';

const COLUMNS = [
  ['response.p50', 'time', 'p50'],
  ['response.p99', 'time', 'p99'],
  ['published.rate', 'rate', 'published'],
  ['received.rate', 'rate', 'received'],
  ['server.cpu', 'cores', 'server'],
] as const;
const WIDTH = 13;

export function curveHead({ dimension }: Aim): string {
  return [dimension, ...COLUMNS.map(([, , head]) => head)].map((cell) => cell.padStart(WIDTH)).join('');
}

/** One line of the curve. */
export function curveLine({ value, purpose, faults, result: { metrics } }: LoadTrial): string {
  const cells = [
    formatQuantity(value, 'count'),
    ...COLUMNS.map(([name, kind]) => formatQuantity(metrics[name], kind)),
  ];
  const words = faults.length === 0 ? (purpose === 'confirm' ? 'good again' : 'good') : `bad: ${faults[0]}`;
  return `${cells.map((cell) => cell.padStart(WIDTH)).join('')}   ${oneLine(words)}`;
}

export function foundText({ dimension, limits, highest }: Aim, found: Found<LoadTrial>): string {
  const { best, limit, confirmed } = found;
  const show = (value: number) => formatQuantity(value, dimension === 'rate' ? 'rate' : 'count');
  const conditions = limits.join(' and ');
  if (best === undefined) {
    return limit === undefined
      ? 'Nothing was found out: it ended before the first run did.'
      : `Even a ${dimension} of ${show(limit.value)} is too much: ${limit.faults.join('; ')}`;
  }
  const head = `${dimension} ${show(best.value)} holds ${conditions}${confirmed ? ', twice' : ' (not confirmed)'}.`;
  if (limit === undefined) return `${head} It is the highest that was tried (--to ${highest}).`;
  if (limit.generatorLimited) {
    return `${head}\nAt ${show(limit.value)} the load generator is the limit, not the server: ${limit.faults.join('; ')}`;
  }
  return `${head} ${show(limit.value)} does not: ${limit.faults.join('; ')}`;
}

/** As `.json` the whole search; in other formats the report of the best run, or of the last one. */
export function writeFound(file: string, aim: Aim, found: Found<LoadTrial>): void {
  const shown = found.best ?? found.trials.at(-1);
  if (formatOf(file).ending !== '.json') {
    if (shown !== undefined) writeReport(shown.result, file);
    return;
  }
  const { best, limit, confirmed, trials } = found;
  const content = {
    schema: FIND_SCHEMA,
    max: aim.dimension,
    limits: aim.limits,
    precision: aim.precision,
    value: best?.value ?? null,
    limit: limit?.value ?? null,
    confirmed,
    generatorLimited: limit?.generatorLimited ?? false,
    trials: trials.map(summaryOf),
    result: shown?.result ?? null,
  };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
