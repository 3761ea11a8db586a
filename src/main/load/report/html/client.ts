/**
 * What the page runs: it lays a live chart (uPlot) over each drawn one. Its source is put into the page as it is compiled, so it
 * uses nothing from outside of its function.
 *
 * Thread: a browser's.
 */
import type { Chart } from './chart-data';

/** What of a browser is used. The types of the DOM would hold for the whole program. */
interface Element {
  textContent: string;
  className: string;
  clientWidth: number;
  classList: { add(name: string): void };
  querySelector(selector: string): Element | null;
  append(child: Element): void;
  remove(): void;
}
interface Browser {
  document: {
    getElementById(id: string): Element | null;
    createElement(name: string): Element;
    body: Element;
  };
  getComputedStyle(element: Element): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(type: 'change', listener: () => void): void };
  addEventListener(type: string, listener: () => void): void;
  requestAnimationFrame(run: () => void): void;
  devicePixelRatio: number;
  uPlot: new (options: object, data: (number | null)[][], place: Element) => Plot;
}
interface Plot {
  ctx: { fillStyle: string; fillRect(x: number, y: number, width: number, height: number): void };
  bbox: { left: number; top: number; width: number; height: number };
  valToPos(value: number, scale: string, canvas: boolean): number;
  destroy(): void;
  setSize(size: { width: number; height: number }): void;
}

export function drawCharts(window: Browser): void {
  const { document } = window;
  const charts = JSON.parse(document.getElementById('charts')!.textContent) as (Chart & {
    tickTexts: string[];
    acrossTicks: [number, string][] | undefined;
  })[];
  const height = 270;
  let drawn: { plot: Plot; place: Element }[] = [];

  function color(name: string): string {
    return window.getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
  }

  function digits(value: number): string {
    const size = Math.abs(value);
    const shown =
      size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
    return size === 0 ? '0' : shown.replace(/\B(?=(\d{3})+$)/g, ',');
  }

  function withUnit(value: number | null, kind: string): string {
    if (value === null || value === undefined) return '';
    if (kind === 'time')
      return value !== 0 && value < 0.01 ? `${digits(value * 1e3)} µs` : `${digits(value)} ms`;
    if (kind === 'bytes') return `${digits(value / 1_048_576)} MiB`;
    if (kind === 'rate') return `${digits(value)}/s`;
    return digits(value);
  }

  function nines(value: number): string {
    return `${(100 * (1 - 10 ** -value)).toFixed(Math.max(1, Math.ceil(value) - 1))} %`;
  }

  /** Shades what is not measured, under the lines. */
  function shade(chart: Chart): (plot: Plot) => void {
    return (plot) => {
      if (chart.window === undefined) return;
      const { left, top, width, height: tall } = plot.bbox;
      const inside = (x: number) => Math.min(left + width, Math.max(left, plot.valToPos(x, 'x', true)));
      const [from, to] = [inside(chart.window[0]), inside(chart.window[1])];
      plot.ctx.fillStyle = color('band');
      plot.ctx.fillRect(left, top, from - left, tall);
      plot.ctx.fillRect(to, top, left + width - to, tall);
    };
  }

  function axes(chart: (typeof charts)[number]): object[] {
    const look = {
      stroke: color('muted'),
      font: '12px system-ui, sans-serif',
      grid: { stroke: color('line'), width: 1 },
      ticks: { show: false },
    };
    const { ticks } = chart.scale;
    const across = chart.acrossTicks;
    const seconds = { values: (_: Plot, values: number[]) => values.map((value) => `${value} s`) };
    const named = across && {
      splits: () => across.map(([at]) => at),
      values: () => across.map(([, name]) => name),
    };
    return [
      { ...look, grid: { show: false }, size: 34, ...(named ?? seconds) },
      {
        ...look,
        size: 72,
        splits: () => ticks,
        filter: (_: Plot, values: number[]) => values,
        values: () => chart.tickTexts,
      },
    ];
  }

  function lines(chart: Chart): object[] {
    return chart.lines.map((line) => ({
      label: line.label,
      stroke: color(`tone${line.tone}`),
      width: 2,
      dash: line.dashed ? [6, 4] : undefined,
      points: {
        show: chart.x.length <= 40 && chart.across === 'seconds',
        size: 6,
        fill: color(`tone${line.tone}`),
      },
      value: (_: Plot, value: number | null) => withUnit(value, chart.kind),
    }));
  }

  /** All of it, or what was zoomed into. The first second begins at zero, not at its end. */
  function range({ x, xMax }: Chart, from: number, to: number): [number, number] {
    return x.length === 1 ? [0, xMax] : [from <= x[0]! ? 0 : from, to];
  }

  function options(chart: (typeof charts)[number], width: number): object {
    const { min, max, log } = chart.scale;
    const place = (value: number) => (chart.across === 'nines' ? nines(value) : `${digits(value)} s`);
    const first = {
      label: '',
      value: (_: Plot, value: number | null) => (value === null ? '' : place(value)),
    };
    return {
      width,
      height,
      padding: [12, 24, 0, 0],
      legend: {
        markers: { dash: (_: Plot, i: number) => (chart.lines[i - 1]?.dashed ? 'dashed' : 'solid') },
      },
      cursor: { sync: { key: chart.across }, points: { size: 8 } },
      scales: {
        x: { time: false, range: (_: Plot, from: number, to: number) => range(chart, from, to) },
        y: { distr: log ? 3 : 1, range: () => [min, max] },
      },
      axes: axes(chart),
      series: [first, ...lines(chart)],
      hooks: { drawClear: [shade(chart)] },
    };
  }

  function draw(): void {
    for (const { plot, place } of drawn) {
      plot.destroy();
      place.remove();
    }
    drawn = charts.flatMap((chart) => {
      const figure = document.getElementById(chart.id)?.querySelector('.plot');
      if (!figure) return [];
      const place = document.createElement('div');
      place.className = 'live';
      figure.append(place);
      const plot = new window.uPlot(
        options(chart, figure.clientWidth),
        [chart.x, ...chart.lines.map((line) => line.values)],
        place,
      );
      return [{ plot, place }];
    });
  }

  function refit(): void {
    charts.forEach((chart, i) => {
      const width = document.getElementById(chart.id)?.querySelector('.plot')?.clientWidth ?? 0;
      if (width > 0) drawn[i]?.plot.setSize({ width, height });
    });
  }

  document.body.classList.add('scripted');
  draw();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  let waiting = false;
  window.addEventListener('resize', () => {
    if (waiting) return;
    waiting = true;
    window.requestAnimationFrame(() => {
      waiting = false;
      refit();
    });
  });
}
