/** Frames that announce more than they may, fragments without end, and data that inflates without end. */
import { constants, createDeflateRaw } from 'node:zlib';
import type { Arena, Attack } from './arena';
import { type Foe, frameOf, rawFrame } from './foe';

const [BINARY, TEXT] = [0x82, 0x81];
const [OPEN_BINARY, MIDDLE] = [0x02, 0x00];
const COMPRESSED = 0x40;

const LENGTHS = [65_537n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n];

function oversized(path: string, lengths: bigint[], outcomes: string[]): Attack {
  return {
    name: `headers of oversized frames, ${path}`,
    count: { short: 100, long: 1_000 },
    outcomes,
    maxGrowthMiB: 16,
    async run(arena, count) {
      const foes = await arena.crowd(count, `/${path}`);
      await arena.begin();
      for (const [index, foe] of foes.entries()) foe.write(rawFrame(BINARY, lengths[index % lengths.length]));
      arena.note(...(await Promise.all(foes.map(({ outcome }) => outcome))));
    },
  };
}

/** All in messages that never end: how much each pins. */
function endless(name: string, fragments: number, outcomes: string[]): Attack {
  return {
    name,
    count: { short: 100, long: 1_000 },
    outcomes,
    maxGrowthMiB: 130,
    async run(arena, count) {
      const foes = await arena.crowd(count, '/');
      await arena.begin();
      const middle = Buffer.concat(Array.from({ length: fragments - 1 }, () => frameOf(MIDDLE, 'x')));
      for (const foe of foes) foe.write(Buffer.concat([frameOf(OPEN_BINARY, 'x'), middle]));
      const ends = await Promise.all(foes.map((foe) => foe.heard()));
      arena.measure();
      arena.note(...ends);
      for (const foe of foes) foe.reset();
    },
  };
}

/** So many zeros, as a sender of compressed messages would send them. */
async function bomb(bytes: number): Promise<Buffer> {
  const deflate = createDeflateRaw({ level: 9 });
  const made: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => made.push(piece));
  const zeros = Buffer.alloc(1024 * 1024);
  for (let left = bytes; left > 0; left -= zeros.length) {
    const room = deflate.write(zeros.subarray(0, Math.min(left, zeros.length)));
    if (!room) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  deflate.destroy();
  return Buffer.concat(made).subarray(0, -4);
}

const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate'];

function bombs(
  path: string,
  inflatedBytes: number,
  options: object,
  outcomes: string[],
  maxGrowthMiB: number,
): Attack {
  return {
    name: `deflate bombs of ${inflatedBytes / 2 ** 20} MiB, /${path}`,
    count: { short: 4, long: 4 },
    hub: { inboundCompression: true, ...options },
    outcomes,
    maxGrowthMiB,
    async run(arena, count) {
      const bytes = await bomb(inflatedBytes);
      const foes = await arena.crowd(count, `/${path}`, DEFLATE);
      await warmUp(arena, path);
      await arena.begin();
      for (const foe of foes) foe.write(rawFrame(BINARY | COMPRESSED, bytes.length, bytes));
      await arena.conclude(foes);
      arena.notes = `${bytes.length} bytes each`;
    },
  };
}

/** The first compressed message makes threads and code that stay. */
async function warmUp(arena: Arena, path: string): Promise<void> {
  const foes: Foe[] = await arena.crowd(4, `/${path}`, DEFLATE);
  const bytes = await bomb(10_000);
  for (const foe of foes) foe.write(rawFrame(TEXT | COMPRESSED, bytes.length, bytes));
  await Promise.all(foes.map((foe) => foe.heard()));
  for (const foe of foes) foe.reset();
}

export const LENGTH_ATTACKS: Attack[] = [
  oversized('', LENGTHS, ['close 1009', 'close 1002']),
  oversized('fragments', LENGTHS.slice(2), ['close 1009', 'close 1002']),
  endless('127 fragments and no end', 127, ['open']),
  endless('129 fragments', 129, ['close 1008']),
  bombs('', 60 * 2 ** 20, {}, ['close 1009'], 10),
  bombs('', 99 * 2 ** 20, { maxMessageBytes: 2 ** 20 }, ['close 1009'], 10),
  // It is handed out in pieces as it inflates, and none is kept; but V8 lets 64 MiB of such garbage gather.
  bombs('fragments', 60 * 2 ** 20, {}, ['open'], 80),
];
