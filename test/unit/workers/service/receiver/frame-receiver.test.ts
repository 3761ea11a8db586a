import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import type { FragmentInfo } from '../../../../../src/shared/inbound';
import { FrameReceiver } from '../../../../../src/workers/service/receiver/frame-receiver';
import {
  deflateMessage,
  encodePeerFrame,
  type Meaning,
  meaningOf,
  type PeerFrame,
} from '../../../../support/peer-stream';

interface Piece extends FragmentInfo {
  bytes: Buffer;
}

/** A receiver that notes what it tells. */
class Ear {
  readonly pieces: Piece[] = [];
  readonly meanings: Meaning[] = [];
  closed: { code: number; reason: string } | undefined;
  faults: number[] = [];
  readies = 0;
  empties = 0;
  onPiece: (piece: Piece) => void = () => {};
  onReady: () => void = () => {};
  #message: Buffer[] = [];
  readonly receiver: FrameReceiver;

  constructor({ mayCompress = false } = {}) {
    this.receiver = new FrameReceiver(
      {
        fragment: (bytes, fragment) => this.#take({ bytes: Buffer.from(bytes), ...fragment }),
        ping: (payload) => this.meanings.push({ what: 'ping', payload: payload.toString('hex') }),
        pong: () => this.meanings.push({ what: 'pong', payload: '' }),
        empty: () => this.empties++,
        close: (code, reason) => {
          this.closed = { code, reason: reason.toString() };
        },
        fault: ({ code }) => this.faults.push(code),
        ready: () => {
          this.readies++;
          this.onReady();
        },
      },
      mayCompress,
    );
  }

  /** Pushes copies: what is pushed is changed in place. */
  push(...chunks: Buffer[]): boolean {
    return chunks.map((chunk) => this.receiver.push(Buffer.from(chunk))).every((done) => done);
  }

  async pushAll(chunks: Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      if (this.push(chunk) || this.faults.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.onReady = resolve;
      });
    }
  }

  #take(piece: Piece): void {
    this.pieces.push(piece);
    if (piece.first) this.#message = [];
    this.#message.push(piece.bytes);
    if (piece.final && piece.remaining === 0) {
      const payload = Buffer.concat(this.#message).toString('hex');
      this.meanings.push({ what: 'message', binary: piece.binary, payload });
    }
    this.onPiece(piece);
  }
}

const frame = (opcode: number, payload: string | Buffer, final = true): PeerFrame => ({
  opcode,
  payload: Buffer.from(payload as string),
  final,
});
const shape = ({ bytes, first, final, remaining, messageBytes }: Piece) => [
  bytes.toString(),
  first,
  final,
  remaining,
  messageBytes,
];

