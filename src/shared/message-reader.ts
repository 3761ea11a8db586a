/**
 * One peer's messages as an `AsyncIterable`, each of them an `AsyncIterable` of its pieces, or a web stream. While the
 * consumer is behind, the peer is not read.
 *
 * Thread: any, one a connection.
 */
import { ReadableStream } from 'node:stream/web';
import type { FragmentInfo } from './inbound';

const DEFAULT_HIGH_WATER_BYTES = 256 * 1024;
/** Below this part of the mark the peer is read again. */
const RESUME_AT = 0.5;
/** What a piece costs beside its bytes, about. */
const PIECE_COST = 128;

/** What is paused while the consumer is behind: a handler's connection, or for example `{ pause: () => hub.pause(id), … }`. */
export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export interface ReaderOptions {
  /** With so many bytes waiting for the consumer the peer is not read further (default 256 KiB). */
  highWaterBytes?: number;
}

/** A message whose pieces are coming. */
export class IncomingMessage implements AsyncIterable<Uint8Array> {
  /** Else it is text, whose characters may lie across pieces: decode with `TextDecoder` and `{ stream: true }`. */
  readonly binary: boolean;
  readonly #onTaken: (cost: number) => void;
  readonly #pieces: Uint8Array[] = [];
  #state: 'coming' | 'complete' | 'broken' | 'dropped' = 'coming';
  #wake: () => void = () => {};

  /** @internal made by `MessageReader` */
  constructor(binary: boolean, onTaken: (cost: number) => void) {
    this.binary = binary;
    this.#onTaken = onTaken;
  }

  /** @throws {Error} when the connection ends within the message */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#onTaken(piece.length + PIECE_COST);
          yield piece;
        } else if (this.#state === 'coming') {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (this.#state === 'broken') {
          throw new Error('the connection ended within the message');
        } else {
          return;
        }
      }
    } finally {
      this.drop();
    }
  }

  /** The same as a web stream of bytes. */
  stream(): ReadableStream<Uint8Array> {
    const pieces = this[Symbol.asyncIterator]();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await pieces.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        cancel: async () => {
          await pieces.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** @internal @returns what the piece costs until it is taken */
  add(bytes: Uint8Array, last: boolean): number {
    const wanted = this.#state === 'coming' && bytes.length > 0;
    if (wanted) this.#pieces.push(Uint8Array.from(bytes));
    if (last && this.#state === 'coming') this.#state = 'complete';
    this.#wake();
    return wanted ? bytes.length + PIECE_COST : 0;
  }

  /** @internal the connection ended */
  break(): void {
    if (this.#state === 'coming') this.#state = 'broken';
    this.#wake();
  }

  /** @internal nobody wants the rest */
  drop(): void {
    if (this.#state === 'coming') this.#state = 'dropped';
    for (const piece of this.#pieces.splice(0)) this.#onTaken(piece.length + PIECE_COST);
  }
}

/**
 * Hands a peer's messages to one consumer. What the consumer leaves of a message when it asks for the next is skipped.
 *
 * @example
 * export const onConnection = (connection) => { store((connection.data = new MessageReader(connection))); };
 * export const onFragment = (connection, bytes, fragment) => connection.data.push(bytes, fragment);
 * export const onClose = (connection) => connection.data.end();
 *
 * async function store(messages) {
 *   for await (const message of messages) await pipeline(message, createWriteStream(nextFile()));
 * }
 */
export class MessageReader implements AsyncIterable<IncomingMessage> {
  readonly #connection: Pausable;
  readonly #highWaterBytes: number;
  /** Messages that the consumer has not come to. */
  readonly #waiting: IncomingMessage[] = [];
  #coming: IncomingMessage | undefined;
  #cost = 0;
  #paused = false;
  #ended = false;
  #wake: () => void = () => {};

  /** @throws {RangeError} for a mark that is no whole number above 0 */
  constructor(connection: Pausable, { highWaterBytes = DEFAULT_HIGH_WATER_BYTES }: ReaderOptions = {}) {
    if (!Number.isSafeInteger(highWaterBytes) || highWaterBytes < 1)
      throw new RangeError(`highWaterBytes is ${String(highWaterBytes)}: it must be a whole number above 0`);
    this.#connection = connection;
    this.#highWaterBytes = highWaterBytes;
  }

  /** Takes a piece as `onFragment` and the event `fragment` give it: the bytes are copied. */
  push(bytes: Uint8Array, fragment: FragmentInfo): void {
    if (this.#ended) return;
    const last = fragment.final && fragment.remaining === 0;
    if (fragment.first) {
      this.#coming = new IncomingMessage(fragment.binary, (cost) => this.#taken(cost));
      this.#waiting.push(this.#coming);
      this.#cost += PIECE_COST;
    }
    this.#cost += this.#coming?.add(bytes, last) ?? 0;
    if (last) this.#coming = undefined;
    this.#wake();
    if (this.#paused || this.#cost < this.#highWaterBytes) return;
    this.#paused = true;
    ignoreFailure(this.#connection.pause());
  }

  /** The connection is gone: what came is still handed out; a message that is not complete fails. */
  end(): void {
    this.#ended = true;
    this.#coming?.break();
    this.#coming = undefined;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<IncomingMessage, void, undefined> {
    try {
      for (;;) {
        const message = this.#waiting.shift();
        if (message !== undefined) {
          this.#taken(PIECE_COST);
          yield message;
          message.drop();
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#stop();
    }
  }

  /** Nobody wants more: what comes is dropped, and keeps nobody waiting. */
  #stop(): void {
    this.#ended = true;
    this.#coming?.drop();
    this.#coming = undefined;
    for (const message of this.#waiting.splice(0)) {
      this.#taken(PIECE_COST);
      message.drop();
    }
  }

  #taken(cost: number): void {
    this.#cost -= cost;
    if (!this.#paused || this.#cost > this.#highWaterBytes * RESUME_AT) return;
    this.#paused = false;
    ignoreFailure(this.#connection.resume());
  }
}

/** Pausing may be asynchronous, and fails when the connection or its hub is gone: then there is nothing to pause. */
function ignoreFailure(result: unknown): void {
  Promise.resolve(result).catch(() => {});
}
