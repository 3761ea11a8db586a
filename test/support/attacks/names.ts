/** Subscriptions: many, odd and huge names; and what is left of them. */
import type { Arena, Attack } from './arena';
import { Foe, frameOf, rawFrame } from './foe';

const TEXT = 0x81;
const MiB = 2 ** 20;

/** Names that have brought others down. */
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'nul\0nul',
  '*',
  '**/*',
  '(a+)+$',
  '../../etc/passwd',
  '\u202e',
  '\ufeff',
  'é'.repeat(127),
  'x'.repeat(255),
  'x'.repeat(256),
  'é'.repeat(128),
  ' ',
  '%',
  '%zz',
  '\r\n',
  '\u001b[31m',
];
/** In a path also what is no UTF-8: a lone surrogate, an overlong form, half a character. */
const ODD_PATHS = ['%ed%a0%80', '%c0%af', '%f0%9f', '%00', '%2e%2e%2f', '%', '//', '?', '#', '%25', ';'];

const OVER_HTTP = ['open', 'ended', 'HTTP 400', 'HTTP 404', 'HTTP 414', 'HTTP 431', 'HTTP 503'];

/** How a handshake for this ends. */
async function asked(arena: Arena, path: string, headers: string[] = []): Promise<void> {
  const foe = await Foe.open(arena.port, path, headers);
  await arena.conclude([foe]);
}

const NAMES: Attack = {
  name: 'odd names by path, subprotocol and handler',
  count: { short: 100, long: 3_000 },
  outcomes: [...OVER_HTTP, 'close 1009', 'close 1007'],
  maxGrowthMiB: 48,
  async run(arena, count) {
    await arena.eachOf(count, 20, async (index) => {
      const name = arena.random.pick(ODD_NAMES);
      if (index % 4 === 0) await asked(arena, `/${arena.random.pick(ODD_PATHS)}`);
      else if (index % 4 === 1) await asked(arena, `/${encodeURIComponent(name)}`);
      else if (index % 4 === 2) await asked(arena, '/', [`Sec-WebSocket-Protocol: ${tokenOf(name)}`]);
      else await named(arena, index % 8 === 3 ? name : 'x'.repeat(index % 16 === 7 ? MiB : 60_000));
    });
    const channels = Object.keys((await arena.stats()).channels);
    arena.notes = `${channels.length} channels while it ran`;
  },
};

/** What a header may carry of it. */
function tokenOf(name: string): string {
  return Buffer.from(name)
    .toString('latin1')
    .replace(/[\r\n\0]/g, ' ');
}

async function named(arena: Arena, name: string): Promise<void> {
  const foe = await arena.open('/handled');
  const bytes = Buffer.from(name);
  foe.write(rawFrame(TEXT, bytes.length, bytes));
  await arena.conclude([foe]);
}

/** As many as a connection may have beside its own, and one that is refused. */
const LIMIT = 128;
const REFUSED = 1;

const CHURN: Attack = {
  name: `connect, subscribe to ${LIMIT}, close`,
  count: { short: 60, long: 1_000 },
  // Places of channels that nobody has come free within 250 ms: till then there must be others.
  hub: { maxSubscriptions: LIMIT + 1, maxChannels: 32_768 },
  outcomes: ['open', `${LIMIT} subscribed`],
  async run(arena, count) {
    const round = async (index: number) => {
      const foe = await arena.open('/handled');
      // Half of the names come again and again, the others once.
      const name = (number: number) => (number % 2 === 0 ? `shared-${number}` : `${index}-${number}`);
      const names = Array.from({ length: LIMIT + REFUSED }, (_, number) => name(number));
      foe.write(frameOf(TEXT, names.join('\n')));
      arena.note(`${await foe.said()} subscribed`);
      await arena.conclude([foe]);
    };
    await arena.eachOf(Math.ceil(count / 4), 4, round);
    await arena.settled();
    const before = await restingHeap(arena);
    await arena.eachOf(count, 4, (index) => round(count + index));
    await arena.settled();
    const after = await restingHeap(arena);
    const growth = (after / before - 1) * 100;
    arena.notes = `heap ${growth.toFixed(1)} %, ${await channelsLeft(arena)} channels left`;
    if (growth > 5) throw new Error(`the service thread's heap grew by ${growth.toFixed(1)} %`);
  },
};

/** Heap of the service thread once the channels that nobody has are gone. */
async function restingHeap(arena: Arena): Promise<number> {
  for (let look = 0; (await channelsLeft(arena)) > 0; look++) {
    if (look > 500) throw new Error(`${await channelsLeft(arena)} channels stay that nobody has`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return arena.heapBytes();
}

/** Channels beside those that the options name. */
async function channelsLeft(arena: Arena): Promise<number> {
  const { channels } = await arena.stats();
  const named = ['witness', 'fragments', 'handled', 'handled-fragments'];
  return Object.keys(channels).filter((name) => !named.includes(name)).length;
}

export const NAME_ATTACKS: Attack[] = [NAMES, CHURN];
