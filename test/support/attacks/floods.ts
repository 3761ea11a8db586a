/** Peers that send without pause, and peers that send next to nothing. */
import type { Attack } from './arena';
import { frameOf } from './foe';

const [TEXT, PING, OPEN_TEXT, MIDDLE] = [0x81, 0x89, 0x01, 0x00];
const MiB = 2 ** 20;

const times = (count: number, frame: Buffer) => Buffer.concat(Array.from({ length: count }, () => frame));
const PINGS = times(500, frameOf(PING, 'p'.repeat(125)));

/** `count` MiB of pings by a peer that reads none of the pongs. */
function pingFlood(name: string, hub: object, outcomes: string[], maxGrowthMiB: number): Attack {
  return {
    name,
    count: { short: 8, long: 60 },
    hub,
    outcomes,
    maxGrowthMiB,
    async run(arena, count) {
      const foe = await arena.open('/');
      foe.socket.pause();
      await arena.begin();
      await foe.flood(PINGS, (written) => written < count * MiB);
      foe.socket.resume();
      await arena.conclude([foe]);
    },
  };
}

/** One peer at full speed, for `count` seconds. */
function messageFlood(path: string, payload: string, hub: object = {}, outcomes = ['open']): Attack {
  const chunk = times(500, frameOf(TEXT, payload));
  const whose = 'maxMessagesPerSecond' in hub ? ', with a limit' : '';
  return {
    name: `messages of ${payload.length} B without pause, /${path}${whose}`,
    count: { short: 1, long: 10 },
    hub,
    outcomes,
    maxGrowthMiB: 64,
    async run(arena, count) {
      const end = performance.now() + count * 1_000;
      const foe = await arena.open(`/${path}`);
      await foe.flood(chunk, () => performance.now() < end);
      await arena.conclude([foe]);
      arena.notes = `${(await arena.stats()).received} messages`;
    },
  };
}

const EMPTY_FRAGMENTS: Attack = {
  name: 'empty fragments without end',
  count: { short: 20, long: 1_000 },
  outcomes: ['close 1008'],
  maxGrowthMiB: 32,
  async run(arena, count) {
    const flood = times(10_000, frameOf(MIDDLE));
    await arena.eachOf(count, 20, async () => {
      const foe = await arena.open('/fragments');
      foe.write(frameOf(OPEN_TEXT));
      foe.write(flood);
      arena.note(await foe.outcome);
    });
  },
};

/** Found dead within an interval and a time-out each, and the look that comes after. */
const IMPATIENT = { pingIntervalMs: 500, pongTimeoutMs: 500 };

const TRICKLE: Attack = {
  name: 'a frame whose bytes drip, and no pong',
  count: { short: 10, long: 200 },
  hub: IMPATIENT,
  outcomes: ['ended'],
  async run(arena, count) {
    const paths = ['/', '/fragments'];
    const start = performance.now();
    await arena.eachOf(count, count, async (index) => {
      const foe = await arena.open(paths[index % 2]);
      foe.write(frameOf(TEXT, 'x'.repeat(100)).subarray(0, 8));
      const dripping = setInterval(() => foe.write('x'), 100);
      arena.note(await foe.outcome);
      clearInterval(dripping);
    });
    arena.notes = `the last one gone after ${((performance.now() - start) / 1_000).toFixed(1)} s`;
  },
};

const HALF_OPEN: Attack = {
  name: 'peers that have gone without a word',
  count: { short: 20, long: 500 },
  hub: IMPATIENT,
  outcomes: ['ended'],
  async run(arena, count) {
    const foes = await arena.crowd(count, '/');
    for (const foe of foes) foe.socket.pause(); // as if nobody were there: not even the end is seen
    await arena.settled();
    for (const foe of foes) foe.socket.resume();
    arena.note(...(await Promise.all(foes.map(({ outcome }) => outcome))));
  },
};

const CLOSE_STORM: Attack = {
  name: 'all close at once, and more come',
  count: { short: 200, long: 5_000 },
  outcomes: ['close 1000', 'ended'],
  async run(arena, count) {
    const atOnce = Math.min(500, count / 2);
    for (let round = 0; round < count / atOnce; round++) {
      const foes = await arena.crowd(atOnce, round % 2 === 0 ? '/' : '/fragments');
      for (const [index, foe] of foes.entries()) {
        if (index % 3 === 0) foe.socket.end();
        else foe.write(closing(index));
      }
      arena.note(...(await Promise.all(foes.map(({ outcome }) => outcome))));
    }
  },
};

/** A close frame; behind some of them more than a close frame may have. */
function closing(index: number): Buffer {
  const frame = frameOf(0x88, Buffer.from([0x03, 0xe8]));
  return index % 3 === 1 ? frame : Buffer.concat([frame, frame, frameOf(TEXT, 'behind the end')]);
}

export const FLOOD_ATTACKS: Attack[] = [
  pingFlood('pings by a peer that does not read', {}, ['close 1008', 'ended'], 10),
  pingFlood('the same without a limit', { maxControlFramesPerSecond: Infinity }, ['open'], 5),
  messageFlood('', 'x'),
  messageFlood('', 'x'.repeat(1_000)),
  messageFlood('handled', 'x', {}, ['open', 'close 1013']), // or too slow for the answers
  messageFlood('fragments', 'x'),
  messageFlood('', 'x', { maxMessagesPerSecond: 100 }, ['close 1008', 'ended']),
  EMPTY_FRAGMENTS,
  TRICKLE,
  HALF_OPEN,
  CLOSE_STORM,
];
