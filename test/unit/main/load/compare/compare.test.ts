import fc from 'fast-check';
import { compareResults, SIGNIFICANCE } from '../../../../../src/main/load/compare/compare';
import { comparisonMarkdown, comparisonText } from '../../../../../src/main/load/compare/compare-report';
import { leastPossible, mannWhitney, medianOf } from '../../../../../src/main/load/compare/statistics';
import { resultSet } from '../../../../../src/main/load/report/result-set';
import { loadResult, type ResultOptions } from '../../../../support/load-result';

const runs = (count: number, from: number, options: ResultOptions = {}) =>
  resultSet(
    Array.from({ length: count }, (_, i) =>
      loadResult({ ...options, seed: from + i, slower: (options.slower ?? 1) * (1 + i / 100) }),
    ),
  );
const BASE = runs(5, 1);
const SLOWER = runs(5, 20, { slower: 1.5 });
const judgements = (...[base, other, options]: Parameters<typeof compareResults>) =>
  Object.fromEntries(
    compareResults(base, other, options).metrics.map((metric) => [metric.name, metric.judgement]),
  );

describe('Mann–Whitney', () => {
  // R: wilcox.test(c(…), c(…))$p.value
  test.each([
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.007_936_5],
    [[1, 2, 3, 4], [5, 6, 7, 8], 0.028_571_4],
    [[1, 2, 3], [4, 5, 6], 0.1],
    [[1, 3, 5, 7, 9], [2, 4, 6, 8, 10], 0.690_476],
    [[1, 2, 3], [1, 2, 3], 1],
    [[5, 5, 5], [5, 5, 5], 1],
    [[], [1], 1],
  ])('%j against %j', (one, other, p) => {
    expect(mannWhitney(one, other)).toBeCloseTo(p, 5);
    expect(mannWhitney(other, one)).toBeCloseTo(p, 5);
  });

  test('agrees with the count of all arrangements, ties too', () => {
    const values = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, values, (one, other) => {
        expect(mannWhitney(one, other)).toBeCloseTo(byArrangements(one, other), 9);
      }),
    );
  });

  test('for many runs the normal distribution is as good', () => {
    const one = Array.from({ length: 27 }, (_, i) => i * 1.3);
    const other = Array.from({ length: 27 }, (_, i) => i + 9.25);
    expect(mannWhitney(one, other)).toBeCloseTo(0.056_593, 3); // every arrangement counted
  });

  test('tells the least that so many runs can show', () => {
    expect(leastPossible(5, 5)).toBeCloseTo(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 12);
    expect(leastPossible(3, 3)).toBeGreaterThan(SIGNIFICANCE);
    expect(leastPossible(4, 4)).toBeLessThan(SIGNIFICANCE);
  });
});

test('the median of an even number lies between two', () => {
  expect([medianOf([3]), medianOf([9, 1, 5]), medianOf([4, 1, 3, 2])]).toEqual([3, 5, 2.5]);
});

describe('several runs', () => {
  test('slower ones are worse, and faster ones better', () => {
    expect(judgements(BASE, SLOWER)).toMatchObject({
      'response.p50': 'worse',
      'response.p99': 'worse',
      'received.rate': 'same',
    });
    expect(judgements(runs(5, 1, { slower: 1.5 }), runs(5, 20))).toMatchObject({ 'response.p50': 'better' });
  });

  test('more of what should be more is better', () => {
    const faster = runs(5, 20, { change: ({ totals }) => (totals.receivedPerSecond *= 1.2) });
    expect(judgements(BASE, faster)['received.rate']).toBe('better');
    expect(judgements(faster, BASE)['received.rate']).toBe('worse');
  });

  test('the same again is no regression', () => {
    const comparison = compareResults(BASE, BASE);
    expect(comparison.worse + comparison.better).toBe(0);
  });

  test('a difference within the spread is unsure', () => {
    const wild = (seed: number, factors: number[]) =>
      resultSet(factors.map((slower, i) => loadResult({ seed: seed + i, slower })));
    const comparison = compareResults(wild(1, [1, 2, 1, 2, 1.1]), wild(9, [1, 2, 1.9, 2, 1.6]));
    expect(comparison.metrics.find(({ name }) => name === 'response.p50')).toMatchObject({
      judgement: 'unsure',
    });
    expect(comparison.worse).toBe(0);
  });

  test('too few runs are told of', () => {
    const comparison = compareResults(runs(3, 1), runs(3, 20, { slower: 2 }));
    expect(comparison).toMatchObject({ tested: false, worse: 0 });
    expect(comparisonText(comparison, { base: 'a', other: 'b' })).toContain(
      'With 3 and 3 runs no difference can be told from chance: at least 4 and 4 are needed.',
    );
  });
});

