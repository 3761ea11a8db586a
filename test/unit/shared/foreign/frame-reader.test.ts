import fc from 'fast-check';
import { FrameReader, FrameTooLong } from '../../../../src/shared/foreign/frame-reader';
import { FrameKind, frameOf, writeHead } from '../../../../src/shared/foreign/protocol';

interface Seen {
  kind: number;
  keyBytes: number;
  body: string;
}

function readAll(reader: FrameReader, piece: Buffer): Seen[] {
  const seen: Seen[] = [];
  reader.push(piece);
  while (reader.next()) {
    const { kind, keyBytes, bytes, start, end } = reader;
    seen.push({ kind, keyBytes, body: bytes.toString('hex', start, end) });
  }
  return seen;
}

function frame(kind: number, keyBytes: number, body: Uint8Array): Buffer {
  const bytes = frameOf(kind as FrameKind, body);
  writeHead(bytes, 0, kind as FrameKind, keyBytes, body.length);
  return bytes;
}

describe('frames that come over a socket', () => {
  it('are the same wherever the stream is cut', () => {
    const frames = fc.array(fc.tuple(fc.nat(255), fc.nat(65_535), fc.uint8Array({ maxLength: 40 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(([kind, keyBytes, body]) => frame(kind, keyBytes, body)));
        const reader = new FrameReader(40);
        const seen: Seen[] = [];
        for (let at = 0, cut = 0; at < stream.length; at += cuts[cut++ % cuts.length])
          seen.push(...readAll(reader, stream.subarray(at, at + cuts[cut % cuts.length])));
        const wanted = sent.map(([kind, keyBytes, body]) => ({
          kind,
          keyBytes,
          body: Buffer.from(body).toString('hex'),
        }));
        expect(seen).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });

  it('of a body that is too long are refused when their head has come, before anything is held for them', () => {
    const reader = new FrameReader(10);
    expect(readAll(reader, frame(FrameKind.TEXT, 0, Buffer.alloc(10)))).toHaveLength(1);
    const head = Buffer.alloc(8);
    writeHead(head, 0, FrameKind.TEXT, 0, 2 ** 31);
    expect(() => readAll(reader, head)).toThrow(FrameTooLong);
    const inParts = new FrameReader(10);
    expect(readAll(inParts, head.subarray(0, 5))).toEqual([]);
    expect(() => readAll(inParts, head.subarray(5))).toThrow(/2147483648 bytes: the longest is 10/);
  });

  it('that do not end are no frames', () => {
    const reader = new FrameReader(100);
    expect(readAll(reader, frame(FrameKind.TEXT, 0, Buffer.alloc(50)).subarray(0, 57))).toEqual([]);
    expect(readAll(reader, Buffer.alloc(0))).toEqual([]);
  });
});
