/**
 * Cuts a stream of bytes into length-prefixed messages: 4 bytes with the length, the highest first, then so many bytes. It
 * holds no more of a message than the longest allowed length.
 */
import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import type { Line } from './line-splitter';

const LENGTH_BYTES = 4;

export class FrameSplitter {
  readonly #maxBytes: number;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthBytes = 0;
  /** The message that is coming; undefined while it is skipped, or its length is not known. */
  #message: Buffer | undefined;
  #messageBytes = 0;
  #missingBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns the messages that `chunk` completes */
  *push(chunk: Buffer): Generator<Line> {
    let at = 0;
    for (;;) {
      if (this.#lengthBytes < LENGTH_BYTES) {
        const copied = chunk.copy(this.#length, this.#lengthBytes, at);
        at += copied;
        this.#lengthBytes += copied;
        if (this.#lengthBytes < LENGTH_BYTES) return;
        this.#begin(this.#length.readUInt32BE(0));
      }
      const part = chunk.subarray(at, at + this.#missingBytes);
      if (this.#message !== undefined) part.copy(this.#message, this.#messageBytes - this.#missingBytes);
      at += part.length;
      this.#missingBytes -= part.length;
      if (this.#missingBytes > 0) return;
      this.#lengthBytes = 0;
      yield this.#message === undefined ? { tooLongBytes: this.#messageBytes } : { bytes: this.#message };
    }
  }

  /** @throws {Failure} if the input ended inside a message */
  end(): undefined {
    if (this.#lengthBytes === 0) return;
    const missing =
      this.#lengthBytes < LENGTH_BYTES
        ? `${this.#lengthBytes} of ${LENGTH_BYTES} bytes of a length`
        : `${this.#messageBytes - this.#missingBytes} of ${this.#messageBytes} bytes of a message`;
    throw new Failure(ExitCode.FAILURE, `Standard input ended inside a frame, after ${missing}.`, {
      remedy: 'Each message must have 4 bytes with its length before it, the highest byte first.',
    });
  }

  #begin(bytes: number): void {
    this.#messageBytes = bytes;
    this.#missingBytes = bytes;
    this.#message = bytes > this.#maxBytes ? undefined : Buffer.allocUnsafe(bytes);
  }
}
