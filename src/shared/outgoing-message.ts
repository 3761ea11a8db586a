/**
 * A message to one connection that is sent in fragments (RFC 6455 section 5.4): it may be of any length, and is never whole
 * in memory.
 *
 * Thread: the one that began it.
 */
import { Utf8Validator } from './utf8-validator';

export interface MessageOptions {
  /** Send a text message: pieces are strings, or bytes of UTF-8 that may be cut anywhere. Default: a binary message. */
  text?: boolean;
}

/** One frame carries at most this much of a larger piece: other threads' messages and control frames come between. */
export const FRAGMENT_BYTES = 64 * 1024;
/** So many fragments of one piece are under way at once: enough to keep the socket busy, and no more memory than that. */
const FRAGMENTS_UNDER_WAY = 4;

const NOTHING = new Uint8Array(0);

/** Where a fragment stands in its message. */
export interface FragmentPlace {
  first: boolean;
  last: boolean;
}

/** Hands one fragment over. @returns whether it was handed to the socket: false if the connection cannot take it */
export type SendFragment = (bytes: Uint8Array, place: FragmentPlace) => Promise<boolean>;

export class OutgoingMessage {
  readonly #send: SendFragment;
  readonly #fragmentBytes: number;
  readonly #text: boolean;
  readonly #utf8 = new Utf8Validator();
  /** The first half of a character (UTF-16) whose second has not come. */
  #half = '';
  #begun = false;
  #ended = false;
  #broken = false;
  /** The last of the calls that are under way: the next one waits for it, so that fragments keep their order. */
  #last: Promise<unknown> | undefined;

  /**
   * @internal use `beginMessage` of a hub, a producer, or a handler's connection
   * @param fragmentBytes the most that one fragment may carry there
   */
  constructor(send: SendFragment, { text = false }: MessageOptions = {}, fragmentBytes = FRAGMENT_BYTES) {
    if (typeof text !== 'boolean') throw new TypeError(`text is ${String(text)}: it must be true or false`);
    this.#send = send;
    this.#fragmentBytes = Math.min(fragmentBytes, FRAGMENT_BYTES);
    this.#text = text;
  }

  /**
   * Sends a piece, as one fragment or, if it is longer than 64 KiB, as several. Leave the bytes alone until it resolves: wait
   * for it before the next piece, and no memory fills up however slow the peer is.
   *
   * @returns true once it is handed to the socket; false if the connection is gone, or goes before that: then so is the
   * message
   * @throws {TypeError} for a string in a binary message, or bytes that are not UTF-8 in a text message
   * @throws {Error} after `end`
   */
  write(data: string | Uint8Array): Promise<boolean> {
    return this.#queue(data, false);
  }

  /**
   * Sends the last piece, if there is one, and with it the message's end. A message that is not ended in time costs its
   * connection (option `maxFragmentGapMs`): nothing else can be sent to the peer before its end.
   *
   * @returns as `write`
   * @throws {TypeError} also if a text message ends within a character
   */
  end(data: string | Uint8Array = this.#text ? '' : NOTHING): Promise<boolean> {
    return this.#queue(data, true);
  }

  async #queue(data: string | Uint8Array, last: boolean): Promise<boolean> {
    if (this.#ended) throw new Error('the message is ended: nothing can be written to it any more');
    const bytes = this.#bytesOf(data, last);
    this.#ended = last;
    // The first piece goes at once: what this thread posts behind this call goes behind it.
    const sent =
      this.#last === undefined
        ? this.#sendPiece(bytes, last)
        : this.#last.then(() => this.#sendPiece(bytes, last));
    const done = sent
      .catch(() => {})
      .then(() => {
        if (this.#last === done) this.#last = undefined;
      });
    this.#last = done;
    return sent;
  }

  /** @returns whether all of it was handed to the socket */
  async #sendPiece(bytes: Uint8Array, last: boolean): Promise<boolean> {
    if (bytes.length === 0 && !last) return !this.#broken;
    const underWay: Promise<boolean>[] = [];
    let at = 0;
    do {
      if (this.#broken) return false;
      const end = Math.min(at + this.#fragmentBytes, bytes.length);
      const place = { first: !this.#begun, last: last && end === bytes.length };
      this.#begun = true;
      const fragment = this.#sendOne(bytes.subarray(at, end), place);
      fragment.catch(() => {}); // whoever waits for the piece learns of it
      underWay.push(fragment);
      if (underWay.length >= FRAGMENTS_UNDER_WAY) await underWay.shift();
      at = end;
    } while (at < bytes.length);
    await Promise.all(underWay);
    return !this.#broken;
  }

  async #sendOne(bytes: Uint8Array, place: FragmentPlace): Promise<boolean> {
    try {
      const sent = await this.#send(bytes, place);
      if (!sent) this.#broken = true;
      return sent;
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  #bytesOf(data: string | Uint8Array, last: boolean): Uint8Array {
    if (typeof data === 'string') return this.#bytesOfString(data, last);
    if (!(data instanceof Uint8Array))
      throw new TypeError(
        `data is ${data === null ? 'null' : typeof data}: it must be a string or a Uint8Array`,
      );
    const halfLeft = this.#half !== '' && (data.length > 0 || last);
    if (this.#text && (halfLeft || !this.#utf8.push(data) || (last && !this.#utf8.complete)))
      throw new TypeError(`the ${data.length} bytes do not go on with UTF-8, as a text message must`);
    return data;
  }

  #bytesOfString(data: string, last: boolean): Uint8Array {
    if (!this.#text)
      throw new TypeError('data is a string, but the message is binary: begin it with { text: true }');
    const text = this.#half + data;
    const cut = !last && isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
    this.#half = text.slice(cut);
    const bytes = Buffer.from(text.slice(0, cut), 'utf8');
    if (!this.#utf8.push(bytes) || (last && !this.#utf8.complete))
      throw new TypeError('a string stands within a character that bytes before it began');
    return bytes;
  }
}

/** Whether this UTF-16 unit begins a character of two. */
function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
