/** What breaks the protocol: frame by frame, at random, and by going away at every step of it. */
import { once } from 'node:events';
import type { Random } from '../random';
import { handshake } from '../ws-peer';
import type { Attack } from './arena';
import { Foe, frameOf, rawFrame } from './foe';

const unmasked = Buffer.from([0x81, 0x01, 0x78]);
const part = frameOf(0x01, 'part');

/** Each with the code that answers it. */
const WRONG_FRAMES: [Buffer, number][] = [
  [unmasked, 1002],
  [frameOf(0xc1, 'rsv1'), 1002],
  [frameOf(0xa1, 'rsv2'), 1002],
  [frameOf(0x91, 'rsv3'), 1002],
  [frameOf(0x83, 'opcode 3'), 1002],
  [frameOf(0x8b, 'opcode 11'), 1002],
  [frameOf(0x80, 'a continuation of nothing'), 1002],
  [Buffer.concat([part, frameOf(0x81, 'another')]), 1002],
  [frameOf(0x09, 'a ping in fragments'), 1002],
  [rawFrame(0x89, 126, 'p'.repeat(126)), 1002],
  [frameOf(0x88, 'x'), 1002],
  [frameOf(0x88, Buffer.from([0x03, 0xec])), 1002],
  [frameOf(0x88, Buffer.from([0xff, 0xff])), 1002],
  [frameOf(0x88, Buffer.from([0x03, 0xe8, 0xff])), 1007],
  [frameOf(0x81, Buffer.from([0xc0, 0xaf])), 1007],
  [Buffer.concat([frameOf(0x01, Buffer.from([0xf0])), frameOf(0x80, 'x')]), 1007],
];

function protocolErrors(path: string): Attack {
  return {
    name: `protocol errors, /${path}`,
    count: { short: 64, long: 1_600 },
    outcomes: ['close 1002', 'close 1007'],
    async run(arena, count) {
      await arena.eachOf(count, 16, async (index) => {
        const [bytes, code] = WRONG_FRAMES[index % WRONG_FRAMES.length];
        const foe = await arena.open(`/${path}`);
        foe.write(bytes);
        const outcome = await foe.outcome;
        arena.note(outcome);
        if (outcome !== `close ${code}`) throw new Error(`${bytes.toString('hex')} was answered ${outcome}`);
      });
    },
  };
}

/** A conversation, by what the peer has sent when it goes. */
const STEPS = [
  '',
  'GET',
  handshake('/').slice(0, 60),
  handshake('/').slice(0, -2),
  handshake('/'),
  handshake('/fragments'),
  ...['/', '/fragments'].flatMap((path) => [
    Buffer.concat([Buffer.from(handshake(path)), frameOf(0x81, 'hello').subarray(0, 1)]),
    Buffer.concat([Buffer.from(handshake(path)), frameOf(0x81, 'hello').subarray(0, 8)]),
    Buffer.concat([Buffer.from(handshake(path)), part]),
    Buffer.concat([Buffer.from(handshake(path)), frameOf(0x89, 'ping'), frameOf(0x81, 'hello')]),
    Buffer.concat([Buffer.from(handshake(path)), frameOf(0x88, Buffer.from([0x03, 0xe8]))]),
    Buffer.concat([Buffer.from(handshake(path)), unmasked]),
  ]),
  handshake('/witness'),
];
/** How a peer goes. */
const GOINGS = ['reset', 'end', 'reset when answered', 'end when answered'] as const;

