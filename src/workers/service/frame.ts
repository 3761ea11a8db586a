/** WebSocket frames as a server sends them: unmasked, never compressed (RFC 6455, section 5.2). */

export const Opcode = {
  /** A further fragment of the message that a frame of another opcode began. */
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

const FIN = 0x80;
/** From here on a payload's length takes 2 bytes of its own, and from 2^16 on 8. */
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes of the header of a frame whose payload has `payloadBytes`. */
export function frameHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < LENGTH_16) return 2;
  return payloadBytes < 2 ** 16 ? 4 : 10;
}

/** Writes a final frame's header at `offset`. @returns the offset behind it */
export function writeFrameHeader(
  target: Buffer,
  offset: number,
  opcode: Opcode,
  payloadBytes: number,
): number {
  target[offset] = FIN | opcode;
  if (payloadBytes < LENGTH_16) {
    target[offset + 1] = payloadBytes;
    return offset + 2;
  }
  if (payloadBytes < 2 ** 16) {
    target[offset + 1] = LENGTH_16;
    return target.writeUInt16BE(payloadBytes, offset + 2);
  }
  target[offset + 1] = LENGTH_64;
  target.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), offset + 2);
  return target.writeUInt32BE(payloadBytes >>> 0, offset + 6);
}

/** A whole frame in memory of its own. */
export function encodeFrame(opcode: Opcode, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes(payload.length) + payload.length);
  frame.set(payload, writeFrameHeader(frame, 0, opcode, payload.length));
  return frame;
}

/** A frame of a message of several, in memory of its own. */
export function encodeFragment(opcode: Opcode, payload: Uint8Array, final: boolean): Buffer {
  const frame = encodeFrame(opcode, payload);
  if (!final) frame[0] &= ~FIN;
  return frame;
}
