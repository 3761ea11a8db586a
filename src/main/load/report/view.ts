/** What every report says of a result, in words and numbers, before it has a form. Pure. */
import { Mode } from '../../../shared/load/plan';
import type { LatencySummary, LimitedBy, LoadResult } from '../../../shared/load/result';
import { faultsOf, Outcome, outcomeOf } from '../correctness';
import { percentileOf } from '../metric-values';
import { metricNamed, rowOf } from '../metrics';
import { formatBytes, formatCount, formatQuantity, formatShare, formatTime } from '../quantity';
import { oneLine } from './plain-text';

/** A name and its value, both for the eye. */
export type Fact = readonly [name: string, value: string];

export interface LatencyRow {
  label: string;
  meaning: string;
  summary: LatencySummary;
}

/** What the test was, in a few phrases. */
export function headline({ config, target }: LoadResult): string[] {
  const slow = config.slow.reduce((sum, group) => sum + group.clients, 0);
  return [
    config.mode,
    oneLine(target.url),
    ...(target.kind === 'url' ? [] : [oneLine(target.name)]),
    plural(config.clients, 'client') + (slow > 0 ? ` (${formatCount(slow)} slow)` : ''),
    ...(isBroadcast(config) ? [plural(config.publishers, 'publisher')] : []),
    ...trafficOf(config),
    `${seconds(config.durationMs)} (+ ${seconds(config.warmupMs)} warm-up)`,
  ];
}

function trafficOf(config: LoadResult['config']): string[] {
  const rates = config.stages.map((stage) => stage.ratePerSecond);
  const [lowest, highest] = [Math.min(...rates), Math.max(...rates)];
  if (highest === 0) return [];
  const rate =
    lowest === highest ? formatCount(highest) : `${formatCount(lowest)} to ${formatCount(highest)}`;
  const least = Math.min(...config.payload.sizes.map((size) => size.minBytes));
  const most = Math.max(...config.payload.sizes.map((size) => size.maxBytes));
  const each = isBroadcast(config) ? config.clients : 1;
  const deliveries = each > 1 && lowest === highest ? ` = ${formatCount(highest * each)} deliveries/s` : '';
  return [
    `${rate} msg/s × ${least === most ? '' : `${formatCount(least)} to `}${formatBytes(most)}${deliveries}`,
  ];
}

/** The distributions that have samples, the headline first. */
export function latencyRows({ latency, groups }: LoadResult): LatencyRow[] {
  const rows: LatencyRow[] = [
    row('response', 'intended time → received', latency.response),
    row('schedule lag', 'intended time → sent', latency.scheduleLag),
    row('delivery', 'sent → received', latency.delivery),
    ...(latency.stages === null
      ? []
      : [
          row('ring wait', 'posted → drained from the ring', latency.stages.ringWait),
          row('drain', 'drained → in the channel log', latency.stages.drain),
          row('fan-out', 'in the log → handed to the sockets', latency.stages.fanOut),
          row('write', 'handed to the sockets → written', latency.stages.write),
        ]),
    ...groups
      .filter((group) => group.name !== 'fast')
      .map((group) => row(oneLine(group.name, 24), 'response of a slow group', group.response)),
    row('connect', 'first attempt → open', latency.connect),
  ];
  return rows.filter(({ summary }) => summary.count > 0);
}

/** The cells of a row: percentiles, max, count. */
export function latencyCells({ summary }: LatencyRow, percentiles: readonly number[]): string[] {
  return [
    ...percentiles.map((percentile) => formatQuantity(percentileOf(summary, percentile), 'time')),
    formatQuantity(summary.maxMs, 'time'),
    formatCount(summary.count),
  ];
}

export function latencyHead(percentiles: readonly number[]): string[] {
  return [...percentiles.map((percentile) => `p${percentile}`), 'max', 'count'];
}

export function hasTraffic(result: LoadResult): boolean {
  return result.totals.scheduled > 0 || result.totals.received > 0;
}

export function publishedFacts({ totals, reconciliation }: LoadResult): Fact[] {
  const share = totals.targetPerSecond > 0 ? `, ${formatShare(totals.achieved)} of target` : '';
  return [
    [
      'published',
      `${formatCount(totals.published)} (${formatQuantity(totals.publishedPerSecond, 'rate')}${share})`,
    ],
    [
      'received',
      `${formatQuantity(totals.receivedPerSecond, 'rate')}, ${formatQuantity(totals.receivedBytesPerSecond, 'byteRate')}`,
    ],
    ['refused', formatCount(reconciliation.refused)],
    ['unsent', formatCount(reconciliation.unsent)],
  ];
}

/** The line that has to add up. */
export function reconciliationText({ reconciliation: r }: LoadResult): string {
  const dropped = r.droppedByPolicy + r.droppedAtClose;
  const who =
    dropped === 0
      ? ''
      : ` (${formatCount(r.droppedByPolicy)} slow peers, ${formatCount(r.droppedAtClose)} at close)`;
  const damaged = r.corrupt === 0 ? '' : ` + corrupt ${formatCount(damagedOf(r))}`;
  const sum = `received ${formatCount(r.received)} + dropped ${formatCount(dropped)}${who} + lost ${formatCount(r.lost)}${damaged}`;
  return `expected ${formatCount(r.expected)} ${r.addsUp ? '=' : '≠'} ${sum}${r.addsUp ? '' : ': it does not add up'}`;
}

