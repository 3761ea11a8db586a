/**
 * A reader of what a server sends after the handshake, written from RFC 6455 section 5 and not from the code under test.
 * It refuses whatever a server must not send: masks, reserved bits, lengths that are not the shortest; and fragments, unless
 * they are expected.
 */

export interface Frame {
  opcode: number;
  payload: Buffer;
  final: boolean;
}

export class FrameReader {
  readonly #fragments: boolean;
  #rest: Buffer = Buffer.alloc(0);

  constructor({ fragments = false } = {}) {
    this.#fragments = fragments;
  }

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
      const { opcode, payload, final } = frame;
      if (!this.#fragments && (!final || opcode === 0)) throw new Error('a fragment');
      frames.push({ opcode, payload, final });
      rest = rest.subarray(frame.length);
    }
    this.#rest = rest;
    return frames;
  }
}

/** All frames of `bytes`, which must end with the last of them. */
export function readFrames(bytes: Uint8Array, options?: { fragments: boolean }): Frame[] {
  const reader = new FrameReader(options);
  const frames = reader.push(bytes);
  if (reader.unfinished > 0) throw new Error(`${reader.unfinished} bytes of a torn frame at the end`);
  return frames;
}

/**
 * Puts the fragments of data frames together, by RFC 6455 section 5.4: no other data frame may stand between them.
 *
 * @returns the complete messages; of one whose end did not come, nothing
 */
export function readMessages(frames: Frame[]): Frame[] {
  const messages: Frame[] = [];
  let open: Frame | undefined;
  for (const { opcode, payload, final } of frames) {
    if (opcode >= 8) continue;
    if ((opcode === 0) !== (open !== undefined))
      throw new Error(`opcode ${opcode} ${open ? 'with' : 'in no'} message`);
    open =
      open === undefined
        ? { opcode, payload, final }
        : { opcode: open.opcode, payload: Buffer.concat([open.payload, payload]), final };
    if (!final) continue;
    messages.push(open);
    open = undefined;
  }
  return messages;
}

function firstFrame(bytes: Buffer): (Frame & { length: number }) | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = bytes;
  if ((first & 0x70) !== 0) throw new Error('a reserved bit is set');
  if ((second & 0x80) !== 0) throw new Error('a server must not mask');
  const opcode = first & 0x0f;
  const final = (first & 0x80) !== 0;
  if (opcode >= 8 && !final) throw new Error('a control frame in fragments');
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
  return { opcode, final, payload: bytes.subarray(start, start + length), length: start + length };
}
