/** A result for a terminal: percentiles first, a unit on each number, the verdict last; at most `width` columns. Pure. */
import pc from 'picocolors';
import type { LoadResult } from '../../../shared/load/result';
import { oneLine } from './plain-text';
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

export interface TextOptions {
  color?: boolean;
  /** Columns. Default 100. */
  width?: number;
}

type Colors = ReturnType<typeof pc.createColors>;
const WIDTH = 100;
const LABEL = 14;
const CELL = 11;
const MOST_ERRORS = 10;

export function textReport(result: LoadResult, { color = false, width = WIDTH }: TextOptions = {}): string {
  const colors = pc.createColors(color);
  const blocks = [
    flow(
      headline(result).map((part, i) => (i === 0 ? colors.bold(part) : part)),
      width,
      '',
    ),
    latencyTable(result, colors, width),
    [
      ...(hasTraffic(result) ? trafficLines(result, colors, width) : []),
      ...factLine('connections', connectFacts(result), colors, width, ['failed', 'lost']),
      ...factLine('server', serverFacts(result), colors, width),
      ...factLine('generator', generatorFacts(result), colors, width),
    ],
    errorLines(result, colors, width),
    thresholdLines(result, colors, width),
    verdictLines(result, colors, width),
  ];
  const text = blocks.filter((block) => block.length > 0).map((block) => block.join('\n'));
  return `${text.join('\n\n')}\n`;
}

function latencyTable(result: LoadResult, colors: Colors, width: number): string[] {
  const { percentiles } = result.config;
  const rows = latencyRows(result);
  if (rows.length === 0) return [];
  const label = Math.max(LABEL, ...rows.map((row) => row.label.length + 2));
  const most = Math.max(1, Math.floor((width - label) / CELL));
  const head = latencyHead(percentiles);
  const cells = rows.map((row) => latencyCells(row, percentiles));
  const lines: string[] = [];
  for (let from = 0; from < head.length; from += most) {
    const line = (all: string[]) =>
      all
        .slice(from, from + most)
        .map((cell) => cell.padStart(CELL))
        .join('');
    lines.push(colors.dim(' '.repeat(label) + line(head)));
    rows.forEach((row, i) => {
      const text = row.label.padEnd(label) + line(cells[i]!);
      lines.push(i === 0 ? colors.bold(text) : text);
    });
  }
  return lines;
}

function trafficLines(result: LoadResult, colors: Colors, width: number): string[] {
  const { reconciliation } = result;
  const sum = reconciliationText(result);
  return [
    ...factLine('', publishedFacts(result), colors, width, ['refused', 'unsent']),
    ...flow([reconciliation.addsUp ? sum : colors.red(sum)], width, ''),
    ...factLine('', faultFacts(result).slice(1), colors, width, [
      'duplicated',
      'reordered',
      'corrupt',
      'foreign',
    ]),
    ...reconciliation.samples.flatMap((sample) => flow([colors.red(oneLine(sample))], width, '  ')),
  ];
}

/** @param bad names of those that should be zero */
function factLine(label: string, facts: Fact[], colors: Colors, width: number, bad: string[] = []): string[] {
  if (facts.length === 0) return [];
  const parts = facts.map(([name, value]) => {
    const text = `${name} ${value}`;
    return bad.includes(name) && value !== '0' ? colors.red(text) : text;
  });
  return flow(label === '' ? parts : [colors.bold(label.padEnd(LABEL - 2)), ...parts], width, '');
}

function errorLines(result: LoadResult, colors: Colors, width: number): string[] {
  const rows = errorRows(result);
  const lines = rows.slice(0, MOST_ERRORS).flatMap(({ what, count, sample }) => {
    const text = sample === '' || what.endsWith(sample) ? '' : `: ${sample}`;
    return flow([`${colors.yellow(`${count} ×`)} ${what}${text}`], width, '  ');
  });
  if (rows.length > MOST_ERRORS)
    lines.push(`  … and ${rows.length - MOST_ERRORS} kinds more, in the JSON result`);
  return lines.length === 0 ? [] : [colors.bold('errors'), ...lines];
}

function thresholdLines(result: LoadResult, colors: Colors, width: number): string[] {
  return result.thresholds.flatMap((threshold) => {
    const mark = threshold.passed ? colors.green('✓') : colors.red('✗');
    return flow([`${mark} ${threshold.expression}`, colors.dim(actualText(threshold))], width, '');
  });
}

function verdictLines(result: LoadResult, colors: Colors, width: number): string[] {
  const { words, good } = verdictWords(result);
  const { reasons, warnings } = result.verdict;
  return [
    ...warnings.flatMap((warning) => flow([`${colors.yellow('warning:')} ${oneLine(warning)}`], width, '')),
    ...reasons.flatMap((reason) => flow([`because ${oneLine(reason)}`], width, '')),
    ...flow(
      [
        `${colors.bold('verdict')}  ${good ? colors.green(words) : colors.red(words)}`,
        ...(result.thresholds.length === 0 ? [] : [thresholdCount(result)]),
      ],
      width,
      '',
    ),
  ];
}

/** Sets phrases two columns apart, breaks lines at them, and long ones at their words. */
function flow(phrases: string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const phrase of phrases) {
    const words = shownLength(phrase) > width - indent.length - 2 ? phrase.split(' ') : [phrase];
    words.forEach((word, i) => {
      const gap = line.trim() === '' ? '' : i === 0 ? '  ' : ' ';
      if (gap !== '' && shownLength(line) + gap.length + shownLength(word) > width) {
        lines.push(line);
        line = `${indent}  ${word}`;
      } else line += gap + word;
    });
  }
  return [...lines, line];
}

function shownLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return text.replace(/\x1b\[\d+m/g, '').length;
}
