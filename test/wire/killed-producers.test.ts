/**
 * Producer threads killed at random moments over a real hub with a real peer: what was posted arrives, once, whole and in
 * order, and every lane comes back.
 *
 * `RINGCAST_KILLS=1000` for the long form (`npm run kills`).
 */
import WebSocket from 'ws';
import { crc32 } from '../../src/shared/load/crc32';
import { endAll, startHub, until, whenOver } from '../support/hubs';
import { Threads } from '../support/threads';
import { DoomedWord } from '../threads/workers/doomed-words';

const KILLS = Number(process.env.RINGCAST_KILLS ?? 100);
const SEATS = 4;
/** Kills before the memory is looked at for the first time. */
const WARM_UP = 200;
const MOST_GROWTH_MIB = 20;

const threads = new Threads();
afterEach(async () => {
  await threads.endAll();
  await endAll();
});
afterAll(() => threads.removeFiles());

/** What a peer has seen of each seat. */
class Seen {
  readonly numbers: number[][] = Array.from({ length: SEATS }, () => []);
  torn = 0;
  outOfOrder = 0;

  take(payload: Buffer): void {
    const seat = payload.readInt32LE(0);
    const number = payload.readInt32LE(4);
    if (payload.readInt32LE(8) !== (crc32(payload, 12, payload.length) | 0)) this.torn++;
    const numbers = this.numbers[seat];
    if (numbers.length > 0 && numbers[numbers.length - 1] >= number) this.outOfOrder++;
    numbers.push(number);
  }
}

async function openPeer(url: string, seen: Seen): Promise<void> {
  const peer = new WebSocket(`${url}/doomed`);
  whenOver(() => peer.terminate());
  peer.on('message', (data: Buffer) => seen.take(data));
  await new Promise((resolve, reject) => peer.once('open', resolve).once('error', reject));
}

function randomFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

describe('producers that are killed', () => {
  it('lose nothing that was posted, tear nothing, and give their lanes back', async () => {
    const seed = Number(process.env.RINGCAST_SEED ?? Date.now() & 0x7fff_ffff);
    const random = randomFrom(seed);
    const hub = await startHub({
      ring: { laneBytes: 16_384, maxProducers: SEATS + 1 },
      channels: { '*': { slow: 'wait' } },
    });
    const seen = new Seen();
    await openPeer(hub.url, seen);
    const words = new Int32Array(new SharedArrayBuffer(4 * SEATS * DoomedWord.WORDS));
    const word = (seat: number, name: number) => Atomics.load(words, seat * DoomedWord.WORDS + name);
    /** Numbers whose post had begun and not returned when the thread was killed. */
    const inDoubt = Array.from({ length: SEATS }, () => new Set<number>());
    let kills = 0;
    let rssAfterWarmUp: number | undefined;

    const runSeat = async (seat: number) => {
      while (kills < KILLS) {
        const before = word(seat, DoomedWord.POSTED);
        const workerData = {
          ringcast: hub.producerHandle(),
          seat,
          words,
          seed: Math.floor(random() * 2 ** 31),
        };
        const worker = threads.start('doomed', workerData);
        await until(() => {
          if (threads.failures.length > 0) throw threads.failures[0];
          return word(seat, DoomedWord.POSTED) > before;
        }, `seat ${seat} posts`);
        await new Promise((resolve) => setTimeout(resolve, 5 * random()));
        await worker.terminate();
        if (++kills === WARM_UP) rssAfterWarmUp = process.memoryUsage.rss();
        const begun = word(seat, DoomedWord.BEGUN);
        if (begun !== word(seat, DoomedWord.POSTED)) inDoubt[seat].add(begun);
      }
    };
    await Promise.all(Array.from({ length: SEATS }, (_, seat) => runSeat(seat)));

    await until(async () => (await hub.stats()).producers.length === 1, 'every lane is back');
    await until(async () => {
      const { pending, drained, posted } = await hub.stats();
      return pending === 0 && drained === posted;
    }, 'everything is sent');
    const { addressed } = await hub.stats();
    const arrived = () => seen.numbers.reduce((sum, numbers) => sum + numbers.length, 0);
    await until(() => arrived() === addressed, 'everything has arrived');
    const lost = seen.numbers.flatMap((numbers, seat) => {
      const set = new Set(numbers);
      const all = Array.from({ length: word(seat, DoomedWord.BEGUN) }, (_, index) => index + 1);
      return all
        .filter((number) => !set.has(number) && !inDoubt[seat].has(number))
        .map((number) => `${seat}:${number}`);
    });
    const doubtful = inDoubt.reduce((sum, { size }) => sum + size, 0);
    const growth =
      rssAfterWarmUp === undefined ? undefined : (process.memoryUsage.rss() - rssAfterWarmUp) / 2 ** 20;
    process.stdout.write(
      `kills: seed ${seed}, ${kills} kills (${doubtful} within a post), ${arrived()} messages arrived, lost ${lost.length}, torn ${seen.torn}, growth ${growth === undefined ? 'n/a' : `${growth.toFixed(1)} MiB`}\n`,
    );
    expect({ lost, torn: seen.torn, outOfOrder: seen.outOfOrder }).toEqual({
      lost: [],
      torn: 0,
      outOfOrder: 0,
    });
    if (growth !== undefined && kills >= 1_000) expect(growth).toBeLessThan(MOST_GROWTH_MIB);
  }, 600_000);
});
