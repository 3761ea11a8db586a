/**
 * A reader of what a server sends after the handshake, written from RFC 6455 section 5 and not from the code under test.
 * It refuses whatever a server must not send: masks, reserved bits, fragments, lengths that are not the shortest.
 */

export interface Frame {
  opcode: number;
  payload: Buffer;
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes of a frame that has not come whole. */
  get unfinished(): number {
    return this.#rest.length;
  }

  /** @returns the frames that are complete now */
  push(bytes: Uint8Array): Frame[] {
    let rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    for (;;) {
      const frame = firstFrame(rest);
      if (frame === undefined) break;
      frames.push({ opcode: frame.opcode, payload: frame.payload });
      rest = rest.subarray(frame.length);
    }
    this.#rest = rest;
    return frames;
  }
}

/** All frames of `bytes`, which must end with the last of them. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const reader = new FrameReader();
  const frames = reader.push(bytes);
  if (reader.unfinished > 0) throw new Error(`${reader.unfinished} bytes of a torn frame at the end`);
  return frames;
}

function firstFrame(bytes: Buffer): (Frame & { length: number }) | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = bytes;
  if ((first & 0x80) === 0) throw new Error('a fragment');
  if ((first & 0x70) !== 0) throw new Error('a reserved bit is set');
  if ((second & 0x80) !== 0) throw new Error('a server must not mask');
  const opcode = first & 0x0f;
  let length = second & 0x7f;
  let start = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    start = 4;
    if (length < 126) throw new Error(`length ${length} in 16 bits`);
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    start = 10;
    if (length < 65_536) throw new Error(`length ${length} in 64 bits`);
  }
  if (opcode >= 8 && length > 125) throw new Error(`a control frame of ${length} bytes`);
  if (bytes.length < start + length) return undefined;
  return { opcode, payload: bytes.subarray(start, start + length), length: start + length };
}
