import { resolveHubOptions } from '../../../../../src/shared/options';
import { exceeds, isFarBehind } from '../../../../../src/workers/service/slow/lag';

const policy = resolveHubOptions({
  channels: { a: { maxLagBytes: 1_000, maxLagMessages: 10, maxLagMs: 500 } },
}).policies.a;

describe('the limits of lag', () => {
  it.each([
    [1_000, 10, 500, undefined],
    [1_001, 10, 500, '1001 bytes behind, limit 1000'],
    [1_000, 11, 500, '11 messages behind, limit 10'],
    [1_000, 10, 500.6, '501 ms behind, limit 500'],
    [1_001, 11, 501, '1001 bytes behind, limit 1000'],
  ])('%i bytes, %i messages and %d ms: %s', (bytes, messages, ms, excess) => {
    expect(exceeds(policy, 1, bytes, messages, ms)).toBe(excess);
    expect(isFarBehind(policy, 1, bytes, messages, ms)).toBe(excess !== undefined);
  });

  it('are passed at a fraction, if only that is asked for', () => {
    expect(isFarBehind(policy, 0.5, 500, 5, 250)).toBe(false);
    expect(isFarBehind(policy, 0.5, 501, 0, 0)).toBe(true);
    expect(isFarBehind(policy, 0.5, 0, 6, 0)).toBe(true);
    expect(isFarBehind(policy, 0.5, 0, 0, 251)).toBe(true);
  });
});
