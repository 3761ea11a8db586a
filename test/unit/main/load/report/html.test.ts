import { chartsOf } from '../../../../../src/main/load/report/html/chart-data';
import { html, inertJson, Markup } from '../../../../../src/main/load/report/html/markup';
import { htmlReport } from '../../../../../src/main/load/report/html/page';
import { niceStep, scaleFor } from '../../../../../src/main/load/report/html/scales';
import { thinned } from '../../../../../src/main/load/report/html/thinned';
import { loadResult } from '../../../../support/load-result';

/** What is wrong in the page, its scripts left out: short, where the page would not be. */
const found = (page: string, what: RegExp) =>
  [...page.replace(/<script>.*?<\/script>/gs, '').matchAll(what)].map((match) => match[0]);
const NO_NUMBERS = /.{0,40}(NaN|Infinity|undefined).{0,40}/g;
const EVIL = `</script><img src=x onerror=alert(1)>"'&\u2028`;

test('a page of a minute is below 150 kB', () => {
  expect(Buffer.byteLength(htmlReport(loadResult({ seconds: 60 })))).toBeLessThan(150_000);
});

test('a page of a day is not much more', () => {
  const minute = loadResult({ seconds: 60 });
  const { series } = minute;
  minute.series = Array.from({ length: 86_400 }, (_, i) => ({ ...series[3]!, atMs: (i + 1) * 1_000 }));
  expect(Buffer.byteLength(htmlReport(minute))).toBeLessThan(300_000);
});

test('nothing of a result is markup', () => {
  const page = htmlReport(
    loadResult({
      thresholds: [],
      change: (result) => {
        result.run.name = result.run.id = result.run.startedAt = result.run.endedAt = EVIL;
        result.run.labels = { [EVIL]: EVIL };
        result.config.connect.url = result.target.url = result.target.name = EVIL;
        result.errors = [{ phase: 'connect', code: EVIL, count: 1, sample: EVIL }];
        result.groups[1]!.name = EVIL;
        result.verdict.reasons = result.verdict.warnings = result.reconciliation.samples = [EVIL];
        result.env.cpu = result.env.kernel = EVIL;
        result.generator.threads[0]!.name = EVIL;
      },
    }),
  );
  expect(found(page, /<img.{0,40}/g)).toEqual([]);
  expect(page.match(/<\/script>/g)).toHaveLength(3);
  expect(page.match(/<script/g)).toHaveLength(3);
});

test('the page is allowed to load nothing, and to run only what is in it', () => {
  const page = htmlReport(loadResult());
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1];
  expect(policy).toMatch(
    /^default-src &#39;none&#39;; style-src &#39;sha256-\S+&#39;; script-src &#39;sha256-\S+&#39; &#39;sha256-\S+&#39;; /,
  );
  expect(found(page, /\sstyle="|\son\w+="|\ssrc="|href="(?!data:,)/g)).toEqual([]);
});

test.each([1, 2, 60])('with %d seconds there are all charts, each with its drawing', (seconds) => {
  const result = loadResult({ seconds });
  const ids = chartsOf(result).map((chart) => chart.id);
  expect(ids).toEqual([
    'latency',
    'percentiles',
    'published',
    'received',
    'lag',
    'processor',
    'memory',
    'connected',
  ]);
  const page = htmlReport(result);
  expect(found(page, /(?<=<figure id=")\w+/g)).toEqual(ids);
  expect(page.match(/<svg /g)!.length).toBeGreaterThanOrEqual(ids.length);
  expect(found(page, NO_NUMBERS)).toEqual([]);
});

test('a result with nothing in it is a page too', () => {
  const page = htmlReport(
    loadResult({
      thresholds: [],
      messages: 0,
      change: (result) => {
        result.series = [];
        result.groups = [];
        result.latency.connect = result.latency.response;
        result.latency.stages = result.server = null;
        result.generator.threads = [];
      },
    }),
  );
  expect(found(page, NO_NUMBERS)).toEqual([]);
  expect(found(page, /<figure/g)).toEqual([]);
});

test('a line of percentiles ends where its samples do', () => {
  const curve = chartsOf(loadResult({ messages: 1_000 })).find((chart) => chart.id === 'percentiles')!;
  const response = curve.lines.find((line) => line.label === 'response')!;
  const last = response.values.filter((value) => value !== null).length - 1;
  expect(curve.x[last]!).toBeCloseTo(2, 1); // of a thousand, ten lie above 99 %
});

test.each([
  [[], 'time', 'never', [0, 1]],
  [[0, 0], 'count', 'never', [0, 1]],
  [[2], 'count', 'never', [0, 1, 2]],
  [[3, 14.2], 'time', 'never', [0, 5, 10, 15]],
  [[200 * 2 ** 20], 'bytes', 'never', [0, 50, 100, 150, 200].map((mib) => mib * 2 ** 20)],
  [[1.1, 4.2], 'time', 'always', [1, 2, 5]],
  [[0.011, 90], 'time', 'auto', [0.01, 0.1, 1, 10, 100]],
  [[5, 5], 'time', 'always', [5, 10]],
] as const)('an axis for %j has round ticks', (values, kind, log, ticks) => {
  const scale = scaleFor(values, kind, { log });
  expect(scale.ticks).toEqual(ticks);
  expect(scale.min).toBeLessThanOrEqual(Math.min(...values, scale.min));
  expect(scale.max).toBeGreaterThanOrEqual(Math.max(...values, 0));
});

test.each([
  [0.9, 1],
  [1, 1],
  [1.1, 2],
  [3, 5],
  [6, 10],
  [0.03, 0.05],
])('a step of %d becomes %d', (step, nice) => {
  expect(niceStep(step)).toBeCloseTo(nice, 12);
});

test('seconds are put together so that no peak is lost', () => {
  const { series } = loadResult({ seconds: 100 });
  series[57]!.responseMaxMs = 999;
  const rows = thinned(series, 10);
  expect(rows).toHaveLength(10);
  expect(Math.max(...rows.map((row) => row.responseMaxMs!))).toBe(999);
  expect(rows.at(-1)!.atMs).toBe(series.at(-1)!.atMs);
  expect(rows.reduce((sum, row) => sum + row.errors, 0)).toBe(
    series.reduce((sum, row) => sum + row.errors, 0),
  );
});

test('the tag escapes what is not markup, in lists too', () => {
  expect(html`<b>${EVIL}</b>${[html`<i>${1}</i>`, '<']}${undefined}${false}`.text).toBe(
    '<b>&#60;/script&#62;&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;\u2028</b><i>1</i>&#60;',
  );
  expect(html`${new Markup('<hr>')}`.text).toBe('<hr>');
  expect(inertJson([EVIL]).text).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(inertJson([EVIL]).text)).toEqual([EVIL]);
});
