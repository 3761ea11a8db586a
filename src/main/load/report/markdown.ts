/** A result as Markdown, for pull requests and job summaries. What comes from elsewhere cannot be markup in it. Pure. */
import type { LoadResult } from '../../../shared/load/result';
import { escapeMarkdown } from './plain-text';
import { isResultSet, medianRun, type ResultSet } from './result-set';
import {
  actualText,
  connectFacts,
  errorRows,
  type Fact,
  faultFacts,
  generatorFacts,
  hasTraffic,
  headline,
  latencyCells,
  latencyHead,
  latencyRows,
  publishedFacts,
  reconciliationText,
  serverFacts,
  thresholdCount,
  verdictWords,
} from './view';

export function markdownReport(from: LoadResult | ResultSet): string {
  const result = medianRun(from);
  const { words, good } = verdictWords(result);
  const name = result.run.name === '' ? 'load test' : escapeMarkdown(result.run.name);
  const blocks = [
    `### ${good ? '✅' : '❌'} ${name}: ${escapeMarkdown(words)}`,
    headline(result).map(escapeMarkdown).join(' · '),
    isResultSet(from)
      ? `The median of ${from.runs.length} runs, by \`${from.medianBy}\`: run ${from.median + 1}.`
      : '',
    latencyTable(result),
    thresholdTable(result),
    listOf([...result.verdict.reasons, ...result.verdict.warnings].map(escapeMarkdown)),
    hasTraffic(result) ? `${escapeMarkdown(reconciliationText(result))}.` : '',
    factTable(result),
    errorTable(result),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

/** The first column is text, the others numbers. */
export function markdownTable(head: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function latencyTable(result: LoadResult): string {
  const { percentiles } = result.config;
  return markdownTable(
    ['latency', ...latencyHead(percentiles)],
    latencyRows(result).map((row) => [escapeMarkdown(row.label), ...latencyCells(row, percentiles)]),
  );
}

function thresholdTable(result: LoadResult): string {
  const rows = result.thresholds.map((threshold) => [
    `${threshold.passed ? '✅' : '❌'} ${escapeMarkdown(threshold.expression)}`,
    actualText(threshold),
  ]);
  return markdownTable([thresholdCount(result), 'actual'], rows);
}

function factTable(result: LoadResult): string {
  const groups: [string, Fact[]][] = [
    ['messages', hasTraffic(result) ? [...publishedFacts(result), ...faultFacts(result)] : []],
    ['connections', connectFacts(result)],
    ['server', serverFacts(result)],
    ['generator', generatorFacts(result)],
  ];
  const rows = groups
    .filter(([, facts]) => facts.length > 0)
    .map(([name, facts]) => `| ${name} | ${facts.map(([fact, value]) => `${fact} ${value}`).join(' · ')} |`);
  return ['| | |', '|---|---|', ...rows].join('\n');
}

function errorTable(result: LoadResult): string {
  const rows = errorRows(result).map(({ what, count, sample }) => [
    escapeMarkdown(what),
    count,
    escapeMarkdown(sample),
  ]);
  return markdownTable(['error', 'count', 'the first'], rows);
}

function listOf(items: string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}
