/** The closing handshake. */
import { type Category, closing, frame, hex, inWrites, Op, part } from './case';

const GOOD_CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];
const BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const LONGEST = 'r'.repeat(123);

export const CLOSING: Category = {
  name: 'closing',
  rules: 'RFC 6455 5.5.1, 7',
  cases: [
    { title: 'a close without a code', send: [frame(Op.CLOSE)], close: 1005 },
    ...GOOD_CODES.map((code) => ({
      title: `a close with ${code}`,
      send: [closing(code)],
      close: code,
      reason: '',
    })),
    {
      title: 'a close with a reason',
      send: [closing(1000, 'bye, κόσμε')],
      close: 1000,
      reason: 'bye, κόσμε',
    },
    {
      title: 'a close with a reason of 123 bytes',
      send: [closing(1000, LONGEST)],
      close: 1000,
      reason: LONGEST,
    },
    {
      title: 'a close byte by byte',
      send: inWrites(closing(4_000, 'slow'), 1),
      close: 4_000,
      reason: 'slow',
    },
    { title: 'a close of 126 bytes', send: [closing(1000, 'r'.repeat(124))], close: 1002 },
    { title: 'a close of one byte', send: [frame(Op.CLOSE, 'x')], close: 1002 },
    { title: 'a close in fragments', send: [part(Op.CLOSE)], close: 1002 },
    ...BAD_CODES.map((code) => ({ title: `a close with ${code}`, send: [closing(code)], close: 1002 })),
    ...['ff', 'eda080', 'f09f98'].map((digits) => ({
      title: `a close whose reason is ${digits}`,
      send: [closing(1000, hex(digits))],
      close: 1007,
    })),
    {
      title: 'a message, and a close at once',
      send: [Buffer.concat([frame(Op.TEXT, 'last'), closing(1000)])],
      echo: ['last'],
      close: 1000,
    },
    {
      title: 'a ping, and a close at once',
      send: [Buffer.concat([frame(Op.PING, 'last'), closing(1000)])],
      pongs: ['last'],
      close: 1000,
    },
    {
      title: 'a close inside a message in fragments',
      send: [part(Op.TEXT, 'never complete'), closing(1000)],
      close: 1000,
    },
    {
      title: 'a message behind a close',
      send: [Buffer.concat([closing(1000), frame(Op.TEXT, 'behind')])],
      close: 1000,
    },
    {
      title: 'a ping behind a close',
      send: [Buffer.concat([closing(1000), frame(Op.PING, 'behind')])],
      close: 1000,
    },
    { title: 'a second close', send: [Buffer.concat([closing(4_000), closing(4_001)])], close: 4_000 },
    {
      title: 'garbage behind a close',
      send: [Buffer.concat([frame(Op.TEXT, 'before'), closing(1000), Buffer.alloc(300, 0xff)])],
      echo: ['before'],
      close: 1000,
    },
    {
      title: 'a message in fragments that is finished behind a close',
      send: [Buffer.concat([part(Op.TEXT, 'a'), closing(1000), frame(Op.CONTINUE, 'b')])],
      close: 1000,
    },
    {
      title: '60 KiB, and a close at once',
      send: [frame(Op.BINARY, Buffer.alloc(60 * 1024, 1)), closing(1000)],
      echo: [Buffer.alloc(60 * 1024, 1)],
      close: 1000,
    },
  ],
};
