/** permessage-deflate as the hub takes it: each message by itself, and none is sent compressed. */
import { deflateMessage } from '../peer-stream';
import { type Category, type ConformanceCase, frame, hex, inFragments, Op, part } from './case';

const hello = 'Hello'.repeat(100);
const wire = deflateMessage(Buffer.from(hello));
const deflated = (opcode: number, payload: Buffer) => frame(opcode, payload, { rsv1: true });
const deflatedPart = (opcode: number, payload: Buffer) =>
  frame(opcode, payload, { rsv1: true, final: false });
const rest = (payload: Buffer, bytes: number) => inFragments(Op.CONTINUE, payload, bytes);

const cases: Omit<ConformanceCase, 'compression'>[] = [
  ...[0, 1, 125, 126, 1_000, 65_535, 65_536].map((length) => ({
    title: `a compressed text of ${length} bytes`,
    send: [deflated(Op.TEXT, deflateMessage(Buffer.alloc(length, 'abc')))],
    echo: [Buffer.alloc(length, 'abc').toString()],
  })),
  { title: 'a compressed binary', send: [deflated(Op.BINARY, wire)], echo: [Buffer.from(hello)] },
  { title: 'a message that is not compressed', send: [frame(Op.TEXT, 'plain')], echo: ['plain'] },
  {
    title: 'compressed messages and others by turns',
    send: [deflated(Op.TEXT, wire), frame(Op.TEXT, 'plain'), deflated(Op.TEXT, wire)],
    echo: [hello, 'plain', hello],
  },
  {
    title: 'the same message twice: no context is taken over',
    send: [Buffer.concat([deflated(Op.TEXT, wire), deflated(Op.TEXT, wire)])],
    echo: [hello, hello],
  },
  ...[1, 2, 7].map((bytes) => ({
    title: `a compressed message in fragments of ${bytes}`,
    send: [deflatedPart(Op.TEXT, wire.subarray(0, bytes)), ...rest(wire.subarray(bytes), bytes)],
    echo: [hello],
  })),
  {
    title: 'a compressed message in fragments, with a ping between and nothing in the last',
    send: [
      deflatedPart(Op.BINARY, wire.subarray(0, 3)),
      frame(Op.PING, 'hi'),
      part(Op.CONTINUE, wire.subarray(3)),
      frame(Op.CONTINUE),
    ],
    echo: [Buffer.from(hello)],
    pongs: ['hi'],
  },
  { title: 'compressed data that is none', send: [deflated(Op.BINARY, hex('ffffff'))], close: 1007 },
  {
    title: 'compressed text that is not UTF-8',
    send: [deflated(Op.TEXT, deflateMessage(hex('ff')))],
    close: 1007,
  },
  {
    title: 'RSV1 on a continuation',
    send: [deflatedPart(Op.TEXT, wire), frame(Op.CONTINUE, '', { rsv1: true })],
    close: 1002,
  },
  { title: 'RSV1 on a ping', send: [deflated(Op.PING, Buffer.alloc(0))], close: 1002 },
  { title: 'RSV1 on a close', send: [deflated(Op.CLOSE, hex('03e8'))], close: 1002 },
  {
    title: 'a bomb: 20 MiB in 20 KB',
    send: [deflated(Op.BINARY, deflateMessage(Buffer.alloc(20 * 1024 * 1024)))],
    close: 1009,
  },
  {
    title: 'a message, and a compressed one with a close at once',
    send: [Buffer.concat([frame(Op.TEXT, 'first'), deflated(Op.TEXT, wire), frame(Op.CLOSE, hex('03e8'))])],
    echo: ['first', hello],
    close: 1000,
  },
];

/** Where it is agreed on. Without that RSV1 is a fault: the category of reserved bits. */
export const COMPRESSION: Category = {
  name: 'compression',
  rules: 'RFC 7692',
  cases: cases.map((one) => ({ ...one, compression: true as const })),
};
