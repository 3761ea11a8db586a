import { MeasuredRuns } from '../../../../src/workers/load/measured-runs';
import { Random } from '../../../support/random';

/** What is told of the messages from `from` on, one entry a message. */
function told(runs: MeasuredRuns, from: number, to: number): number[] {
  const times: number[] = [];
  runs.each(from, to, (count, drainedNs) => times.push(...Array<number>(count).fill(drainedNs)));
  return times;
}

test('agrees with a list of all messages, whatever is asked for', () => {
  const seed = Date.now() % 100_000;
  const random = new Random(seed);
  const runs = new MeasuredRuns();
  const all: (number | undefined)[] = [];
  let sequence = 0;
  for (let drain = 1; drain <= 200; drain++) {
    for (let left = random.below(5); left > 0; left--) {
      const counts = !random.onceIn(3);
      all.push(counts ? drain : undefined);
      sequence++;
      if (counts) runs.add({ sequence, heldMessages: sequence });
    }
    runs.seal(drain);
    const from = random.below(sequence + 1);
    const to = from + random.below(sequence - from + 1);
    const expected = all.slice(from, to).filter((time) => time !== undefined);
    expect({ seed, told: told(runs, from, to) }).toEqual({ seed, told: expected });
  }
});

test('forgets what no connection needs any more', () => {
  const runs = new MeasuredRuns();
  for (let sequence = 1; sequence <= 10_000; sequence++) {
    runs.add({ sequence, heldMessages: 20 });
    runs.seal(sequence);
  }
  expect(runs.length).toBeLessThan(200);
  expect(told(runs, 9_990, 9_992)).toEqual([9_991, 9_992]);
});
