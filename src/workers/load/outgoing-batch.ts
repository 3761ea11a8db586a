/**
 * Frames on their way out (RFC 6455 section 5.3), written together: what is sent to one connection in a row within a turn goes in
 * one write. One batch serves all connections of a thread; the next connection that sends flushes the one before.
 *
 * Thread: a load thread.
 */
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Opcode } from '../service/frame';

const FIN = 0x80;
const MASKED = 0x80;
/** A batch that is full is written at once. A frame that has no room in an empty one gets memory of its own. */
const BATCH_BYTES = 64 * 1024;
const LONGEST_HEADER_BYTES = 14;
/** Below so many bytes the loop over words does not pay. */
const WORDS_FROM_BYTES = 32;

/** Where frames go. `encrypted`: the socket may need what it was given after its `write` returned. */
export interface BatchTarget {
  readonly socket: Socket;
  readonly encrypted: boolean;
}

export class OutgoingBatch {
  #bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #words = new Int32Array(this.#bytes.buffer);
  #used = 0;
  #target: BatchTarget | undefined;
  readonly #flushLater = (): void => this.flush();

  /**
   * Adds a whole frame, which is written when this turn ends at the latest. `payload` may be reused at once.
   *
   * @returns the frame's bytes
   */
  add(target: BatchTarget, opcode: Opcode, payload: Uint8Array): number {
    const longest = LONGEST_HEADER_BYTES + payload.length;
    if (this.#target !== undefined && (this.#target !== target || this.#used + longest > BATCH_BYTES))
      this.flush();
    if (longest > BATCH_BYTES) {
      return writeAlone(target, opcode, payload);
    }
    if (this.#target === undefined) {
      this.#target = target;
      void DONE.then(this.#flushLater);
    }
    const before = this.#used;
    const from = writeHeader(this.#bytes, before, opcode, payload.length);
    this.#used = from + payload.length;
    maskInto(this.#bytes, this.#words, from, payload);
    return this.#used - before;
  }

  /** Bytes of this target that wait in the batch. */
  waiting(target: BatchTarget): number {
    return this.#target === target ? this.#used : 0;
  }

  flush(): void {
    const [target, used] = [this.#target, this.#used];
    if (target === undefined) return;
    this.#target = undefined;
    this.#used = 0;
    const { socket, encrypted } = target;
    if (socket.destroyed) return;
    // A write that the kernel took whole needs the memory no more. Where it cannot be taken whole, it gets a copy.
    if (encrypted || socket.writableLength > 0) {
      socket.write(Buffer.from(this.#bytes.subarray(0, used)));
      return;
    }
    socket.write(this.#bytes.subarray(0, used));
    if (socket.writableLength > 0) this.#leaveMemory();
  }

  /** The socket still writes from it. */
  #leaveMemory(): void {
    this.#bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
    this.#words = new Int32Array(this.#bytes.buffer);
  }
}

const DONE = Promise.resolve();

function writeAlone({ socket }: BatchTarget, opcode: Opcode, payload: Uint8Array): number {
  const frame = Buffer.allocUnsafeSlow(LONGEST_HEADER_BYTES + payload.length);
  const from = writeHeader(frame, 0, opcode, payload.length);
  maskInto(frame, new Int32Array(frame.buffer, 0, frame.length >>> 2), from, payload);
  socket.write(frame.subarray(0, from + payload.length));
  return from + payload.length;
}

/** @returns the offset behind the header and its mask, which is a new one: see `mask` */
function writeHeader(target: Buffer, offset: number, opcode: Opcode, length: number): number {
  target[offset] = FIN | opcode;
  let at = offset + 2;
  if (length < 126) {
    target[offset + 1] = MASKED | length;
  } else if (length < 2 ** 16) {
    target[offset + 1] = MASKED | 126;
    at = target.writeUInt16BE(length, at);
  } else {
    target[offset + 1] = MASKED | 127;
    at = target.writeUInt32BE(Math.floor(length / 2 ** 32), at);
    at = target.writeUInt32BE(length >>> 0, at);
  }
  renewMask();
  for (let i = 0; i < 4; i++) target[at + i] = mask[i]!;
  return at + 4;
}

/** The mask of the frame under way: a new one for each, as the RFC wants, though not one that nobody could guess (xorshift). */
const maskWord = new Int32Array(1);
const mask = new Uint8Array(maskWord.buffer);
maskWord[0] = randomInt(1, 2 ** 31);
const rotatedWord = new Int32Array(1);
const rotated = new Uint8Array(rotatedWord.buffer);

function renewMask(): void {
  let word = maskWord[0]!;
  word ^= word << 13;
  word ^= word >>> 17;
  word ^= word << 5;
  maskWord[0] = word;
}

/** @param words the same memory as `bytes`, from its beginning */
function maskInto(bytes: Buffer, words: Int32Array, from: number, payload: Uint8Array): void {
  const to = from + payload.length;
  if (payload.length < WORDS_FROM_BYTES) {
    for (let i = 0; i < payload.length; i++) bytes[from + i] = payload[i]! ^ mask[i & 3]!;
    return;
  }
  bytes.set(payload, from);
  const firstWord = (from + 3) >>> 2;
  const lastWord = to >>> 2;
  for (let i = 0; i < 4; i++) rotated[i] = mask[(firstWord * 4 - from + i) & 3]!;
  const word = rotatedWord[0]!;
  for (let i = firstWord; i < lastWord; i++) words[i]! ^= word;
  for (let at = from; at < firstWord * 4; at++) bytes[at]! ^= mask[(at - from) & 3]!;
  for (let at = lastWord * 4; at < to; at++) bytes[at]! ^= mask[(at - from) & 3]!;
}
