/** What frames make together: pings between, fragments, limits. */
import { type Category, type ConformanceCase, frame, inFragments, inWrites, Op, part } from './case';

const TEN = Array.from({ length: 10 }, (_, number) => `ping ${number}`);
const tenPings = Buffer.concat(TEN.map((payload) => frame(Op.PING, payload)));

export const PINGS: Category = {
  name: 'pings and pongs',
  rules: 'RFC 6455 5.5.2, 5.5.3',
  cases: [
    { title: 'a ping without a payload', send: [frame(Op.PING)], pongs: [''] },
    { title: 'a ping of text', send: [frame(Op.PING, 'Hello, world!')], pongs: ['Hello, world!'] },
    {
      title: 'a ping of bytes',
      send: [frame(Op.PING, Buffer.from([0, 0xff, 0xfe, 0xfd, 0]))],
      pongs: [Buffer.from([0, 0xff, 0xfe, 0xfd, 0])],
    },
    { title: 'a ping of 125 bytes', send: [frame(Op.PING, 'p'.repeat(125))], pongs: ['p'.repeat(125)] },
    { title: 'a ping of 126 bytes', send: [frame(Op.PING, 'p'.repeat(126))], close: 1002 },
    { title: 'a pong of 126 bytes', send: [frame(Op.PONG, 'p'.repeat(126))], close: 1002 },
    {
      title: 'a ping byte by byte',
      send: inWrites(frame(Op.PING, 'p'.repeat(125)), 1),
      pongs: ['p'.repeat(125)],
    },
    { title: 'ten pings in one write', send: [tenPings], pongs: TEN },
    { title: 'ten pings byte by byte', send: inWrites(tenPings, 1), pongs: TEN },
    { title: 'a pong that nobody asked for', send: [frame(Op.PONG)] },
    { title: 'a pong with a payload that nobody asked for', send: [frame(Op.PONG, 'unasked')] },
    {
      title: 'a pong that nobody asked for, a message, and a ping',
      send: [frame(Op.PONG, 'unasked'), frame(Op.TEXT, 'x'), frame(Op.PING, 'asked')],
      echo: ['x'],
      pongs: ['asked'],
    },
    { title: 'a ping in fragments', send: [part(Op.PING, 'a')], close: 1002 },
    { title: 'a pong in fragments', send: [part(Op.PONG)], close: 1002 },
  ],
};

const hello = (bytes: number) => inFragments(Op.TEXT, Buffer.from('Hello, fragments'), bytes);

