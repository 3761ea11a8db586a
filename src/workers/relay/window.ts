/**
 * The window: messages on their way to the hub, as finished frames, kept until the hub has acknowledged them. When the
 * connection breaks, what is left of it is sent again.
 *
 * Frames never straddle chunks, and what is in a chunk never changes: the operating system may be reading it.
 *
 * Thread: the relay's.
 */
import { FRAME_HEAD_BYTES, FrameKind } from '../../shared/foreign/protocol';

const CHUNK_BYTES = 128 * 1024;
/** Chunks that are kept to be used again. */
const SPARE_CHUNKS = 8;

interface Chunk {
  bytes: Buffer;
  used: number;
  sent: number;
  /** Number of the last message before this chunk, and of the last in it. */
  before: number;
  last: number;
}

export class Window {
  /** Number of the last message that is in it, or was. */
  last = 0;
  readonly #limitBytes: number;
  #chunks: Chunk[] = [];
  readonly #spare: Buffer[] = [];
  #heldBytes = 0;

  /** @param limitBytes at this many bytes it is full; one frame more may still go in */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes until it is full; 0 or less: it is. */
  get roomBytes(): number {
    return this.#limitBytes - this.#heldBytes;
  }

  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  /**
   * Makes room for one frame.
   *
   * @returns where it is to be written, whole, before anything else is asked of the window
   */
  reserve(frameBytes: number, isMessage: boolean): { bytes: Buffer; at: number } {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.bytes.length - chunk.used < frameBytes) {
      const bytes =
        (frameBytes <= CHUNK_BYTES ? this.#spare.pop() : undefined) ??
        Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, frameBytes));
      chunk = { bytes, used: 0, sent: 0, before: this.last, last: this.last };
      this.#chunks.push(chunk);
    }
    const at = chunk.used;
    chunk.used += frameBytes;
    if (isMessage) chunk.last = ++this.last;
    this.#heldBytes += frameBytes;
    return { bytes: chunk.bytes, at };
  }

  /** Hands over what was not sent yet, in order. */
  sendTo(send: (bytes: Buffer) => void): void {
    for (const chunk of this.#unsentChunks()) {
      send(chunk.bytes.subarray(chunk.sent, chunk.used));
      chunk.sent = chunk.used;
    }
  }

  /** The hub has everything up to message `sequence`. Only whole chunks are let go of. */
  acknowledge(sequence: number): void {
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      if (chunk.last > sequence || chunk.sent < chunk.used) return;
      this.#chunks.shift();
      this.#heldBytes -= chunk.used;
      if (chunk.bytes.length === CHUNK_BYTES && this.#spare.length < SPARE_CHUNKS)
        this.#spare.push(chunk.bytes);
    }
  }

  /** A new connection: everything behind message `sequence` is to be sent again. */
  rewind(sequence: number): void {
    for (const chunk of this.#chunks) chunk.sent = Math.min(chunk.used, offsetBehind(chunk, sequence));
    this.acknowledge(sequence);
  }

  /** Few, and at the end. */
  #unsentChunks(): Chunk[] {
    let first = this.#chunks.length;
    while (first > 0 && this.#chunks[first - 1].sent < this.#chunks[first - 1].used) first--;
    return this.#chunks.slice(first);
  }
}

/** Where in the chunk the frames behind message `sequence` begin. */
function offsetBehind({ bytes, used, before, last }: Chunk, sequence: number): number {
  if (sequence >= last) return used;
  let number = before;
  let at = 0;
  while (number < sequence) {
    const kind = bytes.readUInt32LE(at + 4) & 0xff;
    if (kind === FrameKind.TEXT || kind === FrameKind.BINARY) number++;
    at += FRAME_HEAD_BYTES + bytes.readUInt32LE(at);
  }
  return at;
}
