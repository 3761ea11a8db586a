/**
 * Takes apart what a server sends after the handshake (RFC 6455 section 5), as it comes. A frame that lies whole in what was read
 * is handed out where it lies; only one that does not is carried over to the next read, and a message in fragments put together.
 *
 * It does not check that text is UTF-8: the `ws` client does that (`client: 'ws'`). Everything else that a server must not send is
 * a fault. Behind a fault or a close frame it looks at nothing any more.
 *
 * Thread: a load thread.
 */
import { CloseCode, isSendableCloseCode } from '../../shared/close-codes';
import { Opcode } from '../service/frame';

/** The longest message that a peer takes, as with the `ws` client. */
export const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
const MAX_CONTROL_BYTES = 125;

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const LENGTH_16 = 126;
/** A frame of a whole message: what nearly all frames begin with. */
const WHOLE_TEXT = FIN | Opcode.TEXT;
const WHOLE_BINARY = FIN | Opcode.BINARY;

const INCOMPLETE = -1;
const NO_MESSAGE = 0;
const EMPTY: Buffer = Buffer.alloc(0);
/** So much memory is taken at once for a frame that has only been announced; more as it comes. */
const ANNOUNCED_BYTES = 64 * 1024;
const FIRST_FRAGMENTS_BYTES = 1024;

/** What a server's bytes come to. Any call may stop the parser. `bytes` are valid during the call only. */
export interface ParserSink {
  message(bytes: Buffer, start: number, end: number, binary: boolean): void;
  ping(bytes: Buffer, start: number, end: number): void;
  pong(): void;
  /** A close frame: `CloseCode.NONE` if it names no code. */
  closed(code: number, reason: string): void;
  /** The server broke the protocol. `code`: what to close with. */
  fault(code: number, text: string): void;
}

export class FrameParser {
  readonly #sink: ParserSink;
  readonly #maxMessageBytes: number;
  #stopped = false;
  /** The beginning of a frame that has not come whole, from its header on. */
  #carry = EMPTY;
  #carried = 0;
  /** What `#carry` must have before it is looked at again. */
  #needed = 0;
  /** The fragments of the message under way, and its opcode or NO_MESSAGE. */
  #message = EMPTY;
  #messageBytes = 0;
  #opcode: number = NO_MESSAGE;

