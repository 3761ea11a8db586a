import { clockDoubt, uncertaintyOf } from '../../../../src/main/load/clocks';
import { Mode } from '../../../../src/shared/load/plan';

const clock = (generator: string, uncertaintyNs: number) => ({
  generator,
  offsetNs: 1e12,
  uncertaintyNs,
  driftPpm: 3,
});
const CLOCKS = [clock('a:7070', 20_000), clock('b:7070', 50_000)];
const BROADCAST = { mode: Mode.BROADCAST, clocks: CLOCKS };

describe('what is known of latencies between hosts', () => {
  test.each([
    [
      'echoes, which come back to their clock',
      { ...BROADCAST, mode: Mode.ECHO, publish: ['a:7070'], receive: ['a:7070', 'b:7070'] },
      0,
    ],
    ['one agent alone', { ...BROADCAST, publish: ['a:7070'], receive: ['a:7070'] }, 0],
    ['this host alone', { mode: Mode.BROADCAST, clocks: [], publish: [''], receive: [''] }, 0],
    ['a hub here and clients there', { ...BROADCAST, publish: [''], receive: ['a:7070', 'b:7070'] }, 50_000],
    [
      'publishers at one agent, clients at two',
      { ...BROADCAST, publish: ['a:7070'], receive: ['a:7070', 'b:7070'] },
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
