/** Puts the pieces of one peer's messages together, for messages that are small enough. Thread: any, one a connection. */
import type { FragmentInfo } from './inbound';

const DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024;
const FIRST_BUFFER_BYTES = 1_024;
const EMPTY = new Uint8Array(0);

export interface AssemblerOptions {
  /** The longest message that is put together (default 64 KiB). */
  maxMessageBytes?: number;
}

export interface AssembledMessage {
  binary: boolean;
  /** A string if the message is text. */
  data: string | Uint8Array;
}

/**
 * Keeps what has come of one message. However small the pieces are, it takes at most twice `maxMessageBytes`.
 *
 * @example
 * export const onConnection = (connection) => { connection.data = new MessageAssembler({ maxMessageBytes: 1024 * 1024 }); };
 * export const onFragment = (connection, bytes, fragment) => {
 *   const message = connection.data.push(bytes, fragment);
 *   if (message === 'too long') connection.close(1009, 'too long');
 *   else if (message !== undefined) connection.send(message.data);
 * };
 */
export class MessageAssembler {
  readonly #maxMessageBytes: number;
  #bytes = EMPTY;
  #have = 0;
  #skipping = false;

  /** @throws {RangeError} for a limit that is no whole number above 0 */
  constructor({ maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES }: AssemblerOptions = {}) {
    if (!Number.isSafeInteger(maxMessageBytes) || maxMessageBytes < 1)
      throw new RangeError(
        `maxMessageBytes is ${String(maxMessageBytes)}: it must be a whole number above 0`,
      );
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes a piece as `onFragment` and the event `fragment` give it: the bytes are copied.
   *
   * @returns the message, with its last piece; `'too long'`, once, for a message past the limit, whose other pieces are
   * skipped; else undefined
   */
  push(bytes: Uint8Array, fragment: FragmentInfo): AssembledMessage | 'too long' | undefined {
    if (fragment.first) {
      this.#have = 0;
      this.#skipping = false;
    }
    if (this.#skipping) return undefined;
    if (this.#have + bytes.length > this.#maxMessageBytes) {
      this.#skipping = true;
      this.#bytes = EMPTY;
      return 'too long';
    }
    this.#add(bytes);
    return fragment.final && fragment.remaining === 0 ? this.#finish(fragment.binary) : undefined;
  }

  #add(bytes: Uint8Array): void {
    const need = this.#have + bytes.length;
    if (need > this.#bytes.length) {
      const room = Math.max(
        need,
        Math.min(this.#bytes.length * 2, this.#maxMessageBytes),
        FIRST_BUFFER_BYTES,
      );
      const grown = new Uint8Array(room);
      grown.set(this.#bytes.subarray(0, this.#have));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#have);
    this.#have = need;
  }

  #finish(binary: boolean): AssembledMessage {
    const whole = this.#bytes.subarray(0, this.#have);
    this.#bytes = EMPTY;
    this.#have = 0;
    if (binary) return { binary, data: whole };
    return { binary, data: Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8') };
  }
}
