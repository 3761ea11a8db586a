/** Frames as such: lengths, masks, reserved bits, opcodes. */
import { type Category, type ConformanceCase, frame, inWrites, Op, raw } from './case';

const LENGTHS = [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 65_535, 65_536, 65_537];

const lengths: ConformanceCase[] = LENGTHS.flatMap((length) => {
  const [text, bytes] = ['*'.repeat(length), Buffer.alloc(length, 0xfe)];
  const strict = length > 65_536 ? { message: { close: 1009 }, fragments: { close: 1009 } } : undefined;
  return [
    { title: `text of ${length} bytes`, send: [frame(Op.TEXT, text)], echo: [text], strict },
    { title: `binary of ${length} bytes`, send: [frame(Op.BINARY, bytes)], echo: [bytes], strict },
  ];
});

const writes: ConformanceCase[] = [1, 3, 997].map((size) => ({
  title: `text of 1,000 bytes in writes of ${size}`,
  send: inWrites(frame(Op.TEXT, '*'.repeat(1_000)), size),
  echo: ['*'.repeat(1_000)],
}));

export const FRAMING: Category = {
  name: 'framing',
  rules: 'RFC 6455 5.2, 5.3',
  cases: [
    ...lengths,
    ...writes,
    { title: 'a mask of zeros', send: [frame(Op.TEXT, 'plain', { mask: 0 })], echo: ['plain'] },
    { title: 'a mask of ones', send: [frame(Op.TEXT, 'plain', { mask: 0xffffffff })], echo: ['plain'] },
    {
      title: 'a length of 16 bits that needs 7',
      send: [frame(Op.TEXT, 'ab', { lengthBytes: 2 })],
      echo: ['ab'],
    },
    {
      title: 'a length of 64 bits that needs 7',
      send: [frame(Op.TEXT, 'ab', { lengthBytes: 8 })],
      echo: ['ab'],
    },
    {
      title: 'a length of 64 bits that needs 16',
      send: [frame(Op.BINARY, Buffer.alloc(300), { lengthBytes: 8 })],
      echo: [Buffer.alloc(300)],
    },
    {
      title: 'a hundred messages in one write',
      send: [Buffer.concat(Array.from({ length: 100 }, (_, number) => frame(Op.TEXT, `${number}`)))],
      echo: Array.from({ length: 100 }, (_, number) => `${number}`),
    },
    {
      title: 'text and binary by turns',
      send: [Buffer.concat([frame(Op.TEXT, 'a'), frame(Op.BINARY, 'b'), frame(Op.TEXT, 'c')])],
      echo: ['a', Buffer.from('b'), 'c'],
    },
    { title: 'a text without a mask', send: [raw([0x81, 0x01, 0x41], [])], close: 1002 },
    { title: 'a binary without a mask', send: [raw([0x82, 0x00], [])], close: 1002 },
    { title: 'a ping without a mask', send: [raw([0x89, 0x00], [])], close: 1002 },
    { title: 'a close without a mask', send: [raw([0x88, 0x02, 0x03, 0xe8], [])], close: 1002 },
    {
      title: 'a frame without a mask behind one with',
      send: [frame(Op.TEXT, 'good'), raw([0x81, 0x01, 0x41], [])],
      echo: ['good'],
      close: 1002,
    },
    { title: 'a length of 2^53', send: [raw([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0])], close: 1009 },
    {
      title: 'a length of 2^63 - 1',
      send: [raw([0x82, 0xff, 0x7f, ...Array(7).fill(0xff)])],
      close: 1009,
    },
    { title: 'a length of 2^64 - 1', send: [raw([0x82, 0xff, ...Array(8).fill(0xff)])], close: 1009 },
  ],
};

const RESERVED = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70];
const nameOf = (bits: number) => `reserved bits ${(bits >> 4).toString(2).padStart(3, '0')}`;

export const RESERVED_BITS: Category = {
  name: 'reserved bits',
  rules: 'RFC 6455 5.2',
  cases: RESERVED.flatMap((bits) => [
    { title: `${nameOf(bits)} on a text`, send: [raw([0x81 | bits, 0x80])], close: 1002 },
    {
      title: `${nameOf(bits)} on a text behind a good one`,
      send: [frame(Op.TEXT, 'good'), raw([0x81 | bits, 0x80]), frame(Op.PING, 'unseen')],
      echo: ['good'],
      close: 1002,
    },
    { title: `${nameOf(bits)} on a ping`, send: [raw([0x89 | bits, 0x80])], close: 1002 },
  ]),
};

const UNKNOWN = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];

export const OPCODES: Category = {
  name: 'opcodes',
  rules: 'RFC 6455 5.2, 11.8',
  cases: UNKNOWN.flatMap((opcode) => [
    { title: `opcode ${opcode}`, send: [frame(opcode)], close: 1002 },
    {
      title: `opcode ${opcode} with a payload, behind a good message`,
      send: [frame(Op.TEXT, 'good'), frame(opcode, 'unknown'), frame(Op.PING, 'unseen')],
      echo: ['good'],
      close: 1002,
    },
  ]),
};