describe('single runs', () => {
  test('go by the tolerance', () => {
    const [base, other] = [loadResult(), loadResult({ slower: 1.08 })];
    expect(judgements(base, other)['response.p50']).toBe('same');
    expect(judgements(base, other, { tolerance: 0.03 })['response.p50']).toBe('worse');
    expect(compareResults(base, other).tolerance).toBe(0.1);
  });

  test('a fault where there was none is worse, however few', () => {
    const faulty = loadResult({ change: ({ reconciliation }) => (reconciliation.reordered = 1) });
    expect(judgements(loadResult(), faulty)).toMatchObject({ reordered: 'worse' });
    expect(judgements(faulty, loadResult())).toMatchObject({ reordered: 'better' });
    expect(judgements(loadResult(), loadResult())).not.toHaveProperty('reordered');
  });

  test('a metric that one does not have is not judged', () => {
    const unknown = loadResult({ change: (result) => (result.server = null) });
    expect(judgements(loadResult(), unknown, { metrics: ['server.cpu', 'response.p97'] })).toEqual({
      'server.cpu': 'n/a',
      'response.p97': 'same',
    });
  });
});

describe('apples and pears', () => {
  const graveOf = (change: NonNullable<ResultOptions['change']>) =>
    compareResults(loadResult(), loadResult({ change })).differences.filter(({ grave }) => grave);

  test.each([
    ['mode: broadcast and echo', (result) => (result.config.mode = 'echo')],
    ['clients: 2,000 and 3,000', (result) => (result.config.clients = 3_000)],
    ['rates per second: 20 and 40', (result) => (result.config.stages[0]!.ratePerSecond = 40)],
    ['sizes: 128/128/1 and 128/256/1', (result) => (result.config.payload.sizes[0]!.maxBytes = 256)],
    ['slow groups: 40 2%:64kB/s and none', (result) => (result.config.slow = [])],
    ['the other is not valid', (result) => (result.verdict.valid = false)],
    ['the other was interrupted', (result) => (result.run.ended = 'interrupted')],
  ] as [string, NonNullable<ResultOptions['change']>][])('%s', (text, change) => {
    expect(graveOf(change)).toEqual([{ grave: true, text }]);
  });

  test('another server, or machine, is what may be compared, and is told', () => {
    const other = loadResult({
      change: (result) => {
        result.target.name = 'another';
        result.env.node = 'v24.1.0';
      },
    });
    expect(compareResults(loadResult(), other).differences).toEqual([
      { grave: false, text: 'Node: v20.20.0 and v24.1.0' },
    ]);
  });
});

test('as text and as Markdown, with names that are no markup', () => {
  const comparison = compareResults(BASE, SLOWER, {
    metrics: ['response.p50', 'lost'],
  });
  const names = { base: 'base.json', other: 'results/of/today/ringcast|<new>.json' };
  expect(comparisonText(comparison, names)).toMatch(
    /^metric +base\.json +…y\/ringcast\|<new>\.json +change\nresponse\.p50 +1\.\d\d ms ± 0\.\d+ ms +1\.\d\d ms ± 0\.\d+ ms +\+\d\d\.\d % {2}worse {3}p 0\.008\nlost +0 +0 +same {4}p 1\.000\n/,
  );
  const markdown = comparisonMarkdown(comparison, names);
  expect(markdown).toMatch(/^### 🔴 regression: 1 worse, 0 better of 2 metrics\n/);
  expect(markdown).toContain(
    '| metric | base.json | results/of/today/ringcast\\|\\<new\\>.json | change | p | verdict |',
  );
});

/** Slow and plain: every choice of as many values. */
function byArrangements(one: number[], other: number[]): number {
  const all = [...one, ...other];
  const rank = (value: number) =>
    all.filter((x) => x < value).length + (all.filter((x) => x === value).length + 1) / 2;
  const ranks = all.map(rank);
  const middle = (one.length * (all.length + 1)) / 2;
  const far = Math.abs(ranks.slice(0, one.length).reduce((a, b) => a + b, 0) - middle) - 1e-9;
  let [extreme, every] = [0, 0];
  for (let chosen = 0; chosen < 2 ** all.length; chosen++) {
    const taken = ranks.filter((_, i) => chosen & (1 << i));
    if (taken.length !== one.length) continue;
    every++;
    if (Math.abs(taken.reduce((a, b) => a + b, 0) - middle) >= far) extreme++;
  }
  return extreme / every;
}
