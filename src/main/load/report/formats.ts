/** Every form that a result can be written in, chosen by the name of the file. Pure. */
import { basename } from 'node:path';
import { Histogram, percentileText } from '../../../shared/histogram';
import type { LoadResult } from '../../../shared/load/result';
import { summaryOf } from '../metric-values';
import { DISTRIBUTION_NAMES, type DistributionName } from '../metrics';
import { benchmarkActionReport } from './benchmark-action';
import { htmlReport } from './html/page';
import { junitReport } from './junit';
import { markdownReport } from './markdown';
import { ReportError } from './report-error';
import { medianRun, type ResultSet } from './result-set';
import { csvSeries, ndjsonSeries } from './series';
import { setText } from './set-text';

type Render = (from: LoadResult | ResultSet, name: string) => string;

export interface Format {
  /** The end of a file's name. The first that fits is it. */
  ending: string;
  about: string;
  render: Render;
}

const of =
  (render: (result: LoadResult) => string): Render =>
  (from) =>
    render(medianRun(from));

export const FORMATS: readonly Format[] = [
  {
    ending: 'gab-bigger.json',
    about: 'for github-action-benchmark: what should be big',
    render: (from) => benchmarkActionReport(from, 'higher'),
  },
  {
    ending: 'gab.json',
    about: 'for github-action-benchmark: what should be small',
    render: (from) => benchmarkActionReport(from, 'lower'),
  },
  {
    ending: '.json',
    about: 'everything, to be read again',
    render: (from) => `${JSON.stringify(from, null, 2)}\n`,
  },
  { ending: '.html', about: 'one page with charts, for people', render: (from) => htmlReport(from) },
  { ending: '.md', about: 'Markdown, for pull requests', render: markdownReport },
  { ending: '.txt', about: 'as the terminal shows it', render: setText },
  { ending: '.csv', about: 'a line for each second', render: of((result) => csvSeries(result.series)) },
  {
    ending: '.ndjson',
    about: 'the same as lines of JSON',
    render: of((result) => ndjsonSeries(result.series)),
  },
  { ending: '.hgrm', about: 'percentiles, for the tools of HdrHistogram', render: percentileFile },
  { ending: '.xml', about: 'JUnit: a test case for each threshold and check', render: of(junitReport) },
];

/** @throws {ReportError} if the name says no format */
export function formatOf(path: string): Format {
  const name = basename(path).toLowerCase();
  const format = FORMATS.find(({ ending }) => name.endsWith(ending));
  if (format !== undefined) return format;
  throw new ReportError(`the name of ${JSON.stringify(path)} says no format`, {
    remedy: `It must end with ${FORMATS.map(({ ending }) => ending).join(', ')}.`,
  });
}

/** The headline's, or of the distribution that the name says: `run.connect.tcp.hgrm`. */
function percentileFile(from: LoadResult | ResultSet, name: string): string {
  const result = medianRun(from);
  const stem = basename(name)
    .toLowerCase()
    .replace(/\.hgrm$/, '');
  const named = DISTRIBUTION_NAMES.filter((known) => stem === known || stem.endsWith(`.${known}`));
  const distribution: DistributionName = named.sort((a, b) => b.length - a.length)[0] ?? 'response';
  const summary = summaryOf(result, distribution);
  if (summary === undefined || summary.count === 0) {
    const having = DISTRIBUTION_NAMES.filter((known) => (summaryOf(result, known)?.count ?? 0) > 0);
    throw new ReportError(`there are no samples of ${distribution} to write to ${name}`, {
      remedy:
        having.length === 0
          ? undefined
          : `There are of ${having.join(', ')}: name the file x.${having[0]}.hgrm.`,
    });
  }
  return percentileText(Histogram.decode(summary.hdr), { unit: 'ms' });
}
