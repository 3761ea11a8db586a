/** A chart as SVG: what is seen before scripts run, without them, and on paper. Colours come from the style sheet. Pure. */
import { formatQuantity, type Kind } from '../../quantity';
import type { Chart, Line } from './chart-data';
import { html, type Markup } from './markup';
import { niceStep } from './scales';

const BOX = { height: 260, left: 68, right: 24, top: 12, bottom: 30 };
const WIDE = 960;
const NARROW = 470;

/** A wide chart twice: the style sheet shows the one that fits the window. */
export function svgChart(chart: Chart): Markup {
  if (!chart.wide) return drawing(chart, NARROW, '');
  return html`${drawing(chart, WIDE, 'broad')}${drawing(chart, NARROW, 'slim')}`;
}

function drawing(chart: Chart, width: number, kind: string): Markup {
  const across = (value: number) => BOX.left + (value / chart.xMax) * (width - BOX.left - BOX.right);
  const up = upwards(chart);
  return html`<svg class="still ${kind}" viewBox="0 0 ${width} ${BOX.height}" role="img" aria-label="${chart.title}">
${bands(chart, across)}
${chart.scale.ticks.map(
  (
    tick,
  ) => html`<line class="grid" x1="${BOX.left}" x2="${width - BOX.right}" y1="${point(up(tick))}" y2="${point(up(tick))}"/>
<text class="tick up" x="${BOX.left - 8}" y="${point(up(tick) + 4)}">${tickText(tick, chart.kind)}</text>`,
)}
${acrossTicks(chart).map(
  ([at, label]) => html`<text class="tick" x="${point(across(at))}" y="${BOX.height - 9}">${label}</text>`,
)}
${chart.lines.map((line) => drawn(line, chart.x.map(across), up))}
</svg>`;
}

function upwards({ scale: { min, max, log } }: Chart): (value: number) => number {
  const to = log ? Math.log10 : (value: number) => value;
  const height = BOX.height - BOX.top - BOX.bottom;
  return (value) => BOX.top + height * (1 - (to(value) - to(min)) / (to(max) - to(min)));
}

/** What is not measured is shaded. */
function bands({ window, xMax }: Chart, across: (value: number) => number): Markup[] {
  if (window === undefined) return [];
  const parts: [number, number][] = [
    [0, window[0]],
    [window[1], xMax],
  ];
  return parts
    .filter(([from, to]) => to > from)
    .map(
      ([from, to]) =>
        html`<rect class="band" x="${point(across(from))}" y="${BOX.top}" width="${point(across(to) - across(from))}" height="${BOX.height - BOX.top - BOX.bottom}"/>`,
    );
}

function drawn(line: Line, x: number[], up: (value: number) => number): Markup {
  const { path, lonely } = pathOf(line.values, x, up);
  const kind = `tone${line.tone}${line.dashed ? ' dashed' : ''}`;
  return html`<path class="line ${kind}" d="${path}"/>${lonely.map(
    ([cx, cy]) => html`<circle class="dot ${kind}" cx="${cx}" cy="${cy}" r="4"/>`,
  )}`;
}

/** A gap where nothing is known; a value with gaps on both sides is a dot. */
function pathOf(values: Line['values'], x: number[], up: (value: number) => number) {
  let path = '';
  const lonely: [string, string][] = [];
  values.forEach((value, i) => {
    const height = value === null ? Number.NaN : up(value);
    if (!Number.isFinite(height)) return;
    const [before, after] = [values[i - 1] ?? null, values[i + 1] ?? null];
    path += `${before === null ? 'M' : 'L'}${point(x[i]!)} ${point(height)}`;
    if (before === null && after === null) lonely.push([point(x[i]!), point(height)]);
  });
  return { path, lonely };
}

function acrossTicks({ across, xMax }: Chart): [number, string][] {
  if (across === 'nines') return nineTicks(xMax);
  const step = Math.max(1, niceStep(xMax / 8));
  const count = Math.floor(xMax / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => [i * step, `${i * step} s`]);
}

/** 50 %, 90 %, 99 %, … */
export function nineTicks(xMax: number): [number, string][] {
  const whole = Array.from({ length: Math.floor(xMax + 1e-9) }, (_, i): [number, string] => {
    const nines = i + 1;
    return [nines, nines === 1 ? '90 %' : `99${nines > 2 ? `.${'9'.repeat(nines - 2)}` : ''} %`];
  });
  return [[Math.log10(2), '50 %'], ...whole];
}

/** Without digits that say nothing: `5 ms`, `0.2 ms`. */
export function tickText(tick: number, kind: Kind): string {
  return formatQuantity(tick, kind)
    .replace(/(\.\d*?)0+(?= |$|\/)/, '$1')
    .replace(/\.(?= |$|\/)/, '')
    .replace(' cores', '');
}

function point(value: number): string {
  return String(Number(value.toFixed(1)));
}
