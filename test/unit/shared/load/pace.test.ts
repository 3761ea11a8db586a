import fc from 'fast-check';
import { Turns } from '../../../../src/shared/load/pace';
import { Schedule } from '../../../../src/shared/load/schedule';
import { partOf } from '../../../../src/shared/load/shares';

const schedule = new Schedule({
  stages: [
    { durationMs: 100, ratePerSecond: 500, ramp: true },
    { durationMs: 100, ratePerSecond: 200, ramp: false },
  ],
  warmupMs: 0,
  maxMessages: undefined,
});

function drain(turns: Turns): { stream: number; dueNs: number }[] {
  const all: { stream: number; dueNs: number }[] = [];
  for (; turns.dueNs < Number.POSITIVE_INFINITY; turns.next())
    all.push({ stream: turns.stream, dueNs: turns.dueNs });
  return all;
}

const world = fc.record({
  publishers: fc.integer({ min: 1, max: 80 }),
  parts: fc.integer({ min: 1, max: 4 }),
});

describe('the turns of publishers', () => {
  it('are every message of the schedule exactly once, whoever shares them out', () => {
    fc.assert(
      fc.property(world, ({ publishers, parts }) => {
        const all = Array.from({ length: parts }, (_, at) =>
          drain(new Turns(schedule, partOf({ from: 0, to: publishers }, at, parts), publishers)),
        );
        for (const turns of all)
          expect(turns.map(({ dueNs }) => dueNs)).toEqual(
            turns.map(({ dueNs }) => dueNs).sort((a, b) => a - b),
          );
        const times = all
          .flat()
          .map(({ dueNs }) => dueNs)
          .sort((a, b) => a - b);
        expect(times).toEqual(
          Array.from({ length: schedule.messages }, (_, number) => schedule.intendedNs(number)),
        );
      }),
    );
  });

  it('give every publisher its part, in even distances', () => {
    const streams = drain(new Turns(schedule, { from: 0, to: 3 }, 3)).map(({ stream }) => stream);
    expect(streams.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('skip to what they would have come to step by step', () => {
    fc.assert(
      fc.property(world, fc.nat(220), ({ publishers, parts }, ms) => {
        const streams = partOf({ from: 0, to: publishers }, parts - 1, parts);
        const [stepping, skipping] = [
          new Turns(schedule, streams, publishers),
          new Turns(schedule, streams, publishers),
        ];
        while (stepping.dueNs <= ms * 1e6) stepping.next();
        skipping.skipTo(ms * 1e6);
        expect(skipping.dueNs).toBe(stepping.dueNs);
        if (skipping.dueNs < Number.POSITIVE_INFINITY) expect(skipping.stream).toBe(stepping.stream);
      }),
    );
  });

  it('of nobody are never', () => {
    expect(new Turns(schedule, { from: 2, to: 2 }, 5).dueNs).toBe(Number.POSITIVE_INFINITY);
  });
});
