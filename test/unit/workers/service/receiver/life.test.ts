import { LIFE_BYTES, LIFE_WINDOW_MS, LifeMeter } from '../../../../../src/workers/service/receiver/life';

describe('bytes as a sign of life', () => {
  it('are one when they come fast enough, in one go or in many', () => {
    const meter = new LifeMeter();
    expect(meter.took(LIFE_BYTES, 0)).toBe(true);
    expect(meter.took(LIFE_BYTES - 1, 10)).toBe(false);
    expect(meter.took(1, 10 + LIFE_WINDOW_MS)).toBe(true);
    expect(meter.took(1, 11 + LIFE_WINDOW_MS)).toBe(false);
  });

  it('are none when they trickle, for however long', () => {
    const meter = new LifeMeter();
    const alive = Array.from({ length: 2_000 }, (_, second) => meter.took(LIFE_BYTES / 2 - 1, second * 600));
    expect(alive).toHaveLength(2_000);
    expect(alive).not.toContain(true);
  });
});
