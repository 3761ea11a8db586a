import * as ws from 'ws';
import {
  encodeFrame,
  frameHeaderBytes,
  Opcode,
  writeFrameHeader,
} from '../../../../src/workers/service/frame';
import { readFrames } from '../../../support/frames';
import { Random } from '../../../support/random';

/** The library's own types leave this out. */
type WithSender = { Sender: { frame(data: Buffer, options: object): Buffer[] } };

/** What the library ws would send: not masked, final, as it is. */
function byWs(opcode: number, payload: Buffer): Buffer {
  const frame = (ws as unknown as WithSender).Sender.frame(payload, {
    opcode,
    fin: true,
    mask: false,
    readOnly: true,
    rsv1: false,
  });
  return Buffer.concat(frame);
}

describe('a frame', () => {
  const random = new Random(1);

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 400_000])(
    'of %i bytes is what ws sends, and reads back',
    (length) => {
      const payload = random.bytes(length);
      for (const opcode of [Opcode.TEXT, Opcode.BINARY]) {
        const frame = encodeFrame(opcode, payload);
        expect(frame.equals(byWs(opcode, payload))).toBe(true);
        expect(frame.length).toBe(frameHeaderBytes(length) + length);
        const [{ opcode: read, payload: back }, ...more] = readFrames(frame);
        expect([read, back.equals(payload), more.length]).toEqual([opcode, true, 0]);
      }
    },
  );

  it('of control may be empty, and carries up to 125 bytes', () => {
    for (const length of [0, 1, 125]) {
      const payload = random.bytes(length);
      for (const opcode of [Opcode.PING, Opcode.PONG]) {
        expect(encodeFrame(opcode, payload).equals(byWs(opcode, payload))).toBe(true);
      }
    }
  });

  it('has a header that says lengths beyond 32 bits right', () => {
    const header = Buffer.alloc(12, 0xee);
    expect(writeFrameHeader(header, 1, Opcode.BINARY, 2 ** 33 + 5)).toBe(11);
    expect(header.toString('hex')).toBe('ee827f0000000200000005ee');
  });
});
