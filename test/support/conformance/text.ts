/** Text must be UTF-8 (RFC 3629), wherever frames and writes cut it. */
import { type Category, type ConformanceCase, frame, hex, inFragments, inWrites, Op, part } from './case';

/** The ends of each length, the neighbours of the surrogates, and what is no character but may be sent. */
const VALID = [
  '00',
  '7f',
  'c280',
  'dfbf',
  'e0a080',
  'efbfbf',
  'f0908080',
  'f48fbfbf',
  'ed9fbf',
  'ee8080',
  'efbfbd',
  'efbfbe',
  'f09fbfbe',
  'f09fbfbf',
  'f0afbfbe',
  'f3bfbfbf',
  'efb790',
  'efb7af',
  'ceba e1bdb9 cf83 cebc ceb5',
  'f09f9880',
  'efbbbf',
  'e282ac 24 c2a2',
];
/** Bytes that begin nothing, lone continuations, surrogates, overlong forms, past U+10FFFF, cut short. */
const INVALID = [
  '80',
  'bf',
  '8080',
  '80bf80bf',
  'c0',
  'c1',
  'c080',
  'c1bf',
  'e08080',
  'e09fbf',
  'f0808080',
  'f08fbfbf',
  'eda080',
  'edafbf',
  'edb080',
  'edbfbf',
  'eda080edb080',
  'f4908080',
  'f5808080',
  'f8888080 80',
  'fc848080 8080',
  'fe',
  'ff',
  'feff',
  'c2',
  'e0a0',
  'e282',
  'f09f98',
  'f48f',
  'c220',
  'e28220',
  'f09f9820',
  '48 ff 49',
  'ceba e1bdb9 cf83 eda080 65',
];

const FAULT = { close: 1007 };
const sample = hex('ceba e1bdb9 cf83 cebc ceb5 f09f9880');

const valid: ConformanceCase[] = VALID.flatMap((digits) => [
  { title: `text of ${digits}`, send: [frame(Op.TEXT, hex(digits))], echo: [hex(digits).toString()] },
  {
    title: `text of ${digits}, a byte a fragment`,
    send: inFragments(Op.TEXT, hex(digits), 1),
    echo: [hex(digits).toString()],
  },
]);

const split: ConformanceCase[] = Array.from({ length: sample.length - 1 }, (_, before) => ({
  title: `text cut into two fragments at byte ${before + 1}`,
  send: [part(Op.TEXT, sample.subarray(0, before + 1)), frame(Op.CONTINUE, sample.subarray(before + 1))],
  echo: [sample.toString()],
}));

const invalid: ConformanceCase[] = INVALID.map((digits) => ({
  title: `text of ${digits}`,
  send: [frame(Op.TEXT, hex(digits))],
  ...FAULT,
}));

/** The message is not complete: where pieces are looked at as they come, the fault is found, and elsewhere at its end. */
const early: ConformanceCase[] = ['ff', 'c080', 'eda080', 'f4908080'].flatMap((digits) => [
  {
    title: `a fragment of ${digits}, and no end`,
    send: [part(Op.TEXT, hex(digits))],
    instead: { fragments: FAULT },
  },
  {
    title: `a fragment of ${digits}, and an end that is good`,
    send: [part(Op.TEXT, hex(digits)), frame(Op.CONTINUE, 'good')],
    ...FAULT,
  },
]);

export const UTF8: Category = {
  name: 'UTF-8',
  rules: 'RFC 6455 8.1, RFC 3629',
  cases: [
    ...valid,
    ...split,
    { title: 'text byte by byte', send: inWrites(frame(Op.TEXT, sample), 1), echo: [sample.toString()] },
    {
      title: 'a ping inside a character',
      send: [part(Op.TEXT, hex('f09f')), frame(Op.PING, 'hi'), frame(Op.CONTINUE, hex('9880'))],
      echo: ['😀'],
      pongs: ['hi'],
    },
    ...invalid,
    ...early,
    {
      title: 'text that ends within a character, in fragments',
      send: [part(Op.TEXT, hex('f09f')), frame(Op.CONTINUE, hex('98'))],
      ...FAULT,
    },
    {
      title: 'bytes that are no text, as a binary',
      send: [frame(Op.BINARY, hex('eda080ff'))],
      echo: [hex('eda080ff')],
    },
    {
      title: 'a good message before one that is no text',
      send: [Buffer.concat([frame(Op.TEXT, 'good'), frame(Op.TEXT, hex('ff'))])],
      echo: ['good'],
      ...FAULT,
    },
  ],
};
