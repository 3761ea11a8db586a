import { exitCodeOf, worstOf } from '../../../../../src/main/cli/load/exit-code';
import type { LoadResult } from '../../../../../src/shared/load/result';
import { loadResult } from '../../../../support/load-result';

const cases: [title: string, change: (result: LoadResult) => void, code: number][] = [
  ['a good run', () => {}, 0],
  [
    'a threshold that failed',
    (result) => {
      result.thresholds[0]!.passed = false;
    },
    1,
  ],
  [
    'a run that is not valid, whatever thresholds say',
    (result) => {
      result.verdict.valid = false;
      result.thresholds[0]!.passed = false;
    },
    3,
  ],
  [
    'nobody there',
    (result) => {
      result.totals.opened = 0;
      result.verdict.valid = false;
    },
    4,
  ],
  [
    'a lost message, whoever was overloaded',
    (result) => {
      result.reconciliation.lost = 1;
      result.verdict.valid = false;
    },
    5,
  ],
  [
    'a lost message that nobody asked for',
    (result) => {
      result.reconciliation.lost = 1;
      result.config.checks = ['order'];
    },
    0,
  ],
  [
    'a message in the wrong order',
    (result) => {
      result.reconciliation.reordered = 1;
    },
    5,
  ],
  [
    'a changed message',
    (result) => {
      result.reconciliation.corrupt = 1;
    },
    5,
  ],
];

test.each(cases)('%s', (_, change, code) => {
  const result = loadResult();
  change(result);
  expect(exitCodeOf(result)).toBe(code);
});

test('of several the worst', () => {
  expect(worstOf([])).toBe(0);
  expect(worstOf([0, 1, 0])).toBe(1);
  expect(worstOf([1, 3, 5])).toBe(5);
  expect(worstOf([5, 4])).toBe(4);
});
