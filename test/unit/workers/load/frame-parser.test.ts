import fc from 'fast-check';
import * as ws from 'ws';
import { FrameParser } from '../../../../src/workers/load/frame-parser';

/** A parser that notes what it tells, fed out of memory that is overwritten after each push, as a thread's read buffer is. */
class Ear {
  readonly told: string[] = [];
  readonly parser: FrameParser;
  onMessage: () => void = () => {};

  constructor(maxMessageBytes?: number) {
    const hex = (bytes: Buffer, start: number, end: number) => bytes.toString('hex', start, end);
    this.parser = new FrameParser(
      {
        message: (bytes, start, end, binary) => {
          this.told.push(`${binary ? 'binary' : 'text'} ${hex(bytes, start, end)}`);
          this.onMessage();
        },
        ping: (bytes, start, end) => this.told.push(`ping ${hex(bytes, start, end)}`),
        pong: () => this.told.push('pong'),
        closed: (code, reason) => this.told.push(`close ${code} ${reason}`),
        fault: (code, text) => this.told.push(`fault ${code}: ${text}`),
      },
      maxMessageBytes,
    );
  }

  push(...chunks: Buffer[]): string[] {
    for (const chunk of chunks) {
      const memory = Buffer.concat([Buffer.alloc(3, 0xee), chunk, Buffer.alloc(3, 0xee)]);
      this.parser.push(memory, 3, 3 + chunk.length);
      memory.fill(0xee);
    }
    return this.told;
  }
}

interface FrameOptions {
  final?: boolean;
  first?: number;
  lengthBits?: 16 | 64;
  masked?: boolean;
}

/** A frame as a server sends it, written from the RFC. */
function frame(opcode: number, payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const data = Buffer.from(payload as string);
  const bits = options.lengthBits ?? (data.length < 126 ? 7 : data.length < 65_536 ? 16 : 64);
  const head = [options.first ?? ((options.final ?? true) ? 0x80 : 0) | opcode];
  head.push((options.masked ? 0x80 : 0) | (bits === 7 ? data.length : bits === 16 ? 126 : 127));
  const length = Buffer.alloc(bits === 7 ? 0 : bits / 8);
  if (bits === 16) length.writeUInt16BE(data.length);
  if (bits === 64) length.writeBigUInt64BE(BigInt(data.length));
  return Buffer.concat([Buffer.from(head), length, Buffer.alloc(options.masked ? 4 : 0), data]);
}

