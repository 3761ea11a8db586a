/**
 * What a peer may send, made and read back without a parser that works piece by piece: the reference for one that does.
 */
import { deflateRawSync, constants as zlib } from 'node:zlib';

/** A frame as a peer sends it. */
export interface PeerFrame {
  opcode: number;
  payload: Buffer;
  final: boolean;
  /** The first frame of a compressed message. */
  rsv1?: boolean;
  mask?: number;
  /** How many bytes the length takes, where that is not the least: 2 or 8. */
  lengthBytes?: 2 | 8;
}

export function encodePeerFrame({
  opcode,
  payload,
  final,
  rsv1 = false,
  mask = 0x12345678,
  lengthBytes,
}: PeerFrame): Buffer {
  const form = lengthBytes ?? (payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8);
  const header = Buffer.alloc(2 + form + 4);
  header[0] = (final ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  header[1] = 0x80 | (form === 0 ? payload.length : form === 2 ? 126 : 127);
  if (form === 2) header.writeUInt16BE(payload.length, 2);
  if (form === 8) header.writeBigUInt64BE(BigInt(payload.length), 2);
  header.writeUInt32BE(mask >>> 0, 2 + form);
  const key = header.subarray(2 + form);
  return Buffer.concat([header, payload.map((byte, at) => byte ^ key[at & 3])]);
}

/** A message as permessage-deflate makes it. */
export function deflateMessage(payload: Buffer): Buffer {
  const deflated = deflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH });
  if (deflated.readUInt32BE(deflated.length - 4) !== 0x0000ffff) throw new Error('no trailer at the end');
  return deflated.subarray(0, -4);
}

/** What whole frames mean, read from RFC 6455 section 5.4: messages and control frames, in the order of their ends. */
export type Meaning =
  | { what: 'message'; binary: boolean; payload: string }
  | { what: 'ping' | 'pong'; payload: string };

export function meaningOf(frames: PeerFrame[], inflate: (payload: Buffer) => Buffer = (x) => x): Meaning[] {
  const meanings: Meaning[] = [];
  let parts: Buffer[] = [];
  let begun: PeerFrame | undefined;
  for (const frame of frames) {
    if (frame.opcode >= 8) {
      meanings.push({ what: frame.opcode === 9 ? 'ping' : 'pong', payload: frame.payload.toString('hex') });
      continue;
    }
    begun ??= frame;
    parts.push(frame.payload);
    if (!frame.final) continue;
    const whole = Buffer.concat(parts);
    const payload = begun.rsv1 === true ? inflate(whole) : whole;
    meanings.push({ what: 'message', binary: begun.opcode === 2, payload: payload.toString('hex') });
    begun = undefined;
    parts = [];
  }
  return meanings;
}
