import fc from 'fast-check';
import type { Stage } from '../../../../src/shared/load/plan';
import { Schedule } from '../../../../src/shared/load/schedule';

const SECOND = 1e9;
const flat = (ratePerSecond: number, durationMs = 1_000): Stage => ({
  durationMs,
  ratePerSecond,
  ramp: false,
});
const ramp = (ratePerSecond: number, durationMs = 1_000): Stage => ({
  durationMs,
  ratePerSecond,
  ramp: true,
});
const of = (stages: Stage[], warmupMs = 0, maxMessages?: number) =>
  new Schedule({ stages, warmupMs, maxMessages });

function timesOf(schedule: Schedule): number[] {
  return Array.from({ length: schedule.messages }, (_, number) => schedule.intendedNs(number));
}

const anyStage = fc.record({
  durationMs: fc.integer({ min: 1, max: 5_000 }),
  ratePerSecond: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 2_000 }),
    fc.double({ min: 0.1, max: 500, noNaN: true }),
  ),
  ramp: fc.boolean(),
});
const anySchedule = fc.record({
  stages: fc.array(anyStage, { minLength: 1, maxLength: 5 }),
  warmupMs: fc.integer({ min: 0, max: 1_000 }),
});

describe('a schedule', () => {
  it('sends in even distances from the start, and not at its end', () => {
    expect(timesOf(of([flat(4)]))).toEqual([0, 0.25 * SECOND, 0.5 * SECOND, 0.75 * SECOND]);
  });

  it('asks for exactly rate times duration, also where neither has a short binary fraction', () => {
    expect(of([flat(0.1, 30_000)]).messages).toBe(3);
    expect(of([flat(19_999.9, 10_000)], 1_000).messages).toBe(219_999);
    expect(of([flat(20_000, 3_600_000)]).messages).toBe(72_000_000);
  });

  it('does not drift: an hour later every message is where it belongs', () => {
    const schedule = of([flat(30_000, 3_600_000)]);
    expect(schedule.intendedNs(107_999_999)).toBeCloseTo(3_600 * SECOND - SECOND / 30_000, 0);
  });

  it('warms up at the rate that the first stage starts with', () => {
    const schedule = of([flat(10), flat(100)], 500);
    expect([schedule.warmupMessages, schedule.messages]).toEqual([5, 115]);
    expect(schedule.intendedNs(5)).toBe(0.5 * SECOND);
    expect(of([ramp(10)], 500).warmupMessages).toBe(0);
  });

  it('rises and falls in a straight line: half of the messages of a ramp from nothing come in its last 29 %', () => {
    const up = of([ramp(1_000)]);
    expect(up.messages).toBe(500);
    expect(up.intendedNs(250)).toBeCloseTo(Math.SQRT1_2 * SECOND, -1);
    const down = of([flat(1_000, 10), ramp(0)]);
    expect(down.intendedNs(10 + 250)).toBeCloseTo(0.01 * SECOND + (1 - Math.SQRT1_2) * SECOND, -1);
  });

  it('is silent in a stage of rate 0', () => {
    const times = timesOf(of([flat(2), flat(0), flat(2)]));
    expect(times).toEqual([0, 0.5 * SECOND, 2 * SECOND, 2.5 * SECOND]);
  });

  it('ends after so many messages of the measure window', () => {
    const schedule = of([flat(100)], 100, 7);
    expect(schedule.messages).toBe(17);
    expect(schedule.intendedNs(17)).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.endNs).toBe(0.17 * SECOND);
    expect(of([flat(100)], 100, 1_000).endNs).toBe(1.1 * SECOND);
  });

  it('never goes back, never leaves its time, and counts what it says it will, whatever the stages', () => {
    fc.assert(
      fc.property(anySchedule, ({ stages, warmupMs }) => {
        const schedule = of(stages, warmupMs);
        const times = timesOf(schedule);
        expect(times.findIndex((time, at) => at > 0 && time < times[at - 1]!)).toBe(-1);
        expect(times.at(-1) ?? 0).toBeLessThanOrEqual(schedule.durationNs);
        expect(schedule.messagesBefore(schedule.durationNs)).toBe(times.length);
      }),
    );
  });

  it('counts before any time what it dates before it, give or take the one that is due just then', () => {
    fc.assert(
      fc.property(anySchedule, fc.double({ min: 0, max: 1, noNaN: true }), ({ stages, warmupMs }, part) => {
        const schedule = of(stages, warmupMs);
        const ns = part * schedule.durationNs;
        const dated = timesOf(schedule).filter((time) => time < ns).length;
        expect(Math.abs(schedule.messagesBefore(ns) - dated)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