export const FRAGMENTATION: Category = {
  name: 'fragmentation',
  rules: 'RFC 6455 5.4',
  cases: [
    ...[1, 2, 5, 15].map((bytes) => ({
      title: `a text in fragments of ${bytes}`,
      send: hello(bytes),
      echo: ['Hello, fragments'],
    })),
    ...[1, 2, 5, 15].map((bytes) => ({
      title: `a text in fragments of ${bytes}, in one write`,
      send: [Buffer.concat(hello(bytes))],
      echo: ['Hello, fragments'],
    })),
    {
      title: 'a binary in fragments',
      send: inFragments(Op.BINARY, Buffer.alloc(1_000, 7), 100),
      echo: [Buffer.alloc(1_000, 7)],
    },
    {
      title: 'a last fragment of no bytes',
      send: [part(Op.BINARY, 'x'), frame(Op.CONTINUE)],
      echo: [Buffer.from('x')],
    },
    { title: 'a first fragment of no bytes', send: [part(Op.TEXT), frame(Op.CONTINUE, 'x')], echo: ['x'] },
    {
      title: 'fragments of no bytes, all of them',
      send: [part(Op.TEXT), part(Op.CONTINUE), frame(Op.CONTINUE)],
      echo: [''],
    },
    {
      title: 'a fragment of no bytes in the middle',
      send: [part(Op.TEXT, 'a'), part(Op.CONTINUE), frame(Op.CONTINUE, 'b')],
      echo: ['ab'],
    },
    {
      title: 'pings between fragments',
      send: [part(Op.TEXT, 'a'), frame(Op.PING, 'one'), frame(Op.CONTINUE, 'b'), frame(Op.PING, 'two')],
      echo: ['ab'],
      pongs: ['one', 'two'],
    },
    {
      title: 'a pong between fragments',
      send: [part(Op.TEXT, 'a'), frame(Op.PONG, 'unasked'), frame(Op.CONTINUE, 'b')],
      echo: ['ab'],
    },
    {
      title: 'two messages in fragments, with pings, in one write',
      send: [
        Buffer.concat([
          part(Op.TEXT, 'a'),
          frame(Op.PING, '1'),
          frame(Op.CONTINUE, 'b'),
          part(Op.BINARY, 'c'),
          frame(Op.PING, '2'),
          part(Op.CONTINUE, 'd'),
          frame(Op.CONTINUE, 'e'),
        ]),
      ],
      echo: ['ab', Buffer.from('cde')],
      pongs: ['1', '2'],
    },
    { title: 'a continuation of nothing', send: [frame(Op.CONTINUE, 'x')], close: 1002 },
    { title: 'an unfinished continuation of nothing', send: [part(Op.CONTINUE, 'x')], close: 1002 },
    { title: 'a continuation of nothing, of no bytes', send: [frame(Op.CONTINUE)], close: 1002 },
    {
      title: 'a continuation of nothing, and a message',
      send: [frame(Op.CONTINUE, 'x'), frame(Op.TEXT, 'unseen')],
      close: 1002,
    },
    {
      title: 'a continuation of a message that is complete',
      send: [part(Op.TEXT, 'a'), frame(Op.CONTINUE, 'b'), frame(Op.CONTINUE, 'c')],
      echo: ['ab'],
      close: 1002,
    },
    { title: 'a text inside a text', send: [part(Op.TEXT, 'a'), frame(Op.TEXT, 'b')], close: 1002 },
    { title: 'a binary inside a text', send: [part(Op.TEXT, 'a'), part(Op.BINARY, 'b')], close: 1002 },
    { title: 'a text inside a binary', send: [part(Op.BINARY, 'a'), frame(Op.TEXT, 'b')], close: 1002 },
    {
      title: 'a text inside a message of no bytes so far',
      send: [part(Op.TEXT), frame(Op.TEXT)],
      close: 1002,
    },
  ],
};

const KiB = 1024;
/** A message of this many bytes in frames of this many: what comes back, and what a hub by default says. */
function large(bytes: number, fragmentBytes: number, strict?: ConformanceCase['strict']): ConformanceCase {
  const payload = Buffer.alloc(bytes, 'large');
  const frames = inFragments(Op.BINARY, payload, fragmentBytes);
  const cut = frames.length === 1 ? '' : ` in ${frames.length} fragments`;
  return { title: `${bytes} bytes${cut}`, send: [Buffer.concat(frames)], echo: [payload], strict };
}

const TOO_LONG = { message: { close: 1009 }, fragments: { close: 1009 } };
/** Pieces are no limit where they are handed on as they come. */
const TOO_MANY = { message: { close: 1008 } };

export const LIMITS: Category = {
  name: 'limits',
  rules: 'RFC 6455 7.4.1, 10.4',
  cases: [
    large(64 * KiB, 64 * KiB),
    large(64 * KiB + 1, 64 * KiB + 1, TOO_LONG),
    large(256 * KiB, 256 * KiB, TOO_LONG),
    large(1024 * KiB, 1024 * KiB, TOO_LONG),
    large(4096 * KiB, 4096 * KiB, TOO_LONG),
    large(64 * KiB, 1 * KiB),
    large(64 * KiB, 512),
    large(256 * KiB, 4 * KiB, TOO_LONG),
    large(1024 * KiB, 16 * KiB, TOO_LONG),
    large(1024 * KiB, 256 * KiB, TOO_LONG),
    large(128, 1),
    large(129, 1, TOO_MANY),
    large(1_000, 1, TOO_MANY),
    large(4 * KiB, 16, TOO_MANY),
    {
      title: '64 KiB + 1 bytes in three writes',
      send: [
        Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]),
        Buffer.alloc(64 * KiB),
        Buffer.alloc(1),
      ],
      echo: [Buffer.alloc(64 * KiB + 1)],
      strict: TOO_LONG,
    },
    {
      title: 'a thousand messages in one write',
      send: [Buffer.concat(Array.from({ length: 1_000 }, (_, number) => frame(Op.TEXT, `${number}`)))],
      echo: Array.from({ length: 1_000 }, (_, number) => `${number}`),
    },
  ],
};
