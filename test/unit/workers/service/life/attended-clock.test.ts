import fc from 'fast-check';
import { AttendedClock, LONGEST_GAP_MS } from '../../../../../src/workers/service/life/attended-clock';

describe('the clock by which peers are judged', () => {
  it('goes with the real one while it is looked at', () => {
    let realMs = 100;
    const clock = new AttendedClock(() => realMs);
    for (let look = 0; look < 100; look++) {
      realMs += 250;
      expect(clock.nowMs()).toBe(realMs);
    }
  });

  it('counts of a time in which nobody looked only what may have passed unseen', () => {
    let realMs = 100;
    const clock = new AttendedClock(() => realMs);
    realMs += 60_000;
    expect(clock.nowMs()).toBe(100 + LONGEST_GAP_MS);
    realMs += 10;
    expect(clock.nowMs()).toBe(100 + LONGEST_GAP_MS + 10);
  });

  it('never goes back, and never faster than the real one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 })), (gaps) => {
        let realMs = 0;
        const clock = new AttendedClock(() => realMs);
        for (const gapMs of gaps) {
          const before = clock.nowMs();
          realMs += gapMs;
          const passedMs = clock.nowMs() - before;
          if (passedMs !== Math.min(gapMs, LONGEST_GAP_MS)) return false;
        }
        return true;
      }),
    );
  });
});
