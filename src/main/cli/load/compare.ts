/** `ringcast compare`: results with a first one, and whether something got worse. */
import { nearestName } from '../../config/nearest-name';
import { type Comparison, compareResults } from '../../load/compare/compare';
import { comparisonMarkdown, comparisonText } from '../../load/compare/compare-report';
import { metricNamed, SCALAR_NAMES } from '../../load/metrics';
import { readResult } from '../../load/report/read-result';
import { appendJobSummary, checkPlace, writeWhole } from '../../load/report/write-report';
import { ExitCode } from '../exit-codes';
import { usageError } from '../failure';
import { Terminal, wantsColor } from '../terminal';
import { beforehand, print, withFailures } from './report';

export interface CompareFlags {
  tolerance?: number;
  metric?: string[];
  force?: true;
  output?: string[];
  github?: true;
  json?: true;
  quiet?: true;
}

export const COMPARE_SCHEMA = 'ringcast-compare/1';

interface Compared {
  base: string;
  other: string;
  comparison: Comparison;
}

type Render = (all: Compared[], color?: boolean) => string;

const asText: Render = (all, color = false) =>
  all.map(({ base, other, comparison }) => comparisonText(comparison, { base, other }, { color })).join('\n');
const asMarkdown: Render = (all) =>
  all.map(({ base, other, comparison }) => comparisonMarkdown(comparison, { base, other })).join('\n');
const asJson: Render = (all) => `${JSON.stringify({ schema: COMPARE_SCHEMA, comparisons: all }, null, 2)}\n`;
const RENDERS: Record<string, Render> = { '.txt': asText, '.md': asMarkdown, '.json': asJson };

export async function compare(base: string, others: string[], flags: CompareFlags): Promise<ExitCode> {
  const { output = [], metric, tolerance, json, github } = flags;
  for (const name of metric ?? []) checkMetric(name);
  const renders = output.map((path) => [path, renderFor(path)] as const);
  return withFailures(async () => {
    const { first, read } = beforehand(() => {
      for (const path of output) checkPlace(path);
      return { first: readResult(base), read: others.map((path) => [path, readResult(path)] as const) };
    });
    const all = read.map(
      ([other, result]): Compared => ({
        base,
        other,
        comparison: compareResults(first, result, { tolerance, metrics: metric }),
      }),
    );
    if (!flags.force) for (const compared of all) checkComparable(compared);
    const terminal = new Terminal({ quiet: flags.quiet });
    for (const [path, render] of renders) {
      writeWhole(path, render(all));
      terminal.note(`wrote ${path}`);
    }
    if (github) appendJobSummary(asMarkdown(all), process.env);
    if (json) await print(asJson(all));
    else if (!flags.quiet) await print(asText(all, wantsColor(process.stdout, process.env, process.argv)));
    return all.some(({ comparison }) => comparison.worse > 0) ? ExitCode.FAILURE : ExitCode.OK;
  });
}

function checkMetric(name: string): void {
  if (metricNamed(name) !== undefined) return;
  const nearest = nearestName(name, [...SCALAR_NAMES, 'response.p50', 'response.p99', 'connect.p99']);
  throw usageError(
    `there is no metric ${JSON.stringify(name)}`,
    nearest === undefined ? 'docs/bench-reports.md names them all.' : `Did you mean ${nearest}?`,
  );
}

function renderFor(path: string): Render {
  const ending = Object.keys(RENDERS).find((known) => path.toLowerCase().endsWith(known));
  if (ending !== undefined) return RENDERS[ending]!;
  throw usageError(
    `the name of ${JSON.stringify(path)} says no format`,
    `Comparisons are written as ${Object.keys(RENDERS).join(', ')}.`,
  );
}

/** Apples are not compared with pears by mistake. */
function checkComparable({ base, other, comparison }: Compared): void {
  const grave = comparison.differences.filter((difference) => difference.grave);
  if (grave.length === 0) return;
  throw usageError(
    `${base} and ${other} cannot be compared: ${grave.map(({ text }) => text).join('; ')}`,
    'With --force they are compared nevertheless.',
  );
}
