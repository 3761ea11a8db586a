import fc from 'fast-check';
import { NO_LIMIT } from '../../../../../src/shared/capacity';
import { AddressLimits } from '../../../../../src/workers/service/handshake/address-limits';

const NONE = {
  maxConnectionsPerAddress: NO_LIMIT,
  maxHandshakesPerSecond: NO_LIMIT,
  maxHandshakesPerSecondPerAddress: NO_LIMIT,
};

describe('limits by address', () => {
  it('count connections of an address, of IPv6 of a /64, until they are gone', () => {
    const limits = new AddressLimits({ ...NONE, maxConnectionsPerAddress: 2 }, () => 0);
    const leaves = ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '2001:db8::2'].map((a) =>
      limits.enter(a),
    );
    expect(['192.0.2.1', '2001:db8::3', '192.0.2.2', '2001:db8:0:1::1'].map((a) => limits.isFull(a))).toEqual(
      [true, true, false, false],
    );
    leaves[0]();
    leaves[0]();
    expect([limits.isFull('192.0.2.1'), limits.addresses]).toEqual([false, 2]);
    for (const leave of leaves) leave();
    expect(limits.addresses).toBe(0);
  });

  it('tell an address that comes too fast when to come again, and take nothing of the others for it', () => {
    let nowMs = 0;
    const limits = new AddressLimits(
      { ...NONE, maxHandshakesPerSecond: 4, maxHandshakesPerSecondPerAddress: 2 },
      () => nowMs,
    );
    const flood = Array.from({ length: 50 }, () => limits.waitMs('192.0.2.1'));
    expect(flood.slice(0, 3)).toEqual([0, 0, 500]);
    expect([limits.waitMs('192.0.2.2'), limits.waitMs('192.0.2.2')]).toEqual([0, 0]);
    expect(limits.waitMs('192.0.2.3')).toBe(250); // now all of them are too fast together
    nowMs = 250;
    expect(limits.waitMs('192.0.2.3')).toBe(0);
  });

  it('remember nobody for longer than a second or two, however many addresses come', () => {
    let nowMs = 0;
    const limits = new AddressLimits({ ...NONE, maxHandshakesPerSecondPerAddress: 5 }, () => nowMs);
    for (let host = 0; host < 1_000; host++) limits.waitMs(`2001:db8:0:${host.toString(16)}::1`);
    expect(limits.remembered).toBe(1_000);
    nowMs = 2_000;
    limits.waitMs('192.0.2.1');
    expect(limits.remembered).toBe(1);
  });

  it('let no address have more than its burst and its rate, under any clock that does not go back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }),
        (rate, steps) => {
          let nowMs = 0;
          const limits = new AddressLimits({ ...NONE, maxHandshakesPerSecondPerAddress: rate }, () => nowMs);
          let passed = 0;
          for (const step of steps) {
            nowMs += step;
            const waitMs = limits.waitMs('192.0.2.1');
            if (waitMs === 0) passed++;
            expect(waitMs).toBeLessThanOrEqual(1_000 / rate + 1e-6);
          }
          expect(passed).toBeLessThanOrEqual(rate + (nowMs * rate) / 1_000 + 1e-3);
          expect(passed).toBeGreaterThanOrEqual(Math.min(steps.length, rate));
        },
      ),
      { numRuns: 300 },
    );
  });
});