const [CONTINUE, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const part = { final: false };
const closeFrame = (code: number, reason = '') =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
const hex = (text: string) => Buffer.from(text).toString('hex');

describe.each<[title: string, bytes: Buffer[], told: string[]]>([
  ['a text', [frame(TEXT, 'hello')], [`text ${hex('hello')}`]],
  ['bytes', [frame(BINARY, 'hello')], [`binary ${hex('hello')}`]],
  ['nothing', [frame(TEXT, ''), frame(BINARY, '')], ['text ', 'binary ']],
  ['a length of 16 bits', [frame(BINARY, '*'.repeat(126))], [`binary ${hex('*'.repeat(126))}`]],
  ['a length of 64 bits that needs 7', [frame(TEXT, 'ab', { lengthBits: 64 })], [`text ${hex('ab')}`]],
  ['a length of 16 bits that needs 7', [frame(TEXT, 'ab', { lengthBits: 16 })], [`text ${hex('ab')}`]],
  [
    'fragments, some of them empty, with control frames in between',
    [
      frame(TEXT, 'fr', part),
      frame(PING, 'p'),
      frame(CONTINUE, '', part),
      frame(PONG, ''),
      frame(CONTINUE, 'ag', part),
      frame(CONTINUE, ''),
      frame(BINARY, 'next'),
    ],
    [`ping ${hex('p')}`, 'pong', `text ${hex('frag')}`, `binary ${hex('next')}`],
  ],
  ['a close frame, and nothing behind it', [closeFrame(1001, 'bye'), frame(TEXT, 'x')], ['close 1001 bye']],
  ['a close frame without a code', [frame(CLOSE, '')], ['close 1005 ']],
  ['a mask', [frame(TEXT, 'x', { masked: true })], ['fault 1002: a frame of a server is masked']],
  [
    'a mask on a frame with a long length',
    [frame(TEXT, '*'.repeat(200), { masked: true })],
    ['fault 1002: a frame of a server is masked'],
  ],
  [
    'compression that nobody agreed on',
    [frame(TEXT, 'x', { first: 0xc1 })],
    ['fault 1002: a reserved bit is set, and no extension was agreed on'],
  ],
  ['an opcode that is none', [frame(3, 'x')], ['fault 1002: opcode 3']],
  ['a control opcode that is none', [frame(11, 'x')], ['fault 1002: opcode 11']],
  ['a continuation of nothing', [frame(CONTINUE, 'x')], ['fault 1002: a continuation of no message']],
  [
    'a message within a message',
    [frame(TEXT, 'x', part), frame(TEXT, 'y')],
    ['fault 1002: opcode 1 inside a fragmented message'],
  ],
  ['a ping in fragments', [frame(PING, 'x', part)], ['fault 1002: a control frame in fragments']],
  [
    'a ping that is too long',
    [frame(PING, '*'.repeat(126))],
    ['fault 1002: a control frame with a length that it cannot have'],
  ],
  [
    'a close frame with half a code',
    [frame(CLOSE, 'x')],
    ['fault 1002: a control frame with a length that it cannot have'],
  ],
  ['a close code that must not be sent', [closeFrame(1006)], ['fault 1002: close code 1006']],
])('%s', (_title, frames, told) => {
  const bytes = Buffer.concat(frames);

  test('as one piece', () => {
    expect(new Ear().push(bytes)).toEqual(told);
  });

  test('in two pieces, wherever it is cut', () => {
    for (let at = 1; at < bytes.length; at++)
      expect([at, new Ear().push(bytes.subarray(0, at), bytes.subarray(at))]).toEqual([at, told]);
  });

  test('byte by byte', () => {
    expect(new Ear().push(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(told);
  });
});

test('takes what the library ws sends, however it is cut', () => {
  const message = fc.record({
    binary: fc.boolean(),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 65_530, maxLength: 65_540, size: 'max' }),
    ),
    parts: fc.integer({ min: 1, max: 3 }),
    ping: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 70_000 })),
      (messages, cuts) => {
        const sent: Buffer[] = [];
        const expected: string[] = [];
        for (const { binary, data, parts, ping } of messages) {
          for (let i = 0; i < parts; i++) {
            const piece = Buffer.from(
              data.subarray((data.length * i) / parts, (data.length * (i + 1)) / parts),
            );
            const opcode = i > 0 ? CONTINUE : binary ? BINARY : TEXT;
            sent.push(...wsFrame(piece, opcode, i === parts - 1));
            if (ping) sent.push(...wsFrame(Buffer.from([i]), PING, true));
            if (ping) expected.push(`ping 0${i}`);
          }
          const text = `${binary ? 'binary' : 'text'} ${Buffer.from(data).toString('hex')}`;
          if (ping) expected.splice(-1, 0, text);
          else expected.push(text);
        }
        const bytes = Buffer.concat(sent);
        const ear = new Ear();
        let from = 0;
        for (const length of [...cuts, bytes.length]) {
          ear.push(bytes.subarray(from, from + length));
          from += length;
        }
        expect(ear.told).toEqual(expected);
        expect(ear.parser.unfinished).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

/** Not part of the types of ws. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

function wsFrame(data: Buffer, opcode: number, fin: boolean): Buffer[] {
  const options = { fin, opcode, rsv1: false, mask: false, readOnly: true };
  return Sender.frame(data, options);
}

test('refuses what is too long as soon as it is announced', () => {
  expect(new Ear(1000).push(frame(BINARY, '*'.repeat(1001)).subarray(0, 4))).toEqual([
    'fault 1009: a frame of 1001 bytes: the limit is 1000',
  ]);
  const huge = Buffer.from([0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  expect(new Ear().push(huge)[0]).toMatch(/^fault 1009: a frame of 18446744073709552000 bytes/);
});

test('refuses a message whose fragments become too long', () => {
  const fragment = frame(CONTINUE, '*'.repeat(400), part);
  expect(new Ear(1000).push(frame(TEXT, '*'.repeat(400), part), fragment, fragment)).toEqual([
    'fault 1009: a message of more than 1000 bytes',
  ]);
});

test('takes no more memory for a frame than has come of it', () => {
  const before = process.memoryUsage().arrayBuffers;
  const ears = Array.from({ length: 50 }, () => new Ear());
  for (const ear of ears) ear.push(Buffer.from([0x82, 127, 0, 0, 0, 0, 0x06, 0, 0, 0]), Buffer.alloc(100));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 128 * 1024);
  expect(ears.every(({ parser }) => parser.unfinished)).toBe(true);
});

test('hands out nothing more once it is stopped, not even of the same bytes', () => {
  const ear = new Ear();
  ear.onMessage = () => ear.parser.stop();
  ear.push(Buffer.concat([frame(TEXT, 'a'), frame(TEXT, 'b')]), frame(TEXT, 'c'));
  expect(ear.told).toEqual([`text ${hex('a')}`]);
});

test('hands out what lies whole in the bytes where it lies', () => {
  const bytes = Buffer.concat([frame(TEXT, 'one'), frame(BINARY, 'two'), frame(TEXT, 'torn').subarray(0, 3)]);
  const places: [Buffer, number, number][] = [];
  const parser = new FrameParser({
    message: (memory, start, end) => places.push([memory, start, end]),
    ping: () => {},
    pong: () => {},
    closed: () => {},
    fault: () => {},
  });
  parser.push(bytes, 0, bytes.length);
  expect(places.map(([memory]) => memory === bytes)).toEqual([true, true]);
  expect(places.map(([, ...place]) => place)).toEqual([
    [2, 5],
    [7, 10],
  ]);
});
