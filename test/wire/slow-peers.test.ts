import type { ConnectionSummary, GapReport, Hub, HubOptions } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { WsPeer } from '../support/ws-peer';

afterEach(endAll);

const FILLER = 'x'.repeat(16 * 1024);
const LIMIT = { maxLagBytes: 512 * 1024, maxLagMs: 60_000, maxStallMs: 60_000 };
const KEYS = 10;
const keyOf = (number: number) => `k${number % KEYS}`;

interface Scene {
  hub: Hub;
  deaf: WsPeer;
  quick: WsPeer;
  gaps: [ConnectionSummary, GapReport][];
  posted: () => number;
  /** Posts so many messages, and waits until the quick one has them. */
  post: (count: number) => Promise<void>;
}

/** One peer that has stopped reading, and one that reads everything. */
async function begin(options: HubOptions): Promise<Scene> {
  const hub = await startHub(options);
  const gaps: Scene['gaps'] = [];
  hub.on('gap', (...gap) => gaps.push(gap));
  const deaf = await WsPeer.open(`${hub.url}/ticks`);
  deaf.ws.pause();
  const quick = await WsPeer.open(`${hub.url}/ticks`);
  let posted = 0;
  const post = async (count: number) => {
    for (const end = posted + count; posted < end; posted++)
      expect(await hub.producer.postAsync('ticks', `${posted}:${FILLER}`, { key: keyOf(posted) })).toBe(
        'posted',
      );
    await quick.received(posted);
  };
  return { hub, deaf, quick, gaps, posted: () => posted, post };
}

const numberOf = ({ data }: { data: Buffer }) => Number.parseInt(data.toString('latin1', 0, 12), 10);
const isRun = (numbers: number[]) => numbers.every((number, at) => number === at);

describe("slow: 'skip'", () => {
  it('gives a peer that reads again what it had in its buffers, then the newest, and tells of the gap', async () => {
    const gapMessage = '{"missed":{missed}}';
    const { hub, deaf, quick, gaps, posted, post } = await begin({
      channels: { ticks: { slow: 'skip', gapMessage, ...LIMIT } },
    });
    while (gaps.length === 0) await post(10);
    await post(100);
    deaf.ws.resume();
    const last = posted() - 1;
    await until(() => numberOf(deaf.seen.at(-1) ?? { data: Buffer.from('-1') }) === last, 'the newest came');
    await until(() => gaps.length === 2, 'the end was told');

    expect(isRun(quick.seen.map(numberOf))).toBe(true);
    const at = deaf.seen.findIndex(({ data }) => data.toString('latin1', 0, 2) === '{"');
    expect(isRun(deaf.seen.slice(0, at).map(numberOf))).toBe(true);
    expect(deaf.seen.slice(at + 1).map(numberOf)).toEqual([last]);
    const skipped = last - at;
    expect(deaf.seen[at].data.toString()).toBe(`{"missed":${skipped}}`);
    expect(gaps.map(([, gap]) => gap)).toEqual([
      { channel: 'ticks', skipped: expect.any(Number), conflated: 0, over: false },
      { channel: 'ticks', skipped, conflated: 0, over: true },
    ]);
    expect((await hub.stats()).channels.ticks).toMatchObject({
      addressed: 2 * posted(),
      sent: 2 * posted() - skipped,
      skipped,
      pending: 0,
      disconnectedSlow: 0,
    });
  });
});

describe("slow: 'conflate'", () => {
  it('gives a peer that reads again the newest of each key, and then every message', async () => {
    const { hub, deaf, quick, gaps, posted, post } = await begin({
      channels: { ticks: { slow: 'conflate', ...LIMIT } },
    });
    while (gaps.length === 0) await post(10);
    await post(105);
    const before = posted();
    deaf.ws.resume();
    await until(() => gaps.length === 2, 'it has caught up');
    await post(20);
    await until(() => numberOf(deaf.seen[deaf.seen.length - 1]) === posted() - 1, 'the newest came');

    expect(isRun(quick.seen.map(numberOf))).toBe(true);
    const numbers = deaf.seen.map(numberOf);
    const conflated = posted() - numbers.length;
    const run = numbers.length - KEYS - 20;
    expect(isRun(numbers.slice(0, run))).toBe(true);
    expect(numbers.slice(run)).toEqual(
      Array.from({ length: KEYS + 20 }, (_, index) => before - KEYS + index), // the last of each key, and all from then on
    );
    expect(gaps[1][1]).toEqual({ channel: 'ticks', skipped: 0, conflated, over: true });
    expect((await hub.stats()).channels.ticks).toMatchObject({ conflated, skipped: 0, pending: 0 });
  });
});

describe("slow: 'disconnect'", () => {
  it('keeps a peer that reads a burst of its limit in time', async () => {
    const { deaf, posted, post, hub } = await begin({ channels: { ticks: {} } });
    await post((4 * 1024 * 1024) / (FILLER.length + 32));
    deaf.ws.resume();
    await deaf.received(posted());
    expect(isRun(deaf.seen.map(numberOf))).toBe(true);
    expect((await hub.stats()).disconnectedSlow).toBe(0);
  });
});
