import { reasonOf } from '../../../../src/main/daemon/supervision/end-reason';
import { RESTART_WINDOW_MS, RestartPace } from '../../../../src/main/daemon/supervision/restart-pace';

describe('the pace of restarts', () => {
  const pausesOf = (maxRestarts: number, random: number, times: number[]) => {
    const pace = new RestartPace(maxRestarts, () => random);
    return times.map((nowMs) => pace.next(nowMs));
  };

  test('the first comes at once, the others after growing pauses, and then it is given up', () => {
    expect(pausesOf(5, 1, [0, 1, 2, 3, 4, 5])).toEqual([0, 100, 200, 400, 800, undefined]);
  });

  test('up to half of a pause is jitter', () => {
    expect(pausesOf(3, 0, [0, 1, 2])).toEqual([0, 50, 100]);
    expect(pausesOf(3, 0.5, [0, 1, 2])).toEqual([0, 75, 150]);
  });

  test('no pause is longer than 1.6 s: what crashes is up again within two', () => {
    const pauses = pausesOf(
      20,
      1,
      Array.from({ length: 20 }, (_, at) => at),
    ) as number[];
    expect(Math.max(...pauses)).toBe(1_600);
  });

  test('a restart counts for a minute', () => {
    expect(pausesOf(1, 1, [0, RESTART_WINDOW_MS - 1, RESTART_WINDOW_MS])).toEqual([0, undefined, 0]);
  });

  test('0 restarts: it is given up at the first crash', () => {
    expect(pausesOf(0, 1, [0])).toEqual([undefined]);
  });
});

describe('why a process ended', () => {
  const end = { how: 'was killed by SIGABRT', code: null };

  test.each([
    ['', undefined, 'was killed by SIGABRT'],
    [
      '\n<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb\n',
      undefined,
      'was killed by SIGABRT (FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory)',
    ],
    ['FATAL ERROR: x', 'the port is taken.\nChoose another', 'was killed by SIGABRT (the port is taken.)'],
  ])('%j, %j', (printed, failure, reason) => {
    expect(reasonOf({ ...end, printed }, failure)).toBe(reason);
  });
});