describe('pieces of a message', () => {
  it('come as they arrive, also inside a frame, and say what the notes of 2013 say of them', () => {
    const ear = new Ear();
    const bytes = encodePeerFrame(frame(1, 'hello', false));
    ear.push(bytes.subarray(0, 8), bytes.subarray(8, 9), bytes.subarray(9));
    ear.push(encodePeerFrame(frame(0, ' world')).subarray(0, 9));
    expect(ear.pieces.map(shape)).toEqual([
      ['he', true, false, 3, 2],
      ['l', false, false, 2, 3],
      ['lo', false, false, 0, 5],
      [' wo', false, true, 3, 8],
    ]);
    ear.push(encodePeerFrame(frame(0, ' world')).subarray(9));
    expect(ear.pieces.map(shape)[4]).toEqual(['rld', false, true, 0, 11]);
    expect(ear.meanings).toHaveLength(1);
  });

  it('are empty where that means something: an empty message, a last frame without payload, nothing else', () => {
    const ear = new Ear();
    for (const one of [
      frame(2, ''),
      frame(2, '', false),
      frame(0, '', false),
      frame(0, 'x', false),
      frame(0, '', false),
      frame(9, ''),
      frame(0, ''),
      frame(1, '', false),
      frame(0, ''),
    ]) {
      ear.push(encodePeerFrame(one));
    }
    expect(ear.pieces.map(shape)).toEqual([
      ['', true, true, 0, 0],
      ['x', true, false, 0, 1],
      ['', false, true, 0, 1],
      ['', true, true, 0, 0],
    ]);
  });

  it('of a frame longer than memory are counted right', () => {
    const ear = new Ear();
    const header = Buffer.from([0x82, 0xff, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    ear.push(header, Buffer.from('abc'));
    expect(ear.pieces.map(shape)).toEqual([['abc', true, true, Number.MAX_SAFE_INTEGER - 3, 3]]);
  });

  it('that are empty and end nothing are told apart: they cost as much as others', () => {
    const ear = new Ear();
    const frames = [frame(2, '', false), frame(0, '', false), frame(0, 'x', false), frame(0, '')];
    ear.push(...frames.map((each) => encodePeerFrame(each)));
    expect([ear.empties, ear.pieces.length]).toEqual([2, 2]);
  });

  it('lie in the memory that was pushed: nothing is copied', () => {
    const chunk = encodePeerFrame(frame(2, Buffer.alloc(1_000, 7)));
    const seen: ArrayBufferLike[] = [];
    const receiver = new FrameReceiver(
      {
        fragment: (bytes) => seen.push(bytes.buffer),
        ping: () => {},
        pong: () => {},
        empty: () => {},
        close: () => {},
        fault: () => {},
        ready: () => {},
      },
      false,
    );
    receiver.push(chunk);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(chunk.buffer);
  });
});

describe('a receiver that is paused', () => {
  it('within a chunk hands out nothing more, and goes on where it stopped', () => {
    const ear = new Ear();
    ear.onPiece = () => ear.receiver.pause();
    const chunk = Buffer.concat([1, 2, 3].map((digit) => encodePeerFrame(frame(1, `${digit}`))));
    expect(ear.push(chunk)).toBe(false);
    expect(ear.pieces).toHaveLength(1);
    ear.receiver.resume();
    expect([ear.pieces.length, ear.readies, ear.receiver.idle]).toEqual([2, 0, false]);
    ear.receiver.resume();
    expect([ear.pieces.length, ear.readies, ear.receiver.idle]).toEqual([3, 1, true]);
  });

  it('and resumed within the same call did not stop', () => {
    const ear = new Ear();
    ear.onPiece = () => {
      ear.receiver.pause();
      ear.receiver.resume();
    };
    expect(ear.push(Buffer.concat([frame(1, 'a'), frame(1, 'b')].map(encodePeerFrame)))).toBe(true);
    expect(ear.pieces).toHaveLength(2);
    expect(ear.readies).toBe(0);
  });

  it('and stopped within a call tells nothing more', () => {
    const ear = new Ear();
    ear.onPiece = () => ear.receiver.stop();
    expect(ear.push(Buffer.concat([frame(1, 'a'), frame(9, 'b')].map(encodePeerFrame)))).toBe(true);
    expect([ear.pieces.length, ear.meanings.length]).toEqual([1, 1]);
  });
});

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const mask = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const control = fc
  .record({ opcode: fc.constantFrom(9, 10), payload: fc.uint8Array({ maxLength: 125 }), mask })
  .map(({ opcode, payload, mask }) => ({
    opcode,
    payload: Buffer.from(opcode === 9 ? payload : []),
    final: true,
    mask,
  }));

/** A message cut into frames anywhere, with control frames between them. */
function framesOf(compress: boolean): fc.Arbitrary<PeerFrame[]> {
  return fc
    .record({
      data: fc.oneof(anyText, noise),
      compressed: compress ? fc.boolean() : fc.constant(false),
      cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
      masks: fc.array(mask, { minLength: 6, maxLength: 6 }),
      form: fc.constantFrom(undefined, 2 as const, 8 as const),
      between: fc.array(fc.array(control, { maxLength: 1 }), { minLength: 6, maxLength: 6 }),
    })
    .map(({ data, compressed, cuts, masks, form, between }) => {
      const opcode = typeof data === 'string' ? 1 : 2;
      const plain = Buffer.from(data as string);
      const wire = compressed ? deflateMessage(plain) : plain;
      const places = [
        0,
        ...cuts.map((cut) => Math.floor(cut * wire.length)).sort((a, b) => a - b),
        wire.length,
      ];
      return places.slice(1).flatMap((end, at): PeerFrame[] => [
        ...between[at],
        {
          opcode: at === 0 ? opcode : 0,
          payload: wire.subarray(places[at], end),
          final: at === places.length - 2,
          rsv1: compressed && at === 0,
          mask: masks[at],
          lengthBytes: form,
        },
      ]);
    });
}

/** A stream of whole messages, and where it is split. */
function streams(compress: boolean) {
  return fc.record({
    frames: fc.array(framesOf(compress), { maxLength: 6 }).map((messages) => messages.flat()),
    splits: fc.array(fc.nat(), { maxLength: 40 }),
    everyByte: fc.boolean(),
  });
}

function split(stream: Buffer, splits: number[], everyByte: boolean): Buffer[] {
  const places = everyByte
    ? Array.from({ length: stream.length + 1 }, (_, at) => at)
    : [0, ...splits.map((at) => at % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((end, at) => stream.subarray(places[at], end));
}

/** What must hold of the pieces of any stream. */
function checkPieces(pieces: Piece[], compressed: boolean): void {
  let bytes = 0;
  let complete = true;
  for (const piece of pieces) {
    expect(piece.first).toBe(complete);
    bytes = piece.first ? piece.bytes.length : bytes + piece.bytes.length;
    expect(piece.messageBytes).toBe(bytes);
    complete = piece.final && piece.remaining === 0;
    if (piece.bytes.length === 0 && !compressed) expect(complete).toBe(true);
  }
  expect(complete).toBe(true);
}

describe('any split of any valid stream', () => {
  it('gives what the whole messages mean', () => {
    fc.assert(
      fc.property(streams(false), ({ frames, splits, everyByte }) => {
        const ear = new Ear();
        ear.push(...split(Buffer.concat(frames.map(encodePeerFrame)), splits, everyByte));
        expect(ear.faults).toEqual([]);
        expect(ear.meanings).toEqual(meaningOf(frames));
        checkPieces(ear.pieces, false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same with pauses after any piece', () => {
    fc.assert(
      fc.property(streams(false), fc.infiniteStream(fc.boolean()), ({ frames, splits }, pauses) => {
        const ear = new Ear();
        ear.onPiece = () => {
          if (pauses.next().value) ear.receiver.pause();
        };
        for (const chunk of split(Buffer.concat(frames.map(encodePeerFrame)), splits, false)) {
          ear.push(chunk);
          while (!ear.receiver.idle) ear.receiver.resume();
          ear.receiver.resume();
        }
        expect(ear.meanings).toEqual(meaningOf(frames));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same with compressed messages among them', async () => {
    const inflate = (payload: Buffer) =>
      inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), { finishFlush: 2 });
    await fc.assert(
      fc.asyncProperty(streams(true), async ({ frames, splits, everyByte }) => {
        const ear = new Ear({ mayCompress: true });
        await ear.pushAll(split(Buffer.concat(frames.map(encodePeerFrame)), splits, everyByte));
        expect(ear.faults).toEqual([]);
        expect(ear.meanings).toEqual(meaningOf(frames, inflate));
        checkPieces(ear.pieces, true);
      }),
      { numRuns: 150 },
    );
  });
});

describe('compressed messages', () => {
  it('come in pieces of at most 32 KiB, with the last one known, and wait while paused', async () => {
    const ear = new Ear({ mayCompress: true });
    const payload = Buffer.alloc(4 * 1024 * 1024, 'zeros');
    ear.onPiece = () => {
      ear.receiver.pause();
      setImmediate(() => ear.receiver.resume());
    };
    const wire = { ...frame(2, deflateMessage(payload)), rsv1: true };
    await ear.pushAll([encodePeerFrame(wire)]);
    expect(Buffer.concat(ear.pieces.map(({ bytes }) => bytes)).equals(payload)).toBe(true);
    expect(Math.max(...ear.pieces.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(32 * 1024);
    expect(ear.pieces.filter(({ remaining }) => remaining === 0)).toHaveLength(1);
    expect(ear.pieces.at(-1)).toMatchObject({ final: true, remaining: 0, messageBytes: payload.length });
    expect(ear.pieces.at(-2)?.remaining).toBe(wire.payload.length);
  });

  it('may be of several DEFLATE streams (RFC 7692 section 7.2.3.4), but not of any number', async () => {
    const stream = Buffer.from('f348cdc9c90700', 'hex'); // "Hello", in a block that says it is the last
    const wire = Buffer.concat([stream, stream, Buffer.from([0])]);
    const ear = new Ear({ mayCompress: true });
    await ear.pushAll([encodePeerFrame({ ...frame(1, wire), rsv1: true })]);
    expect(ear.meanings).toEqual([
      { what: 'message', binary: false, payload: Buffer.from('HelloHello').toString('hex') },
    ]);
    const many = new Ear({ mayCompress: true });
    many.push(encodePeerFrame({ ...frame(1, Buffer.concat(Array(100).fill(stream))), rsv1: true }));
    while (many.faults.length === 0) await new Promise(setImmediate);
    expect([many.faults, many.meanings]).toEqual([[1007], []]);
  });

  it('that are no DEFLATE data are a fault', async () => {
    const ear = new Ear({ mayCompress: true });
    ear.push(encodePeerFrame({ ...frame(2, Buffer.from([0xff, 0xff, 0xff])), rsv1: true }));
    while (ear.faults.length === 0) await new Promise(setImmediate);
    expect([ear.faults, ear.pieces]).toEqual([[1007], []]);
  });
});
