import { once } from 'node:events';
import type { DisconnectInfo, Hub, ReceiveMode } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { deflateMessage, encodePeerFrame } from '../support/peer-stream';
import { handshake, nextConnection, RawPeer } from '../support/ws-peer';

afterAll(endAll);

/**
 * What peers send, frame by frame, and what must come of it: the same table for channels that receive whole messages (by
 * ws) and for those that receive fragments (by a receiver of our own).
 */
interface Case {
  title: string;
  send: Buffer[];
  /** Messages that the application gets. */
  messages?: (string | Buffer)[];
  pongs?: string[];
  /** The close frame that the peer gets. */
  close?: number;
  /** What the event `disconnect` tells, where that is not `close`. */
  told?: number;
  compression?: boolean;
}

type Options = { final?: boolean; rsv1?: boolean; lengthBytes?: 2 | 8; mask?: number };

function frame(opcode: number, payload: string | Buffer, options: Options = {}): Buffer {
  return encodePeerFrame({ opcode, payload: Buffer.from(payload as string), final: true, ...options });
}
const part = { final: false };
const [CONTINUE, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const closeFrame = (code: number, reason: string | Buffer = '') =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)]));
/** A frame whose first two bytes are these, with a mask of zeros. */
const rude = (first: number, second: number, rest: number[] = [0, 0, 0, 0]) =>
  Buffer.from([first, second, ...rest]);
const utf8 = (hex: string) => Buffer.from(hex, 'hex');

const LENGTHS = [0, 1, 125, 126, 127, 128, 65_535, 65_536];
const good: Case[] = [
  ...LENGTHS.map((length) => ({
    title: `text of ${length} bytes`,
    send: [frame(TEXT, '*'.repeat(length))],
    messages: ['*'.repeat(length)],
  })),
  ...LENGTHS.map((length) => ({
    title: `binary of ${length} bytes`,
    send: [frame(BINARY, Buffer.alloc(length, 0xfe))],
    messages: [Buffer.alloc(length, 0xfe)],
  })),
  { title: 'a mask of zeros', send: [frame(TEXT, 'plain', { mask: 0 })], messages: ['plain'] },
  {
    title: 'a length of 16 bits that needs 7',
    send: [frame(TEXT, 'ab', { lengthBytes: 2 })],
    messages: ['ab'],
  },
  {
    title: 'a length of 64 bits that needs 7',
    send: [frame(TEXT, 'ab', { lengthBytes: 8 })],
    messages: ['ab'],
  },
  {
    title: 'two fragments',
    send: [frame(TEXT, 'frag', part), frame(CONTINUE, 'ment')],
    messages: ['fragment'],
  },
  {
    title: 'a character across fragments',
    send: [frame(TEXT, utf8('f09f'), part), frame(CONTINUE, utf8('98'), part), frame(CONTINUE, utf8('80'))],
    messages: ['😀'],
  },
  {
    title: 'a last fragment of no bytes',
    send: [frame(BINARY, 'x', part), frame(CONTINUE, '')],
    messages: [Buffer.from('x')],
  },
  {
    title: 'fragments of no bytes, all of them',
    send: [frame(TEXT, '', part), frame(CONTINUE, '', part), frame(CONTINUE, '')],
    messages: [''],
  },
  {
    title: 'pings between and behind fragments',
    send: [frame(TEXT, 'a', part), frame(PING, 'one'), frame(CONTINUE, 'b'), frame(PING, '')],
    messages: ['ab'],
    pongs: ['one', ''],
  },
  { title: 'a ping of 125 bytes', send: [frame(PING, 'p'.repeat(125))], pongs: ['p'.repeat(125)] },
  { title: 'pongs that nobody asked for', send: [frame(PONG, 'x'), frame(TEXT, 'y')], messages: ['y'] },
  { title: 'a close without a code', send: [frame(CLOSE, '')], close: 1005, told: 1005 },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((code) => ({
    title: `a close with ${code}`,
    send: [closeFrame(code, 'bye')],
    close: code,
    told: code,
  })),
  {
    title: 'a close inside a fragmented message',
    send: [frame(TEXT, 'never complete', part), closeFrame(1000)],
    close: 1000,
    told: 1000,
  },
  {
    title: 'nothing behind a close frame',
    send: [Buffer.concat([frame(TEXT, 'before'), closeFrame(1000), frame(TEXT, 'behind')])],
    messages: ['before'],
    close: 1000,
    told: 1000,
  },
];

