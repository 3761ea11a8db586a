/** The parts of the page, from the verdict down to how to read it. Pure. */
import type { LoadResult } from '../../../../shared/load/result';
import { percentileOf } from '../../metric-values';
import { formatCount, formatQuantity, formatTime, Kind } from '../../quantity';
import { isResultSet, type ResultSet } from '../result-set';
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
} from '../view';
import { html, type Markup } from './markup';

export function titleOf({ run, target }: LoadResult): string {
  return run.name === '' ? `Load test of ${target.name || target.url}` : run.name;
}

export function header(from: LoadResult | ResultSet, result: LoadResult): Markup {
  const labels = Object.entries(result.run.labels).map(([name, value]) => `${name}: ${value}`);
  const middle =
    isResultSet(from) && `The median of ${from.runs.length} runs by ${from.medianBy}: run ${from.median + 1}`;
  const parts = [...headline(result), ...labels];
  return html`<header><p class="eyebrow">ringcast bench · ${result.run.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</p>
<h1>${titleOf(result)}</h1><p class="about">${parts.map((part) => html`<span>${part}</span>`)}</p>${middle && html`<p class="about">${middle}</p>`}</header>`;
}

export function verdict(result: LoadResult): Markup {
  const { words, good } = verdictWords(result);
  const { reasons, warnings } = result.verdict;
  return html`<section class="verdict ${good ? 'good' : 'bad'}"><h2>${words}</h2>
${reasons.length + warnings.length > 0 && html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}${warnings.map((warning) => html`<li class="warn">${warning}</li>`)}</ul>`}
</section>${thresholds(result)}`;
}

function thresholds(result: LoadResult): Markup | undefined {
  if (result.thresholds.length === 0) return undefined;
  return table(
    [thresholdCount(result), 'measured'],
    result.thresholds.map(
      (threshold) =>
        html`<tr><th scope="row">${mark(threshold.passed)} <code>${threshold.expression}</code></th><td class="wrap">${actualText(threshold)}</td></tr>`,
    ),
  );
}

function mark(passed: boolean): Markup {
  return passed ? html`<b class="pass">✓ passed</b>` : html`<b class="fail">✗ failed</b>`;
}

export function tiles(result: LoadResult): Markup {
  const { latency, totals, reconciliation, server } = result;
  const first = latency.response.count > 0 ? latency.response : latency.connect;
  const name = first === latency.connect ? 'Connect' : 'Response';
  const time = (percentile: number) => formatQuantity(percentileOf(first, percentile), Kind.TIME);
  const told = (percentile: number, words: string): [string, string, string] => {
    const value = time(percentile);
    return [`${name} p${percentile}`, value, value === 'n/a' ? 'too few samples' : words];
  };
  const all: [string, string, string][] = [
    told(50, 'half are faster'),
    told(99, 'one in a hundred is slower'),
    [`${name} max`, formatQuantity(first.maxMs, Kind.TIME), `of ${formatCount(first.count)} samples`],
  ];
  if (hasTraffic(result)) {
    all.push([
      'Received',
      formatQuantity(totals.receivedPerSecond, Kind.RATE),
      `${formatCount(totals.received)} in all`,
    ]);
    all.push([
      'Lost',
      formatCount(reconciliation.lost),
      `of ${formatCount(reconciliation.expected)} expected`,
    ]);
  } else all.push(['Connected', formatCount(totals.opened), `${formatCount(totals.connectFailed)} failed`]);
  if (server !== null) {
    const [memory, perClient] = [server.rssBytes, server.rssPerClientBytes].map((size) =>
      formatQuantity(size, Kind.BYTES),
    );
    const whose = server.rssPerClientBytes === null ? ' of memory' : `, ${perClient} per client`;
    all.push(['Server', formatQuantity(server.cpu, Kind.CORES), `${memory}${whose}`]);
  }
  return html`<dl class="tiles">${all.map(([label, value, small]) => html`<div class="tile"><dt>${label}</dt><dd>${unitApart(value)}<small>${small}</small></dd></div>`)}</dl>`;
}

/** The number stands out from its unit. */
function unitApart(value: string): Markup {
  const [, number, unit] = /^(\S+?)( .*|\/s)?$/.exec(value) ?? ['', value, ''];
  return unit ? html`${number}<i>${unit}</i>` : html`${value}`;
}

export function latencies(result: LoadResult): Markup | undefined {
  const { percentiles } = result.config;
  const rows = latencyRows(result);
  if (rows.length === 0) return undefined;
  return html`<h2>Latency</h2>${table(
    ['', ...latencyHead(percentiles)],
    rows.map(
      (row, i) =>
        html`<tr class="${i === 0 ? 'head' : ''}"><th scope="row">${row.label}<small>${row.meaning}</small></th>${latencyCells(row, percentiles).map((cell) => html`<td>${cell}</td>`)}</tr>`,
    ),
  )}`;
}

export function messages(result: LoadResult): Markup | undefined {
  if (!hasTraffic(result)) return undefined;
  const { addsUp, samples } = result.reconciliation;
  return html`<h2>Messages</h2><div class="card"><p class="sum ${addsUp ? '' : 'fail'}">${reconciliationText(result)}</p>