  constructor(sink: ParserSink, maxMessageBytes = MAX_MESSAGE_BYTES) {
    this.#sink = sink;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Takes what was read: `bytes` from `start` to `end`, which may be overwritten afterwards. */
  push(bytes: Buffer, start: number, end: number): void {
    let at = this.#carried > 0 ? this.#takeCarried(bytes, start, end) : start;
    while (at < end && !this.#stopped) {
      const behind = this.#take(bytes, at, end);
      if (behind === INCOMPLETE) {
        if (!this.#stopped) this.#carryOver(bytes, at, end);
        return;
      }
      at = behind;
    }
  }

  /** Looks at nothing any more, and lets go of its memory. */
  stop(): void {
    this.#stopped = true;
    this.#message = EMPTY;
    this.#carry = EMPTY;
    this.#carried = 0;
  }

  /** Whether a frame or a message has begun and not ended. */
  get unfinished(): boolean {
    return this.#carried > 0 || this.#opcode !== NO_MESSAGE;
  }

  /** @returns where the frame at `at` ends, or INCOMPLETE: then what is there of its header has been judged */
  #take(bytes: Buffer, at: number, end: number): number {
    if (end - at < 2) return INCOMPLETE;
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const usual = (first === WHOLE_BINARY || first === WHOLE_TEXT) && this.#opcode === NO_MESSAGE;
    if ((!usual || second >= MASKED) && this.#isFaulty(first, second)) return INCOMPLETE;
    const from = at + headerBytes(second);
    if (from > end) return INCOMPLETE;
    const length = second < LENGTH_16 ? second : longLength(bytes, at, second);
    if (length > this.#maxMessageBytes) {
      this.#fault(CloseCode.TOO_LONG, `a frame of ${length} bytes: the limit is ${this.#maxMessageBytes}`);
      return INCOMPLETE;
    }
    const to = from + length;
    if (to > end) return INCOMPLETE;
    if (usual) this.#sink.message(bytes, from, to, first === WHOLE_BINARY);
    else this.#takeUnusual(first, bytes, from, to);
    return to;
  }

  /** Judges the first two bytes of a header, and tells. */
  #isFaulty(first: number, second: number): boolean {
    const text = faultOf(first, second, this.#opcode !== NO_MESSAGE);
    if (text !== undefined) this.#fault(CloseCode.PROTOCOL_ERROR, text);
    return text !== undefined;
  }

  #takeUnusual(first: number, bytes: Buffer, from: number, to: number): void {
    const opcode = first & 0x0f;
    if (opcode === Opcode.PING) this.#sink.ping(bytes, from, to);
    else if (opcode === Opcode.PONG) this.#sink.pong();
    else if (opcode === Opcode.CLOSE) this.#takeClose(bytes, from, to);
    else this.#takeFragment(first, bytes, from, to);
  }

  #takeFragment(first: number, bytes: Buffer, from: number, to: number): void {
    const opcode = first & 0x0f;
    if (opcode !== Opcode.CONTINUATION) this.#opcode = opcode;
    const have = this.#messageBytes + to - from;
    if (have > this.#maxMessageBytes) {
      this.#fault(CloseCode.TOO_LONG, `a message of more than ${this.#maxMessageBytes} bytes`);
      return;
    }
    const room = Math.min(
      this.#maxMessageBytes,
      Math.max(have, 2 * this.#message.length, FIRST_FRAGMENTS_BYTES),
    );
    if (have > this.#message.length) this.#message = enlarged(this.#message, this.#messageBytes, room);
    bytes.copy(this.#message, this.#messageBytes, from, to);
    this.#messageBytes = have;
    if ((first & FIN) !== 0) this.#endMessage();
  }

  #endMessage(): void {
    const [message, length, binary] = [this.#message, this.#messageBytes, this.#opcode === Opcode.BINARY];
    this.#message = EMPTY;
    this.#messageBytes = 0;
    this.#opcode = NO_MESSAGE;
    this.#sink.message(message, 0, length, binary);
  }

  #takeClose(bytes: Buffer, from: number, to: number): void {
    const named = to > from;
    const code = named ? bytes.readUInt16BE(from) : CloseCode.NONE;
    if (named && !isSendableCloseCode(code)) {
      this.#fault(CloseCode.PROTOCOL_ERROR, `close code ${code}`);
      return;
    }
    const reason = bytes.toString('utf8', Math.min(from + 2, to), to);
    this.stop();
    this.#sink.closed(code, reason);
  }

  #carryOver(bytes: Buffer, at: number, end: number): void {
    this.#needed = neededBytes(bytes, at, end);
    this.#addToCarry(bytes, at, end);
  }

  /** Completes the frame that was carried over, if that much came. @returns up to where `bytes` was taken */
  #takeCarried(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.#stopped) {
      const to = Math.min(end, at + this.#needed - this.#carried);
      this.#addToCarry(bytes, at, to);
      at = to;
      if (this.#carried < this.#needed) return at;
      const [frame, length] = [this.#carry, this.#carried];
      this.#needed = neededBytes(frame, 0, length);
      if (this.#needed > length && this.#take(frame, 0, length) === INCOMPLETE) continue; // its header was judged
      this.#carry = EMPTY;
      this.#carried = 0;
      this.#take(frame, 0, length);
      return at;
    }
    return at;
  }

  #addToCarry(bytes: Buffer, from: number, to: number): void {
    const have = this.#carried + to - from;
    const room = Math.min(this.#needed, Math.max(have, 2 * this.#carry.length, ANNOUNCED_BYTES));
    if (have > this.#carry.length) this.#carry = enlarged(this.#carry, this.#carried, room);
    bytes.copy(this.#carry, this.#carried, from, to);
    this.#carried = have;
  }

  #fault(code: number, text: string): void {
    this.stop();
    this.#sink.fault(code, text);
  }
}

/** What is wrong with a frame that begins with these two bytes. */
function faultOf(first: number, second: number, inMessage: boolean): string | undefined {
  const opcode = first & 0x0f;
  const final = (first & FIN) !== 0;
  if ((first & RESERVED) !== 0) return 'a reserved bit is set, and no extension was agreed on';
  if ((second & MASKED) !== 0) return 'a frame of a server is masked';
  if (opcode === Opcode.CONTINUATION) return inMessage ? undefined : 'a continuation of no message';
  if (opcode === Opcode.TEXT || opcode === Opcode.BINARY)
    return inMessage ? `opcode ${opcode} inside a fragmented message` : undefined;
  if (opcode < Opcode.CLOSE || opcode > Opcode.PONG) return `opcode ${opcode}`;
  if (!final) return 'a control frame in fragments';
  return second > MAX_CONTROL_BYTES || (opcode === Opcode.CLOSE && second === 1)
    ? 'a control frame with a length that it cannot have'
    : undefined;
}

function headerBytes(second: number): number {
  return second < LENGTH_16 ? 2 : second === LENGTH_16 ? 4 : 10;
}

/** The length behind the first two bytes. As `ws` does, it takes longer forms than need be. */
function longLength(bytes: Buffer, at: number, second: number): number {
  if (second === LENGTH_16) return bytes.readUInt16BE(at + 2);
  return bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
}

/** How many bytes of a frame must be there before more can be said of it: of its header, then all of it. */
function neededBytes(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return 2;
  const second = bytes[at + 1]!;
  const header = headerBytes(second);
  if (header > end - at) return header;
  return header + (second < LENGTH_16 ? second : longLength(bytes, at, second));
}

function enlarged(bytes: Buffer, have: number, room: number): Buffer {
  const larger = Buffer.allocUnsafe(room);
  bytes.copy(larger, 0, 0, have);
  return larger;
}
