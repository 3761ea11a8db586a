/** The lines of the live view: what a terminal shows of a run that goes on. Pure. */
import type { SeriesRow } from '../../../shared/load/result';
import type { RunProgress } from '../../load/observe/progress';
import { formatQuantity, type Kind } from '../../load/quantity';
import { oneLine } from '../../load/report/plain-text';

/** Marks for what should stand out. Absent: no colour. */
export interface Paint {
  strong(text: string): string;
  faint(text: string): string;
  bad(text: string): string;
}

export const NO_PAINT: Paint = { strong: (text) => text, faint: (text) => text, bad: (text) => text };

const BAR_WIDTH = 30;
const NAME_WIDTH = 11;
const HEIGHTS = ' ▁▂▃▄▅▆▇█';

/** @param width columns of the terminal: no line is longer */
export function liveLines(progress: RunProgress, width: number, paint: Paint = NO_PAINT): string[] {
  const { row } = progress;
  const lines: Line[] = [[headLine(progress)], [phaseLine(progress, width)]];
  if (row !== undefined) lines.push(...rowLines(progress, row, width));
  return lines.map(([name, text]) => painted(name, text, width, row, paint));
}

/** A name, and what stands behind it; without the latter the first is all of the line. */
type Line = [name: string, text?: string];

function headLine({ title, plan, url, row }: RunProgress): string {
  const parts = [title, plan?.mode, url, plan && `${formatQuantity(plan.clients, 'count')} clients`];
  const slow = plan?.slow.reduce((sum, group) => sum + group.clients, 0) ?? 0;
  if (slow > 0) parts.push(`${formatQuantity(slow, 'count')} slow`);
  if (row !== undefined) parts.push(`${formatQuantity(Math.round(row.targetPerSecond), 'rate')} wanted`);
  return parts
    .filter((part) => part !== undefined && part !== '')
    .map((part) => oneLine(String(part)))
    .join('  ');
}

function phaseLine(progress: RunProgress, width: number): string {
  const { phase, share, phaseMs, phaseLimitMs, connected, connectFailed, plan } = progress;
  const room = Math.min(BAR_WIDTH, width - 50);
  const bar = share === undefined || room < 5 ? '' : `${barOf(share, room)}  `;
  const failed = connectFailed > 0 ? `, ${formatQuantity(connectFailed, 'count')} failed` : '';
  const done =
    phase === 'connect'
      ? `${formatQuantity(connected, 'count')} of ${formatQuantity(plan?.clients, 'count')} connected${failed}`
      : `${seconds(phaseMs)}${phaseLimitMs === undefined ? '' : ` of ${seconds(phaseLimitMs)}`}`;
  return `${phase.padEnd(NAME_WIDTH)} ${bar}${done}`;
}

function rowLines({ rows, connected, plan }: RunProgress, row: SeriesRow, width: number): Line[] {
  const show = (value: number | null, kind: Kind) => formatQuantity(value, kind);
  const lines: Line[] = [
    ['published', `${show(row.publishedPerSecond, 'rate')} of ${show(row.targetPerSecond, 'rate')}`],
    ['received', `${show(row.receivedPerSecond, 'rate')}   ${show(row.receivedBytesPerSecond, 'byteRate')}`],
    [
      'response',
      `p50 ${show(row.responseP50Ms, 'time')}   p99 ${show(row.responseP99Ms, 'time')}   max ${show(row.responseMaxMs, 'time')}`,
    ],
    ['p99', sparkline(rows, width - NAME_WIDTH - 2)],
    [
      'connected',
      `${show(connected, 'count')} of ${show(plan?.clients ?? null, 'count')}   lost ${show(row.lost, 'count')}   errors ${show(row.errors, 'count')}`,
    ],
    ['generator', `${show(row.utilization, 'share')} busy   lag p99 ${show(row.scheduleLagP99Ms, 'time')}`],
  ];
  if (row.serverCpu !== null) {
    lines.push(['server', `${show(row.serverCpu, 'cores')}   ${show(row.serverRssBytes, 'bytes')}`]);
  }
  return lines;
}

function painted(
  name: string,
  text: string | undefined,
  width: number,
  row: SeriesRow | undefined,
  paint: Paint,
): string {
  if (text === undefined) return paint.strong(shorten(name, width));
  const padded = `${name.padEnd(NAME_WIDTH)} `;
  const shown = shorten(text, width - padded.length);
  const wrong = name === 'connected' && row !== undefined && row.lost + row.errors > 0;
  return paint.faint(shorten(padded, width)) + (wrong ? paint.bad(shown) : shown);
}

function shorten(text: string, width: number): string {
  return text.length <= width
    ? text
    : `${text.slice(0, Math.max(0, width - 1))}…`.slice(0, Math.max(0, width));
}

function barOf(share: number, room: number): string {
  const full = Math.round(share * room);
  return `${'█'.repeat(full)}${'░'.repeat(room - full)}`;
}

/** p99 of each second, the last ones, from nothing to the highest of them. */
function sparkline(rows: readonly SeriesRow[], room: number): string {
  const values = rows.slice(-Math.max(1, room)).map((row) => row.responseP99Ms);
  const highest = Math.max(...values.map((value) => value ?? 0));
  return values
    .map((value) => {
      if (value === null || highest === 0) return ' ';
      return HEIGHTS[Math.max(1, Math.round((value / highest) * (HEIGHTS.length - 1)))];
    })
    .join('');
}

/** Tenths only where they can be seen to change. */
function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1e3).toFixed(1)} s` : `${Math.round(ms / 1e3)} s`;
}

/** The same in one line, for where nothing can be drawn over: a second of the run. */
export function plainLine(row: SeriesRow): string {
  const show = formatQuantity;
  return [
    `${seconds(row.atMs).padStart(7)}  ${row.phase.padEnd(7)}`,
    `published ${show(row.publishedPerSecond, 'rate')}`,
    `received ${show(row.receivedPerSecond, 'rate')}`,
    `p50 ${show(row.responseP50Ms, 'time')}`,
    `p99 ${show(row.responseP99Ms, 'time')}`,
    `connected ${show(row.connected, 'count')}`,
    `lost ${show(row.lost, 'count')}`,
    `errors ${show(row.errors, 'count')}`,
  ].join('  ');
}
