/**
 * Inflates one compressed message piece by piece (RFC 7692). At most one piece of input and two of output are in memory:
 * more input is asked for only when the output is handed out.
 *
 * Thread: the service's. The work is done by libuv's threads.
 */
import zlib, { type InflateRaw } from 'node:zlib';

/** The most output that is made before it is handed out. */
const OUTPUT_BYTES = 16 * 1024;
const SETTINGS = { chunkSize: OUTPUT_BYTES, readableHighWaterMark: OUTPUT_BYTES };
/** What a sender leaves away at the end of each message (RFC 7692 section 7.2.1). */
const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** A message may consist of several DEFLATE streams (section 7.2.3.4); each costs the making of an inflater. */
const MAX_STREAMS = 64;
const EMPTY: Buffer = Buffer.alloc(0);

export interface InflaterSink {
  /** @param last whether nothing more comes of the input that was pushed */
  inflated(bytes: Buffer, last: boolean): void;
  /** The input is handed out, whole: the next may be pushed. */
  consumed(): void;
  /** The data is not what DEFLATE makes. */
  failed(reason: string): void;
}

export class Inflater {
  readonly #sink: InflaterSink;
  #inflate: InflateRaw | undefined;
  #input = EMPTY;
  /** Bytes of all that this stream was given before `#input`. */
  #before = 0;
  #streams = 0;
  #endsMessage = false;
  #accepted = false;
  #busy = false;
  #paused = false;
  /** Output is handed out one piece late: only then is it known which one is the last. */
  #held: Buffer | undefined;

  constructor(sink: InflaterSink) {
    this.#sink = sink;
    this.#open();
  }

  /** @param endsMessage whether this is the end of the message: then the last piece may be empty */
  push(bytes: Buffer, endsMessage: boolean): void {
    this.#busy = true;
    this.#endsMessage = endsMessage;
    this.#write(endsMessage ? Buffer.concat([bytes, TRAILER]) : bytes);
  }

  /** Stops handing out, and so, soon, inflating. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#handOut();
  }

  close(): void {
    this.#inflate?.destroy();
    this.#inflate = undefined;
    this.#held = undefined;
    this.#busy = false;
  }

  #open(): void {
    const inflate = zlib.createInflateRaw(SETTINGS);
    inflate.on('readable', () => this.#handOut());
    inflate.on('end', () => this.#streamEnded(inflate));
    inflate.on('error', (error) => {
      if (this.#inflate === inflate) this.#fail(error.message);
    });
    this.#inflate = inflate;
    this.#before = 0;
    this.#streams++;
  }

  #write(input: Buffer): void {
    const inflate = this.#inflate;
    this.#input = input;
    this.#accepted = false;
    inflate?.write(input, (error) => {
      if (error != null || this.#inflate !== inflate) return;
      this.#accepted = true;
      this.#before += input.length;
      this.#handOut();
    });
  }

  /** Hands out what there is. */
  #handOut(): void {
    while (!this.#paused && this.#busy) {
      const piece: Buffer | null = this.#inflate?.read() ?? null;
      if (piece === null) break;
      const held = this.#held;
      this.#held = piece;
      if (held !== undefined) this.#sink.inflated(held, false);
    }
    if (this.#accepted && this.#busy && !this.#paused && this.#inflate?.readableLength === 0) this.#finish();
  }

  #finish(): void {
    const last = this.#held ?? (this.#endsMessage ? EMPTY : undefined);
    this.#held = undefined;
    this.#busy = false;
    if (last !== undefined) this.#sink.inflated(last, true);
    this.#sink.consumed();
  }

  /** A block said that it is its stream's last. What follows in the message is another stream. */
  #streamEnded(inflate: InflateRaw): void {
    if (this.#inflate !== inflate) return;
    if (this.#streams >= MAX_STREAMS) {
      this.#fail(`more than ${MAX_STREAMS} DEFLATE streams in one message`);
      return;
    }
    const rest = this.#input.subarray(inflate.bytesWritten - this.#before);
    inflate.destroy();
    this.#open();
    this.#write(rest);
  }

  #fail(reason: string): void {
    this.close();
    this.#sink.failed(reason);
  }
}