const DEFLATED = deflateMessage(Buffer.from('Hello'.repeat(100)));
const compressed: Case[] = [
  {
    title: 'a compressed message',
    send: [frame(TEXT, DEFLATED, { rsv1: true })],
    messages: ['Hello'.repeat(100)],
  },
  {
    title: 'a compressed message in fragments, with a ping between',
    send: [
      frame(BINARY, DEFLATED.subarray(0, 3), { rsv1: true, final: false }),
      frame(PING, 'hi'),
      frame(CONTINUE, DEFLATED.subarray(3), part),
      frame(CONTINUE, ''),
    ],
    messages: [Buffer.from('Hello'.repeat(100))],
    pongs: ['hi'],
  },
  {
    title: 'compressed messages and others by turns',
    send: [
      frame(TEXT, DEFLATED, { rsv1: true }),
      frame(TEXT, 'plain'),
      frame(TEXT, DEFLATED, { rsv1: true }),
    ],
    messages: ['Hello'.repeat(100), 'plain', 'Hello'.repeat(100)],
  },
  {
    title: 'an empty compressed message',
    send: [frame(TEXT, deflateMessage(Buffer.alloc(0)), { rsv1: true })],
    messages: [''],
  },
  {
    title: 'compressed data that is none',
    send: [frame(BINARY, utf8('ffffff'), { rsv1: true })],
    close: 1007,
  },
  {
    title: 'compressed text that is not UTF-8',
    send: [frame(TEXT, deflateMessage(utf8('ff')), { rsv1: true })],
    close: 1007,
  },
  {
    title: 'RSV1 on a continuation',
    send: [frame(TEXT, DEFLATED, { rsv1: true, final: false }), frame(CONTINUE, '', { rsv1: true })],
    close: 1002,
  },
  { title: 'RSV1 on a ping', send: [frame(PING, '', { rsv1: true })], close: 1002 },
].map((one) => ({ ...one, compression: true }));

const bad: Case[] = [
  ...[0x10, 0x20, 0x30, 0x40].map((bits) => ({
    title: `reserved bits ${bits.toString(16)}`,
    send: [rude(0x81 | bits, 0x80)],
    close: 1002,
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    title: `opcode ${opcode}`,
    send: [rude(0x80 | opcode, 0x80)],
    close: 1002,
  })),
  { title: 'a frame without a mask', send: [rude(0x81, 0x01, [0x41])], close: 1002 },
  { title: 'a ping without a mask', send: [rude(0x89, 0x00, [])], close: 1002 },
  { title: 'a continuation of nothing', send: [frame(CONTINUE, 'x')], close: 1002 },
  { title: 'an unfinished continuation of nothing', send: [frame(CONTINUE, 'x', part)], close: 1002 },
  {
    title: 'a continuation of a message that is complete',
    send: [frame(TEXT, 'a', part), frame(CONTINUE, 'b'), frame(CONTINUE, 'c')],
    messages: ['ab'],
    close: 1002,
  },
  { title: 'a message inside a message', send: [frame(TEXT, 'a', part), frame(TEXT, 'b')], close: 1002 },
  { title: 'a binary inside a text', send: [frame(TEXT, 'a', part), frame(BINARY, 'b', part)], close: 1002 },
  { title: 'a ping in fragments', send: [frame(PING, 'a', part)], close: 1002 },
  { title: 'a pong in fragments', send: [frame(PONG, '', part)], close: 1002 },
  { title: 'a close in fragments', send: [frame(CLOSE, '', part)], close: 1002 },
  { title: 'a ping of 126 bytes', send: [frame(PING, 'p'.repeat(126))], close: 1002 },
  { title: 'a close of 126 bytes', send: [closeFrame(1000, 'r'.repeat(124))], close: 1002 },
  { title: 'a close of one byte', send: [frame(CLOSE, 'x')], close: 1002 },
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map((code) => ({
    title: `a close with ${code}`,
    send: [closeFrame(code)],
    close: 1002,
  })),
  { title: 'a close whose reason is not UTF-8', send: [closeFrame(1000, utf8('ceba80ff'))], close: 1007 },
  ...['ff', 'c080', 'eda080', 'f4908080', 'f09f98', '80', 'e282'].map((hex) => ({
    title: `text of the bytes ${hex}`,
    send: [frame(TEXT, utf8(hex))],
    close: 1007,
  })),
  {
    title: 'text that ends within a character, in fragments',
    send: [frame(TEXT, utf8('f09f'), part), frame(CONTINUE, utf8('98'))],
    close: 1007,
  },
  {
    title: 'text that is wrong across fragments',
    send: [frame(TEXT, utf8('eda0'), part), frame(CONTINUE, utf8('80'))],
    close: 1007,
  },
  { title: 'a length of 2^53', send: [rude(0x82, 0xff, [0, 0x20, 0, 0, 0, 0, 0, 0])], close: 1009 },
  { title: 'a length of 2^64 - 1', send: [rude(0x82, 0xff, Array(8).fill(0xff))], close: 1009 },
];

