import fc from 'fast-check';
import { ClockEstimator, type ClockSample, MAX_DRIFT_PPM } from '../../../../src/shared/load/clock-estimator';

const SECOND = 1e9;
/** A day after both machines started: so large that doubles show what they are. */
const NOW = 86_400 * SECOND;

/** Two clocks and the ways between them. Times are those of the reference clock. */
interface World {
  offsetNs: number;
  driftPpm: number;
}

function otherAt({ offsetNs, driftPpm }: World, referenceNs: number): number {
  return (referenceNs - NOW) * (1 - driftPpm / 1e6) + NOW - offsetNs;
}

function exchange(
  world: World,
  sentNs: number,
  thereNs: number,
  heldNs: number,
  backNs: number,
): ClockSample {
  return {
    sentNs,
    receivedNs: otherAt(world, sentNs + thereNs),
    answeredNs: otherAt(world, sentNs + thereNs + heldNs),
    arrivedNs: sentNs + thereNs + heldNs + backNs,
  };
}

/** How far the estimate is from the truth at a moment of the reference clock. */
function errorAt(
  world: World,
  estimator: ClockEstimator,
  referenceNs: number,
): { off: number; bound: number } {
  const other = otherAt(world, referenceNs);
  const { offsetNs, uncertaintyNs } = estimator.at(other)!;
  return { off: Math.abs(other + offsetNs - referenceNs), bound: uncertaintyNs };
}

const world = fc.record({
  offsetNs: fc.integer({ min: -1_000 * SECOND, max: 1_000 * SECOND }),
  driftPpm: fc.double({ min: -MAX_DRIFT_PPM, max: MAX_DRIFT_PPM, noNaN: true }),
});
const way = fc.oneof(
  fc.integer({ min: 1_000, max: 200_000 }),
  fc.integer({ min: 1_000, max: 50_000_000 }), // now and then a queue
);
const pings = fc.array(
  fc.record({ afterNs: fc.integer({ min: 1_000_000, max: 3 * SECOND }), there: way, held: way, back: way }),
  { minLength: 1, maxLength: 200 },
);
/** What doubles round at a day's nanoseconds. */
const ROUNDING_NS = 1;

describe('the clock of another host', () => {
  test('is never off by more than the uncertainty, however lopsided the ways and whatever the drift', () => {
    fc.assert(
      fc.property(world, pings, fc.double({ min: 0, max: 1, noNaN: true }), (clocks, exchanges, share) => {
        const estimator = new ClockEstimator();
        let at = NOW;
        for (const { afterNs, there, held, back } of exchanges) {
          at += afterNs;
          estimator.add(exchange(clocks, at, there, held, back));
        }
        const asked = NOW + (at - NOW) * share * 1.2;
        const { off, bound } = errorAt(clocks, estimator, asked);
        expect(off).toBeLessThanOrEqual(bound + ROUNDING_NS);
      }),
    );
  });

  test('is known to half the shortest round trip, at the moment of that one', () => {
    const clocks = { offsetNs: 5 * SECOND, driftPpm: 0 };
    const estimator = new ClockEstimator();
    estimator.add(exchange(clocks, NOW, 9_000_000, 0, 1_000_000));
    estimator.add(exchange(clocks, NOW + 1_000_000, 50_000, 0, 50_000));
    const estimate = estimator.at(otherAt(clocks, NOW + 1_050_000))!;
    expect(estimate.offsetNs).toBeCloseTo(5 * SECOND, -2);
    expect(estimate.uncertaintyNs).toBeCloseTo(50_000, -1);
  });

  test('is measured in its drift over a minute', () => {
    const clocks = { offsetNs: -3 * SECOND, driftPpm: 42 };
    const estimator = new ClockEstimator();
    for (let i = 0; i < 240; i++) {
      estimator.add(exchange(clocks, NOW + i * 0.25 * SECOND, 60_000 + (i % 7) * 90_000, 5_000, 60_000));
    }
    const estimate = estimator.at(otherAt(clocks, NOW + 60 * SECOND))!;
    expect(Math.abs(estimate.driftPpm - 42)).toBeLessThan(2.1);
    const { off, bound } = errorAt(clocks, estimator, NOW + 120 * SECOND);
    expect(off).toBeLessThanOrEqual(bound);
    expect(bound).toBeLessThan(400_000);
  });

  test('is less certain the longer ago it was compared', () => {
    const clocks = { offsetNs: 0, driftPpm: 0 };
    const estimator = new ClockEstimator();
    estimator.add(exchange(clocks, NOW, 10_000, 0, 10_000));
    const soon = estimator.at(NOW)!.uncertaintyNs;
    const later = estimator.at(NOW + 10 * SECOND)!.uncertaintyNs;
    expect(later - soon).toBeCloseTo((10 * SECOND * MAX_DRIFT_PPM) / 1e6, -3);
  });

  test('keeps what a run of days needs in little memory, and stays right', () => {
    const clocks = { offsetNs: 7 * SECOND, driftPpm: -13 };
    const estimator = new ClockEstimator();
    const hours = 10;
    for (let second = 0; second < hours * 3_600; second += 5) {
      estimator.add(exchange(clocks, NOW + second * SECOND, 100_000, 1_000, 200_000));
    }
    const { off, bound } = errorAt(clocks, estimator, NOW + hours * 3_600 * SECOND);
    expect(off).toBeLessThanOrEqual(bound + ROUNDING_NS);
    expect(bound).toBeLessThan(200_000);
  });

  test.each([
    ['an answer that came before the question', { sentNs: 10, receivedNs: 5, answeredNs: 6, arrivedNs: 9 }],
    ['an answer before it was received', { sentNs: 0, receivedNs: 5, answeredNs: 4, arrivedNs: 9 }],
    ['no number', { sentNs: 0, receivedNs: Number.NaN, answeredNs: 4, arrivedNs: 9 }],
  ])('takes nothing from %s', (_, sample) => {
    const estimator = new ClockEstimator();
    expect(estimator.add(sample)).toBe(false);
    expect(estimator.at(0)).toBeUndefined();
  });
});