const GOING_AWAY: Attack = {
  name: `RST and FIN at each of ${STEPS.length} steps`,
  count: { short: STEPS.length * GOINGS.length, long: STEPS.length * GOINGS.length * 100 },
  outcomes: ['ended', 'HTTP 400', 'HTTP 408', 'close 1000', 'close 1002'],
  async run(arena, count) {
    await arena.eachOf(count, 30, async (index) => {
      const going = GOINGS[Math.floor(index / STEPS.length) % GOINGS.length];
      const step = STEPS[index % STEPS.length];
      const foe = new Foe(arena.port);
      await once(foe.socket, 'connect');
      if (step.length > 0) foe.write(step);
      const answered = step.length > handshake('/').length - 3;
      if (going.endsWith('answered') && answered) await once(foe.socket, 'data').catch(() => {});
      if (going.startsWith('reset')) foe.reset();
      else foe.socket.end();
      arena.note(await foe.outcome);
    });
  },
};

/** Anything that a hub may answer what is no protocol. */
const ANY_END = ['ended', 'close 1000', 'close 1002', 'close 1005', 'close 1007', 'close 1008', 'close 1009'];
const ANY_CODE = Array.from({ length: 2_000 }, (_, code) => `close ${3_000 + code}`);
const ANSWERED_CODES = [1001, 1003, 1010, 1011, 1012, 1013, 1014].map((code) => `close ${code}`);

function atRandom(name: string, path: string, hub: object, make: (random: Random) => Buffer): Attack {
  const headers = 'inboundCompression' in hub ? ['Sec-WebSocket-Extensions: permessage-deflate'] : [];
  return {
    name,
    count: { short: 250, long: 25_000 },
    hub,
    outcomes: [...ANY_END, ...ANSWERED_CODES, ...ANY_CODE],
    maxGrowthMiB: 96,
    async run(arena, count) {
      await arena.eachOf(count, 25, async () => {
        const foe = await arena.open(`/${path}`, headers);
        const bytes = make(arena.random);
        const cut = arena.random.below(bytes.length + 1);
        foe.write(bytes.subarray(0, cut));
        foe.write(bytes.subarray(cut));
        foe.socket.end();
        arena.note(await foe.outcome);
        foe.reset();
      });
      const foe = await arena.open(`/${path}`, headers); // and who is no foe is still served
      if ((await foe.heard()) !== 'open') throw new Error('a good peer was not served');
      foe.reset();
    },
  };
}

const noise = (random: Random) => random.bytes(1 + random.below(4_096));

/** A few frames, most of them right; each part of a header is wrong now and then. */
function frames(random: Random): Buffer {
  const OPCODES = [0, 0, 1, 1, 2, 2, 8, 9, 10];
  const stream = Array.from({ length: 1 + random.below(8) }, () => {
    const opcode = random.onceIn(20) ? random.below(16) : random.pick(OPCODES);
    const control = opcode >= 8;
    const final = control || random.onceIn(2) ? 0x80 : 0;
    const reserved = random.onceIn(8) ? random.below(8) << 4 : 0;
    const length = random.below(control ? 126 : random.pick([2, 20, 300, 70_000]));
    const payload = random.onceIn(2) ? Buffer.alloc(length, 'a') : random.bytes(length);
    if (opcode === 8 && length >= 2) payload.writeUInt16BE(random.pick([1_000, 3_000, 4_999, 999]), 0);
    const said = random.onceIn(25) ? random.below(2 ** 31) : length;
    const frame = rawFrame(final | reserved | opcode, said, payload);
    if (random.onceIn(30)) frame[1] &= 0x7f;
    if (random.onceIn(30)) frame[random.below(frame.length)] ^= 1 << random.below(8);
    return frame;
  });
  return Buffer.concat(stream);
}

const DEFLATED = { inboundCompression: true };

export const WRONG_ATTACKS: Attack[] = [
  protocolErrors(''),
  protocolErrors('fragments'),
  GOING_AWAY,
  atRandom('random bytes', '', {}, noise),
  atRandom('random bytes, /fragments', 'fragments', {}, noise),
  atRandom('random frames', '', {}, frames),
  atRandom('random frames, /fragments', 'fragments', {}, frames),
  atRandom('random frames, with compression', '', DEFLATED, frames),
  atRandom('random frames, with compression, /fragments', 'fragments', DEFLATED, frames),
];
