import { type ClockPaths, clockDoubt, OWN_CLOCK, uncertaintyOf } from '../../../../src/main/load/clocks';
import { Mode } from '../../../../src/shared/load/plan';

const HERE = OWN_CLOCK;
const A = { name: 'a', uncertaintyNs: 20_000 };
const B = { name: 'b', uncertaintyNs: 50_000 };

describe('what is known of latencies between hosts', () => {
  test.each<[string, ClockPaths, number]>([
    ['echoes, which come back to their clock', { mode: Mode.ECHO, publish: [A], receive: [A, B] }, 0],
    ['one agent alone', { mode: Mode.BROADCAST, publish: [A], receive: [A] }, 0],
    ['two agents of one host', { mode: Mode.BROADCAST, publish: [A], receive: [A, { ...A }] }, 0],
    ['this host alone', { mode: Mode.BROADCAST, publish: [HERE], receive: [HERE] }, 0],
    ['a hub here and clients there', { mode: Mode.BROADCAST, publish: [HERE], receive: [A, B] }, 50_000],
    [
      'publishers at one agent, clients at two',
      { mode: Mode.BROADCAST, publish: [A], receive: [A, B] },
      70_000,
    ],
  ])('of %s', (_, paths, uncertaintyNs) => {
    expect(uncertaintyOf(paths)).toBe(uncertaintyNs);
  });

  test('is enough as long as it is a tenth of the median at most', () => {
    expect(clockDoubt(100_000, 1)).toBeUndefined();
    expect(clockDoubt(0, 0.001)).toBeUndefined();
    expect(clockDoubt(5e6, null)).toBeUndefined();
    expect(clockDoubt(100_001, 1)).toBe(
      'the clocks of the hosts are known to 0.100 ms, which is more than 10 % of the median response of 1.000 ms: use mode echo, or force to have the latencies all the same',
    );
  });
});
