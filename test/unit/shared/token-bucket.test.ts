import fc from 'fast-check';
import { TokenBucket } from '../../../src/shared/token-bucket';

const TEN = { perSecond: 10, burst: 5 };

const takenOf = (bucket: TokenBucket, times: number, nowMs: number) =>
  Array.from({ length: times }, () => bucket.tryTake(1, nowMs, TEN)).filter((taken) => taken).length;

describe('a token bucket', () => {
  test('holds its burst at the beginning, and not one more', () => {
    expect(takenOf(new TokenBucket(), 9, 1_000)).toBe(5);
  });

  test('gets its rate, and saves up no more than the burst', () => {
    const bucket = new TokenBucket();
    takenOf(bucket, 5, 0);
    expect(takenOf(bucket, 9, 300)).toBe(3);
    expect(takenOf(bucket, 9, 1_000_000)).toBe(5);
  });

  test('takes nothing for what does not pass', () => {
    const bucket = new TokenBucket();
    bucket.tryTake(3, 0, TEN);
    expect(bucket.tryTake(3, 0, TEN)).toBe(false);
    expect(bucket.tryTake(2, 0, TEN)).toBe(true);
  });

  test('lets what is larger than the burst pass when it is full, and is in debt then', () => {
    const bucket = new TokenBucket();
    expect(bucket.tryTake(25, 0, TEN)).toBe(true);
    expect(bucket.tryTake(1, 2_000, TEN)).toBe(false);
    expect(bucket.tryTake(1, 2_100, TEN)).toBe(true);
  });

  test('saves up beyond the burst what came while nobody looked', () => {
    const bucket = new TokenBucket();
    takenOf(bucket, 5, 0);
    expect(bucket.tryTake(1, 2_000, TEN, 1_500)).toBe(true);
    expect(takenOf(bucket, 30, 2_000)).toBe(19);
    expect(takenOf(bucket, 30, 60_000)).toBe(5);
  });

  test('tells when there will be enough', () => {
    const bucket = new TokenBucket();
    expect(bucket.msUntil(5, 0, TEN)).toBe(0);
    takenOf(bucket, 5, 0);
    expect(bucket.msUntil(2, 0, TEN)).toBe(200);
    expect(bucket.msUntil(2, 150, TEN)).toBe(50);
  });

  test('neither gives nor takes anything when the clock steps back', () => {
    const bucket = new TokenBucket();
    takenOf(bucket, 5, 10_000);
    expect(takenOf(bucket, 9, 5_000)).toBe(0);
    expect(takenOf(bucket, 9, 10_000)).toBe(0);
    expect(takenOf(bucket, 9, 10_100)).toBe(1);
  });

  const rates = fc.record({
    perSecond: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
    burst: fc.double({ min: 1, max: 1e6, noNaN: true }),
  });
  const steps = fc.array(
    fc.record({
      ms: fc.double({ min: 0, max: 10_000, noNaN: true }),
      count: fc.integer({ min: 1, max: 1_000 }),
      unread: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  );

  test('over any stretch gives no more than burst + rate × time, the last one apart', () => {
    fc.assert(
      fc.property(rates, steps, (rate, taken) => {
        const bucket = new TokenBucket();
        const passed: { atMs: number; count: number }[] = [];
        let nowMs = 0;
        for (const { ms, count } of taken) {
          nowMs += ms;
          if (bucket.tryTake(count, nowMs, rate)) passed.push({ atMs: nowMs, count });
        }
        for (let from = 0; from < passed.length; from++) {
          let sum = 0;
          for (const { atMs, count } of passed.slice(from)) {
            const allowed = rate.burst + (rate.perSecond * (atMs - passed[from].atMs)) / 1_000;
            expect(sum + Math.min(count, rate.burst)).toBeLessThanOrEqual(allowed * (1 + 1e-9) + 2e-6);
            sum += count;
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('in all gives no more than burst + rate × time, however long nobody looked', () => {
    fc.assert(
      fc.property(rates, steps, (rate, taken) => {
        const bucket = new TokenBucket();
        let nowMs = 0;
        let sum = 0;
        for (const [index, { ms, count, unread }] of taken.entries()) {
          nowMs += index === 0 ? 0 : ms;
          const atMost = rate.burst + (rate.perSecond * nowMs) / 1_000 - sum;
          if (!bucket.tryTake(count, nowMs, rate, ms * unread)) continue;
          expect(Math.min(count, rate.burst)).toBeLessThanOrEqual(atMost * (1 + 1e-9) + 2e-6);
          sum += count;
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('refuses nobody who keeps to the rate', () => {
    fc.assert(
      fc.property(rates, steps, (rate, taken) => {
        const bucket = new TokenBucket();
        let nowMs = 0;
        for (const { ms } of taken) {
          nowMs += 1_000 / rate.perSecond + ms;
          expect(bucket.tryTake(1, nowMs, rate)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
