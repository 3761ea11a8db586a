/** A comparison for a terminal and as Markdown. Pure. */
import pc from 'picocolors';
import { metricNamed, rowOf } from '../metrics';
import { formatQuantity, formatShare, type Kind } from '../quantity';
import { markdownTable } from '../report/markdown';
import { escapeMarkdown, oneLine } from '../report/plain-text';
import { type ComparedMetric, type Comparison, Judgement, SIGNIFICANCE, type Side } from './compare';

/** What the two are called: their files. */
export interface Names {
  base: string;
  other: string;
}

const WIDTHS = [26, 24, 24, 10];
const MARKS: Record<Judgement, string> = { better: '🟢', worse: '🔴', same: '⚪', unsure: '🟡', 'n/a': '' };

export function comparisonText(comparison: Comparison, names: Names, { color = false } = {}): string {
  const colors = pc.createColors(color);
  const paint: Record<Judgement, (text: string) => string> = {
    better: colors.green,
    worse: colors.red,
    same: colors.dim,
    unsure: colors.yellow,
    'n/a': colors.dim,
  };
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[0]!) : cell.padStart(WIDTHS[i]!))).join('');
  const lines = [
    ...comparison.differences.map(
      ({ grave, text }) => `${grave ? colors.red('not the same:') : 'note:'} ${text}`,
    ),
    ...(comparison.differences.length > 0 ? [''] : []),
    colors.dim(line(['metric', shortName(names.base), shortName(names.other), 'change'])),
    ...comparison.metrics.map((metric) => {
      const chance = metric.p === null ? '' : colors.dim(`  p ${probability(metric.p)}`);
      return `${line(cellsOf(metric))}  ${paint[metric.judgement](metric.judgement.padEnd(6))}${chance}`;
    }),
    '',
    howJudged(comparison),
    colors.bold(summary(comparison)),
  ];
  return `${lines.map((text) => text.trimEnd()).join('\n')}\n`;
}

export function comparisonMarkdown(comparison: Comparison, names: Names): string {
  const rows = comparison.metrics.map((metric) => {
    const [, base, other, change] = cellsOf(metric) as [string, string, string, string];
    const verdict = `${MARKS[metric.judgement]} ${metric.judgement}`.trim();
    return [
      `\`${metric.name}\``,
      base,
      other,
      change,
      metric.p === null ? '' : probability(metric.p),
      verdict,
    ];
  });
  const head = ['metric', escapeMarkdown(names.base), escapeMarkdown(names.other), 'change', 'p', 'verdict'];
  const notes = comparison.differences.map(
    ({ grave, text }) => `- ${grave ? '**not the same:** ' : ''}${escapeMarkdown(text)}`,
  );
  const mark = comparison.worse > 0 ? '🔴' : comparison.better > 0 ? '🟢' : '⚪';
  const blocks = [
    `### ${mark} ${summary(comparison)}`,
    markdownTable(head, rows),
    notes.join('\n'),
    howJudged(comparison),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

export function summary({ metrics, worse, better }: Comparison): string {
  const unsure = metrics.filter(({ judgement }) => judgement === Judgement.UNSURE).length;
  const parts = [`${worse} worse`, `${better} better`, ...(unsure > 0 ? [`${unsure} unsure`] : [])];
  return `${worse > 0 ? 'regression' : 'no regression'}: ${parts.join(', ')} of ${metrics.length} metrics`;
}

function howJudged({ metrics, tolerance, tested }: Comparison): string {
  const within = `Changes of ${formatShare(tolerance)} or less count as the same`;
  if (tested)
    return `${within}; larger ones count where chance makes them in less than ${formatShare(SIGNIFICANCE)} (Mann–Whitney).`;
  const [first] = metrics;
  const [one, two] = [first?.base.runs ?? 1, first?.other.runs ?? 1];
  if (Math.min(one, two) === 1)
    return `${within}. With a single run how much is noise is not known: ringcast bench --repeat 5 tells.`;
  return `${within}. With ${one} and ${two} runs no difference can be told from chance: at least 4 and 4 are needed.`;
}

function cellsOf({ name, base, other, change }: ComparedMetric): string[] {
  const { kind } = rowOf(metricNamed(name)!);
  const sign = change !== null && change > 0 ? '+' : '';
  return [
    name,
    sideText(base, kind),
    sideText(other, kind),
    change === null ? '' : `${sign}${(change * 100).toFixed(1)} %`,
  ];
}

function sideText({ median, lowest, highest, runs }: Side, kind: Kind): string {
  const value = formatQuantity(median, kind);
  if (median === null || runs === 1 || lowest === highest) return value;
  const half = formatQuantity((highest! - lowest!) / 2, kind);
  return `${value} ± ${half}`;
}

function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** The end of a path says more than its start. */
function shortName(name: string): string {
  const line = oneLine(name);
  return line.length > 22 ? `…${line.slice(-21)}` : line;
}
