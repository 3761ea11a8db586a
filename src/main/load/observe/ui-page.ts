/** The live page: what a browser shows of a run that goes on. It has the look of reports, and loads nothing but its events. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PAGE_STYLE } from '../report/html/style';

const LIVE_STYLE = `
.bar{height:6px;border-radius:3px;background:var(--line);overflow:hidden;margin:10px 0 22px}
.bar i{display:block;height:100%;width:0;background:var(--tone1);transition:width .25s linear}
@media(prefers-reduced-motion:reduce){.bar i{transition:none}}
.u-legend{font-size:13px}
`;

/** Plain JavaScript of any browser since 2020. Texts of the network are set as text, never as markup. */
const SCRIPT = `
'use strict';
const at = (id) => document.getElementById(id);
const show = (id, text) => { at(id).textContent = text; };
const digits = (value) => value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
const number = (value, unit) => value === null || value === undefined ? 'n/a' : (Number.isInteger(value) ? value.toLocaleString('en') : digits(value)) + (unit || '');
const bytes = (value) => value === null ? 'n/a' : number(value / 1048576, ' MiB');
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rows = [];
const charts = [];
let run = {};
let phaseSince = 0;
let phase = '';

function chart(id, series, unit) {
  const options = () => ({
    width: at(id).clientWidth, height: 220, cursor: { sync: { key: 'run' } }, scales: { x: { time: false } },
    axes: [
      { stroke: style('--muted'), grid: { stroke: style('--line') }, values: (_, ticks) => ticks.map((tick) => tick + ' s') },
      { stroke: style('--muted'), grid: { stroke: style('--line') }, size: 70, values: (_, ticks) => ticks.map((tick) => number(tick, unit)) },
    ],
    series: [{ label: 'time', value: (_, value) => number(value, ' s') }].concat(series.map(([label, , tone]) =>
      ({ label, stroke: style(tone), width: 2, spanGaps: false, value: (_, value) => number(value, unit) }))),
  });
  const data = () => [rows.map((row) => row.atMs / 1000)].concat(series.map(([, name]) => rows.map((row) => row[name])));
  let plot;
  const make = () => { if (plot) plot.destroy(); plot = new uPlot(options(), data(), at(id)); };
  make();
  charts.push({ update: () => plot.setData(data()), make });
}

const handlers = {
  run(event) {
    run = event;
    rows.length = 0;
    show('title', event.title || event.mode + ' test');
    show('about', [event.mode, event.url, number(event.clients) + ' clients'].filter(Boolean).join(' · '));
    at('over').hidden = true;
    for (const one of charts) one.update();
  },
  phase(event) { phase = event.name; phaseSince = Date.now() - (event.sinceMs || 0); at('done').style.width = phase === 'finish' ? '100%' : '0'; },
  connecting(event) { show('connected', number(event.connected)); at('done').style.width = 100 * event.connected / Math.max(1, event.clients) + '%'; },
  second({ row }) {
    rows.push(row);
    for (const one of charts) one.update();
    show('connected', number(row.connected));
    show('lost', number(row.lost));
    show('errors', number(row.errors));
    if (row.phase === 'drain') return; // the last second of the test says more
    show('published', number(row.publishedPerSecond, '/s'));
    show('received', number(row.receivedPerSecond, '/s'));
    show('p50', number(row.responseP50Ms, ' ms'));
    show('p99', number(row.responseP99Ms, ' ms'));
    show('lag', number(row.scheduleLagP99Ms, ' ms'));
    show('busy', number(100 * row.utilization, ' %'));
show('cpu', number(row.serverCpu, ' cores'));
    show('memory', bytes(row.serverRssBytes));
  },
  warning(event) { const line = document.createElement('li'); line.textContent = event.message; at('warnings').append(line); },
  result(event) {
    at('over').hidden = false;
    at('over').className = 'verdict ' + (event.good ? 'good' : 'bad');
    show('words', event.words);
    at('reasons').replaceChildren(...event.reasons.map((reason) => { const line = document.createElement('li'); line.textContent = reason; return line; }));
  },
};

function showPhase() {
  const limit = { settle: run.settleMs, 'warm-up': run.warmupMs, measure: run.durationMs, drain: run.drainTimeoutMs }[phase];
  const spent = Date.now() - phaseSince;
  show('phase', limit ? phase + ', ' + Math.round(Math.min(spent, limit) / 1000) + ' of ' + Math.round(limit / 1000) + ' s' : phase);
  if (limit) at('done').style.width = Math.min(100, 100 * spent / limit) + '%';
}

chart('latency', [['p50', 'responseP50Ms', '--tone1'], ['p99', 'responseP99Ms', '--tone2'], ['max', 'responseMaxMs', '--tone7']], ' ms');
chart('rates', [['published', 'publishedPerSecond', '--tone3'], ['received', 'receivedPerSecond', '--tone1']], '/s');
const events = new EventSource('/events');
events.onmessage = ({ data }) => { const event = JSON.parse(data); if (handlers[event.event]) handlers[event.event](event); };
events.onerror = () => { if (events.readyState !== EventSource.CONNECTING) return; events.close(); show('phase', 'over: the test has ended'); };
setInterval(() => { if (events.readyState === EventSource.OPEN) showPhase(); }, 250);
addEventListener('resize', () => { for (const one of charts) one.make(); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const one of charts) one.make(); });
`;

const TILES = [
  ['published', 'published'],
  ['received', 'received'],
  ['p50', 'response p50'],
  ['p99', 'response p99'],
  ['lag', 'schedule lag p99'],
  ['connected', 'connected'],
  ['lost', 'lost'],
  ['errors', 'errors'],
  ['busy', 'generator busy'],
  ['cpu', 'server'],
  ['memory', 'server memory'],
] as const;

export interface LivePage {
  html: string;
  /** For the header of this name: exactly these scripts, and events from this server. */
  contentSecurityPolicy: string;
}

export function livePage(): LivePage {
  const style = asset('uPlot.min.css') + PAGE_STYLE + LIVE_STYLE;
  const script = `${asset('uPlot.iife.min.js')}\n${SCRIPT}`;
  const tiles = TILES.map(
    ([id, label]) => `<div class="tile"><dt>${label}</dt><dd id="${id}">n/a</dd></div>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ringcast bench</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><main><p class="eyebrow">ringcast bench, live · <span id="phase" role="status">waiting</span></p><h1 id="title">Load test</h1>
<p class="about" id="about"></p><div class="bar"><i id="done"></i></div>
<section id="over" class="verdict" hidden><h2 id="words"></h2><ul id="reasons"></ul><p><a href="/report.html">Report</a></p></section>
<dl class="tiles">${tiles.join('')}</dl><h2>Charts</h2>
<div class="charts"><figure class="wide"><figcaption><h3>Response</h3><p>Intended time to received, of each second</p></figcaption><div id="latency"></div></figure>
<figure class="wide"><figcaption><h3>Rates</h3><p>Messages per second</p></figcaption><div id="rates"></div></figure></div>
<ul id="warnings" class="warn"></ul><noscript>This page needs scripts; the report does not.</noscript></main>
<script>${script}</script></body></html>
`;
  const contentSecurityPolicy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, contentSecurityPolicy };
}

function asset(name: string): string {
  return readFileSync(path.join(path.dirname(require.resolve('uplot/package.json')), 'dist', name), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
