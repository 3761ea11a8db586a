import { Liveness } from '../../../../../src/workers/service/life/liveness';

describe('pings of quiet peers', () => {
  it('are spread over a fifth of their interval when many came at once, and none is late', () => {
    const dueMs = Array.from({ length: 10_000 }, (_, id) => new Liveness(id + 1, 0).dueMs(25_000, 8_000));
    expect(Math.min(...dueMs)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...dueMs)).toBeLessThanOrEqual(25_000);
    const perTenth = new Map<number, number>();
    for (const due of dueMs)
      perTenth.set(Math.floor(due / 100), (perTenth.get(Math.floor(due / 100)) ?? 0) + 1);
    expect(Math.max(...perTenth.values())).toBeLessThan(220); // 10,000 in 50 tenths of a second: 200 each
  });

  it('end a peer only at the second look that finds its pong overdue', () => {
    const life = new Liveness(1, 0);
    expect(life.judge(25_000, 25_000, 8_000, false)).toBe('ping');
    life.pinged(25_000);
    expect(life.judge(32_999, 25_000, 8_000, true)).toBe('fine');
    expect(life.judge(33_100, 25_000, 8_000, true)).toBe('fine');
    expect(life.judge(33_350, 25_000, 8_000, true)).toBe('dead');
  });

  it('need not come where one for an acknowledgement is unanswered already', () => {
    const life = new Liveness(1, 0);
    expect(life.judge(25_000, 25_000, 8_000, true)).toBe('fine');
    expect(life.judge(33_000, 25_000, 8_000, true)).toBe('fine');
    expect(life.judge(33_250, 25_000, 8_000, true)).toBe('dead');
  });

  it('are answered by any sign of life, and wait while the peer takes what stands before them', () => {
    const life = new Liveness(1, 0);
    life.judge(25_000, 25_000, 8_000, false);
    life.pinged(25_000);
    life.tookSome(32_000);
    expect(life.judge(39_000, 25_000, 8_000, true)).toBe('fine');
    life.heard(39_500);
    expect(life.awaitsPong).toBe(false);
    expect(life.judge(45_000, 25_000, 8_000, false)).toBe('fine');
  });
});
