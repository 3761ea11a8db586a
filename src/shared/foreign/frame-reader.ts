/**
 * Cuts what comes from the socket into frames. It holds one piece that came and, of a frame that spans pieces, as much
 * as has come of it: never more than one frame of the longest length allowed.
 *
 * Thread: the one that reads the socket.
 */
import { FRAME_HEAD_BYTES } from './protocol';

const NOTHING: Buffer = Buffer.alloc(0);

/** A frame is longer than its reader allows. Nothing of it was kept. */
export class FrameTooLong extends Error {}

export class FrameReader {
  /** The longest body that is accepted, in bytes. Grows when the other side is known. */
  maxBodyBytes: number;
  /** The frame that `next` found: its kind, and where its key and body lie. */
  kind = 0;
  keyBytes = 0;
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;

  #piece: Buffer = NOTHING;
  #at = 0;
  /** A frame of which only a part has come: its head at first, then all of it. */
  #partial: Buffer | undefined;
  #partialBytes = 0;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);

  constructor(maxBodyBytes: number) {
    this.maxBodyBytes = maxBodyBytes;
  }

  /** The next piece. The one before must be used up: `next` has answered false. */
  push(piece: Buffer): void {
    this.#piece = piece;
    this.#at = 0;
  }

  /**
   * Finds the next complete frame.
   *
   * @returns false if there is none in what has come
   * @throws {FrameTooLong} before anything is allocated for it
   */
  next(): boolean {
    if (this.#partial !== undefined) return this.#goOn(this.#partial);
    const left = this.#piece.length - this.#at;
    if (left >= FRAME_HEAD_BYTES) {
      const size = FRAME_HEAD_BYTES + this.#checkedBodyBytes(this.#piece, this.#at);
      if (left >= size) {
        this.#show(this.#piece, this.#at, size);
        this.#at += size;
        return true;
      }
    }
    if (left === 0) return false;
    return this.#goOn(left >= FRAME_HEAD_BYTES ? this.#allocate(this.#piece, this.#at) : this.#head);
  }

  /** Gathers a frame that spans pieces. */
  #goOn(partial: Buffer): boolean {
    const copied = this.#piece.copy(partial, this.#partialBytes, this.#at);
    this.#at += copied;
    this.#partialBytes += copied;
    this.#partial = partial;
    if (this.#partialBytes < partial.length) return false;
    if (partial === this.#head) {
      const whole = this.#allocate(partial, 0);
      if (whole.length > FRAME_HEAD_BYTES) {
        partial.copy(whole);
        return this.#goOn(whole);
      }
    }
    this.#partial = undefined;
    this.#partialBytes = 0;
    this.#show(partial, 0, partial.length);
    return true;
  }

  #allocate(source: Buffer, at: number): Buffer {
    return Buffer.allocUnsafe(FRAME_HEAD_BYTES + this.#checkedBodyBytes(source, at));
  }

  #checkedBodyBytes(source: Buffer, at: number): number {
    const bodyBytes = source.readUInt32LE(at);
    if (bodyBytes > this.maxBodyBytes)
      throw new FrameTooLong(`a frame of ${bodyBytes} bytes: the longest is ${this.maxBodyBytes}`);
    return bodyBytes;
  }

  #show(bytes: Buffer, at: number, size: number): void {
    const shape = bytes.readUInt32LE(at + 4);
    this.kind = shape & 0xff;
    this.keyBytes = shape >>> 16;
    this.bytes = bytes;
    this.start = at + FRAME_HEAD_BYTES;
    this.end = at + size;
  }
}