/** Those of the damaged messages that stand for one that is missing. */
function damagedOf(r: LoadResult['reconciliation']): number {
  const missing = r.expected - r.received - r.droppedByPolicy - r.droppedAtClose - r.lost;
  return Math.max(0, Math.min(missing, r.corrupt));
}

/** What should be zero. */
export function faultFacts({ reconciliation: r }: LoadResult): Fact[] {
  const names = ['lost', 'duplicated', 'reordered', 'corrupt', 'foreign'] as const;
  return names.map((name) => [name, formatCount(r[name])]);
}

export function connectFacts({ totals }: LoadResult): Fact[] {
  return [
    ['opened', formatCount(totals.opened)],
    ['failed', formatCount(totals.connectFailed)],
    ['retried', formatCount(totals.connectRetried)],
    ['lost', formatCount(totals.lostConnections)],
  ];
}

export function serverFacts({ server }: LoadResult): Fact[] {
  if (server === null) return [];
  return [
    ['cpu', formatQuantity(server.cpu, 'cores')],
    ['memory', formatQuantity(server.rssBytes, 'bytes')],
    ['idle', formatQuantity(server.rssIdleBytes, 'bytes')],
    ['per client', formatQuantity(server.rssPerClientBytes, 'bytes')],
    ['per delivery', formatQuantity(asMs(server.cpuUsPerDelivery), 'time')],
  ];
}

/** What the generator did in the measure window: without one (mode `connect`, nobody connected) only its memory is known. */
export function generatorFacts({ run, generator }: LoadResult): Fact[] {
  const hasMeasured = run.phases.some(({ name }) => name === 'measure');
  const threads = hasMeasured ? generator.threads : [];
  const worst = (values: number[]) => (values.length === 0 ? null : Math.max(...values));
  return [
    ['busiest thread', formatQuantity(worst(threads.map((thread) => thread.utilization)), 'share')],
    ['loop delay p99', formatQuantity(worst(threads.map((thread) => thread.delayP99Ms)), 'time')],
    ['cpu', formatQuantity(hasMeasured ? generator.cpu : null, 'cores')],
    ['memory', formatQuantity(generator.rssBytes, 'bytes')],
    ['per message', formatQuantity(asMs(generator.usPerReceived), 'time')],
  ];
}

export function actualText(threshold: LoadResult['thresholds'][number]): string {
  const metric = metricNamed(threshold.metric);
  if (threshold.actual === null) return 'n/a: not measured, or too few samples';
  return metric === undefined
    ? String(threshold.actual)
    : formatQuantity(threshold.actual, rowOf(metric).kind);
}

export function thresholdCount({ thresholds }: LoadResult): string {
  if (thresholds.length === 0) return 'no thresholds';
  const passed = thresholds.filter((threshold) => threshold.passed).length;
  return `thresholds: ${passed} passed, ${thresholds.length - passed} failed`;
}

/** The verdict in a few words, and whether it is a good one. */
export function verdictWords(result: LoadResult): { words: string; good: boolean } {
  const { limitedBy } = result.verdict;
  const limit =
    limitedBy === 'none'
      ? 'no limit reached'
      : `limited by the ${limitedBy === 'client' ? 'generator' : limitedBy}`;
  const words: Record<Outcome, string> = {
    failed: 'failed: it did not come to its end',
    interrupted: 'interrupted: figures are of what was measured until then',
    incorrect: `incorrect: ${faultsOf(result).join(', ')}`,
    invalid: `not valid: ${invalidity(limitedBy)} (${limit})`,
    threshold: `threshold failed, ${limit}`,
    good: `good, ${limit}`,
  };
  const outcome = outcomeOf(result);
  return { words: words[outcome], good: outcome === Outcome.GOOD };
}

function invalidity(limitedBy: LimitedBy): string {
  return limitedBy === 'server' || limitedBy === 'network'
    ? 'messages did not go when they should'
    : 'the figures say nothing about the server';
}

/** The kinds of errors, the most frequent first. */
export function errorRows({ errors }: LoadResult): { what: string; count: string; sample: string }[] {
  return [...errors]
    .sort((a, b) => b.count - a.count)
    .map(({ phase, code, count, sample }) => ({
      what: code.startsWith(phase) ? oneLine(code, 40) : `${phase}: ${oneLine(code, 40)}`,
      count: formatCount(count),
      sample: oneLine(sample),
    }));
}

export function seconds(ms: number): string {
  return ms < 1_000 ? formatTime(ms) : `${Number((ms / 1e3).toFixed(1)).toLocaleString('en')} s`;
}

function isBroadcast({ mode }: LoadResult['config']): boolean {
  return mode === Mode.BROADCAST || mode === Mode.RECONNECT || mode === Mode.CHURN;
}

function row(label: string, meaning: string, summary: LatencySummary): LatencyRow {
  return { label, meaning, summary };
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function asMs(us: number | null): number | null {
  return us === null ? null : us / 1e3;
}