/** Messages as the application gets them, whichever way its channel receives. */
function listen(hub: Hub): (string | Buffer)[] {
  const messages: (string | Buffer)[] = [];
  hub.on('message', (_info, data) => messages.push(typeof data === 'string' ? data : Buffer.from(data)));
  let parts: Uint8Array[] = [];
  hub.on('fragment', (_info, bytes, { first, final, remaining, binary }) => {
    if (first) parts = [];
    parts.push(bytes);
    if (!final || remaining > 0) return;
    const whole = Buffer.concat(parts);
    messages.push(binary ? whole : whole.toString());
  });
  return messages;
}

async function open(hub: Hub, compression: boolean): Promise<RawPeer> {
  if (!compression) return RawPeer.open(hub.port, '/protocol');
  const peer = new RawPeer(hub.port);
  peer.socket.write(handshake('/protocol', ['Sec-WebSocket-Extensions: permessage-deflate']));
  const { headers } = await peer.answer();
  expect(headers['sec-websocket-extensions']).toContain('client_no_context_takeover');
  return peer;
}

const MODES: ReceiveMode[] = ['message', 'fragments'];

describe.each(MODES)('the protocol, on a channel that receives %s', (receive) => {
  let hub: Hub;
  let messages: (string | Buffer)[];
  beforeAll(async () => {
    hub = await startHub({
      channels: { protocol: { receive } },
      maxMessageBytes: 65_536,
      inboundCompression: true,
    });
    messages = listen(hub);
  });
  beforeEach(() => messages.splice(0));

  async function check(one: Case, cut: (bytes: Buffer) => Buffer[]): Promise<void> {
    messages.length = 0;
    const peer = await open(hub, one.compression === true);
    const gone = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
    for (const bytes of one.send.flatMap(cut)) peer.socket.write(bytes);
    if (one.close === undefined) peer.socket.write(closeFrame(4_321));
    await peer.until((frames) => frames.some(({ opcode }) => opcode === 8));
    const payload = peer.frames.find(({ opcode }) => opcode === 8)?.payload;
    const code = payload?.length === 0 ? 1005 : payload?.readUInt16BE(0);
    const [{ code: told }] = await gone;
    const pongs = peer.frames.filter(({ opcode }) => opcode === 10).map((pong) => pong.payload.toString());
    expect({ title: one.title, messages, code, told }).toEqual({
      title: one.title,
      messages: one.messages ?? [],
      code: one.close ?? 4_321,
      told: one.told ?? one.close ?? 4_321,
    });
    // Only the newest few of the pongs that are due are sent (RFC 6455 section 5.5.3).
    for (const pong of pongs) expect(one.pongs).toContain(pong);
  }

  it.each([
    ['is kept', good],
    ['is kept by compressed messages', compressed],
    ['is not kept', bad],
  ])('where it %s', async (_where, cases) => {
    for (const one of cases) await check(one, (bytes) => [bytes]);
  });

  it('is the same when every byte comes alone', async () => {
    for (const one of [...good, ...compressed, ...bad]) {
      if (one.send.some(({ length }) => length > 1_000)) continue;
      await check(one, (bytes) => Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)));
    }
  });

  it('answers pings, the last one in any case, and goes on', async () => {
    const peer = await open(hub, false);
    peer.socket.write(Buffer.concat([frame(PING, 'one'), frame(TEXT, 'x', part), frame(PING, 'two')]));
    await peer.until((frames) => frames.some(({ payload }) => payload.toString() === 'two'));
    expect(peer.frames.every(({ opcode }) => opcode === 10)).toBe(true);
    peer.socket.write(frame(CONTINUE, 'y'));
    await until(() => messages.length === 1, 'the message is complete');
    expect(messages).toEqual(['xy']);
  });

  it('is over when the peer closes its end, or resets it, without a close frame', async () => {
    for (const leave of [
      (peer: RawPeer) => peer.socket.end(),
      (peer: RawPeer) => peer.socket.resetAndDestroy(),
    ]) {
      const peer = await open(hub, false);
      const gone = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
      peer.socket.write(frame(TEXT, 'unfinished', part));
      leave(peer);
      expect((await gone)[0]).toMatchObject({ code: 1006 });
      await peer.ended;
    }
    expect(messages).toEqual([]);
  });

  it('waits for the answer to a close frame, but not for ever', async () => {
    const coming = nextConnection(hub);
    const peer = await open(hub, false);
    const { id } = await coming;
    peer.socket.pause();
    const gone = new Promise<DisconnectInfo>((resolve) =>
      hub.on('disconnect', (info) => info.id === id && resolve(info)),
    );
    expect(await hub.disconnect(id, 4_000, 'go')).toBe(true);
    expect(await gone).toMatchObject({ code: 4_000, reason: 'go' });
  });
});
