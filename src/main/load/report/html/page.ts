/**
 * A result as one page that needs nothing else: styles, script and numbers are inside, and its content policy forbids it to load
 * anything. Without scripts the charts are still there, as drawings.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LoadResult, SeriesRow } from '../../../../shared/load/result';
import { formatCount, formatQuantity, Kind } from '../../quantity';
import { medianRun, type ResultSet } from '../result-set';
import { type Chart, chartsOf } from './chart-data';
import { drawCharts } from './client';
import { html, inertJson, Markup } from './markup';
import {
  environment,
  errors,
  groups,
  guide,
  header,
  latencies,
  messages,
  sides,
  table,
  tiles,
  titleOf,
  verdict,
} from './sections';
import { PAGE_STYLE } from './style';
import { nineTicks, svgChart, tickText } from './svg-chart';
import { thinned } from './thinned';

/** Rows of the table of seconds: more than these nobody reads. */
const MOST_ROWS = 120;

export function htmlReport(from: LoadResult | ResultSet): string {
  const result = medianRun(from);
  const charts = chartsOf(result);
  const style = new Markup(asset('uPlot.min.css') + PAGE_STYLE);
  const library = new Markup(asset('uPlot.iife.min.js'));
  const start = new Markup(`window.uPlot = uPlot;(${drawCharts.toString()})(window);`);
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(library)} ${hashOf(start)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${titleOf(result)} · ringcast bench</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><main>${header(from, result)}${verdict(result)}<h2>At a glance</h2>${tiles(result)}
${charts.length > 0 && html`<h2>Charts</h2><div class="charts">${charts.map(figure)}</div>`}${secondsTable(result.series)}
${latencies(result)}${messages(result)}${groups(result)}${errors(result)}${sides(result)}${environment(result)}${guide()}
<footer>Run ${result.run.id}, ${result.run.startedAt} to ${result.run.endedAt}. Made by ringcast ${result.env.ringcast}.</footer></main>
<script type="application/json" id="charts">${inertJson(charts.map(forBrowser))}</script>
<script>${library}</script><script>${start}</script></body></html>
`;
  return page.text;
}

function figure(chart: Chart): Markup {
  const keys = chart.lines.map(
    (line) =>
      html`<li><span class="key tone${line.tone}${line.dashed ? ' dashed' : ''}"></span>${line.label}</li>`,
  );
  return html`<figure id="${chart.id}" class="${chart.wide ? 'wide' : ''}"><figcaption><h3>${chart.title}</h3><p>${chart.about}</p></figcaption>
<ul class="keys">${keys}</ul><div class="plot">${svgChart(chart)}</div></figure>`;
}

function forBrowser(chart: Chart): object {
  return {
    ...chart,
    title: undefined,
    about: undefined,
    tickTexts: chart.scale.ticks.map((tick) => tickText(tick, chart.kind)),
    acrossTicks: chart.across === 'nines' ? nineTicks(chart.xMax) : undefined,
  };
}

function secondsTable(series: readonly SeriesRow[]): Markup | undefined {
  if (series.length === 0) return undefined;
  const rows = thinned(series, MOST_ROWS);
  const each = Math.ceil(series.length / MOST_ROWS);
  const head = [
    'second',
    'phase',
    'target',
    'published',
    'received',
    'p50',
    'p99',
    'max',
    'lag p99',
    'connected',
  ];
  return html`<details><summary>The same as a table${each > 1 && `, ${each} seconds in a row`}</summary>${table(
    head,
    rows.map(
      (row) =>
        html`<tr><th scope="row">${row.atMs / 1_000}</th>${secondCells(row).map((cell) => html`<td>${cell}</td>`)}</tr>`,
    ),
  )}</details>`;
}

function secondCells(row: SeriesRow): string[] {
  const rates = [row.targetPerSecond, row.publishedPerSecond, row.receivedPerSecond];
  const times = [row.responseP50Ms, row.responseP99Ms, row.responseMaxMs, row.scheduleLagP99Ms];
  return [
    row.phase,
    ...rates.map((rate) => formatQuantity(rate, Kind.RATE)),
    ...times.map((time) => formatQuantity(time, Kind.TIME)),
    formatCount(row.connected),
  ];
}

function asset(name: string): string {
  return readFileSync(require.resolve(`uplot/dist/${name}`), 'utf8');
}

/** The browser runs, and applies, exactly this. */
function hashOf({ text }: Markup): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
