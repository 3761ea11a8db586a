import { Pace } from '../../../../src/shared/load/pace';
import { Schedule } from '../../../../src/shared/load/schedule';
import { Publishing } from '../../../../src/workers/load/publishing';

const START = 1_000_000;
const MS = 1e6;

/** A thread of four publishers that sends 1,000 messages a second for a second. */
function world() {
  const schedule = new Schedule({
    stages: [{ durationMs: 1_000, ratePerSecond: 1_000, ramp: false }],
    warmupMs: 0,
    maxMessages: undefined,
  });
  const clock = { ns: 0 };
  const sent: { stream: number; intendedNs: number }[] = [];
  const skipped = { count: 0 };
  const words = Pace.create(1);
  const publishing = new Publishing(
    { schedule, streams: { from: 0, to: 4 }, publishers: 4 },
    { words, slot: 0 },
    () => clock.ns,
    {
      send: (stream, intendedNs) => sent.push({ stream, intendedNs }),
      skip: () => skipped.count++,
    },
  );
  return { publishing, clock, sent, skipped, words };
}

describe('publishing by a schedule', () => {
  it('sends nothing before its time, and everything at its time', () => {
    const { publishing, clock, sent } = world();
    publishing.begin(START);
    expect(sent).toEqual([]);
    clock.ns = START + 2.5 * MS;
    publishing.run();
    expect(sent).toEqual([
      { stream: 0, intendedNs: START },
      { stream: 1, intendedNs: START + MS },
      { stream: 2, intendedNs: START + 2 * MS },
    ]);
  });

  it('sends what is overdue at once, with the times at which it should have gone', () => {
    const { publishing, clock, sent } = world();
    publishing.begin(START);
    clock.ns = START + 400.5 * MS;
    publishing.run();
    expect(sent).toHaveLength(401);
    expect(sent.map(({ intendedNs }) => Math.round(intendedNs))).toEqual(
      Array.from({ length: 401 }, (_, at) => START + at * MS),
    );
  });

  it('reads in between when very much is overdue', async () => {
    const { publishing, clock, sent } = world();
    publishing.begin(START);
    clock.ns = START + 2_000 * MS;
    publishing.run();
    expect(sent).toHaveLength(512);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1_000);
  });

  it('counts what was due and never goes, when it is stopped', () => {
    const { publishing, clock, sent, skipped } = world();
    publishing.begin(START);
    clock.ns = START + 99.5 * MS;
    publishing.stop();
    clock.ns = START + 500 * MS;
    publishing.run();
    expect([sent.length, skipped.count]).toEqual([0, 100]);
  });

  it('wakes by the bell', async () => {
    const { publishing, clock, sent, words } = world();
    publishing.begin(START);
    clock.ns = START + 0.5 * MS;
    words.ring(0);
    while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1);
    publishing.stop();
    words.ring(0);
  });
});