${factList([...publishedFacts(result), ...faultFacts(result)])}${samples.length > 0 && html`<ul class="fail">${samples.map((sample) => html`<li>${sample}</li>`)}</ul>`}</div>`;
}

export function groups(result: LoadResult): Markup | undefined {
  if (result.groups.length < 2) return undefined;
  const { percentiles } = result.config;
  return html`<h2>Fast and slow clients</h2>${table(
    [
      'group',
      'clients',
      'received',
      'lost',
      'disconnected',
      ...percentiles.map((percentile) => `p${percentile}`),
    ],
    result.groups.map((group) => {
      const counts = [group.clients, group.received, group.lost, group.disconnected].map(formatCount);
      const times = percentiles.map((percentile) =>
        formatQuantity(percentileOf(group.response, percentile), Kind.TIME),
      );
      return html`<tr><th scope="row">${group.name}</th>${[...counts, ...times].map((cell) => html`<td>${cell}</td>`)}</tr>`;
    }),
  )}`;
}

export function errors(result: LoadResult): Markup | undefined {
  const rows = errorRows(result);
  if (rows.length === 0) return undefined;
  return html`<h2>Errors</h2>${table(
    ['error', 'count', html`<th class="text">the first</th>`],
    rows.map(
      (row) =>
        html`<tr><th scope="row">${row.what}</th><td>${row.count}</td><td class="text">${row.sample}</td></tr>`,
    ),
  )}`;
}

export function sides(result: LoadResult): Markup {
  const { threads, clocks } = result.generator;
  const perThread = threads.map(
    (thread): Fact => [
      thread.name,
      `${formatQuantity(thread.utilization, Kind.SHARE)} busy, delay ${formatTime(thread.delayP99Ms)} p99, ${formatTime(thread.delayMaxMs)} max`,
    ],
  );
  const perClock = clocks.map(
    (clock): Fact => [
      `clock of ${clock.generator}`,
      `${formatTime(clock.offsetNs / 1e6)} ± ${formatTime(clock.uncertaintyNs / 1e6)}`,
    ],
  );
  const parts: [string, Fact[]][] = [
    ['Connections', connectFacts(result)],
    ['Server', serverFacts(result)],
    ['Generator', [...generatorFacts(result), ...perThread, ...perClock]],
  ];
  return html`<h2>Both sides</h2><div class="two">${parts
    .filter(([, facts]) => facts.length > 0)
    .map(([name, facts]) => html`<div class="card"><h3>${name}</h3>${factList(facts)}</div>`)}</div>`;
}

export function environment(result: LoadResult): Markup {
  const { env } = result;
  const facts: Fact[] = [
    ['ringcast', env.ringcast],
    ['Node', `${env.node} (V8 ${env.v8})`],
    ['system', `${env.platform}, ${env.kernel}`],
    ['processor', env.cpu],
    ['cores', formatCount(env.cores)],
    ['memory', formatQuantity(env.memoryBytes, Kind.BYTES)],
    ['governor', env.governor ?? 'n/a'],
    ['descriptors', env.descriptorLimit === null ? 'n/a' : formatCount(env.descriptorLimit)],
    ['ports', env.portRange ?? 'n/a'],
    ['somaxconn', env.somaxconn === null ? 'n/a' : formatCount(env.somaxconn)],
    [
      'container',
      `${formatQuantity(env.cpuLimit, Kind.CORES)}, ${formatQuantity(env.memoryLimitBytes, Kind.BYTES)}`,
    ],
  ];
  return html`<h2>Environment and configuration</h2><div class="card">${factList(facts)}</div>
<details><summary>Configuration: what was to be done, every default filled in</summary><pre>${JSON.stringify(result.config, null, 2)}</pre></details>`;
}

export function guide(): Markup {
  return html`<h2>How to read this</h2><div class="card guide">
<p><b>Response</b> counts from the time at which the schedule meant a message to be sent, whether it could be sent then or not: a server that stalls shows here in full.
<b>Schedule lag</b> is the part of it that the generator took; <b>delivery</b> is the rest.</p>
<p><b>p99</b> is the value that 99 % are at or below. A percentile is shown where at least ten samples lie above it; else it says n/a.
Only messages meant for the measure window count; warm-up and drain are shaded in the charts.</p>
<p><b>Expected</b> is each published message times the clients that were there for it. What was not received was dropped by the server for peers that fell behind,
missed by connections that ended early, or <b>lost</b>, which nobody accounts for.</p>
<p>A run is <b>not valid</b> when the generator was the limit: then the figures say more of it than of the server.</p></div>`;
}

export function factList(facts: Fact[]): Markup {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function table(head: (string | Markup)[], rows: Markup[]): Markup {
  const cells = head.map((cell) => (typeof cell === 'string' ? html`<th scope="col">${cell}</th>` : cell));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
