/**
 * Takes apart what a peer sends, as it comes (RFC 6455 sections 5 and 7): the payload of each frame is handed out in the
 * pieces in which it arrives, with its mask taken off in place. Nothing of it is kept.
 *
 *     header ─▶ payload, piece by piece ─▶ header …
 *        └────▶ control frame, whole ─────────┘
 *
 * It finds wrong what ws finds wrong, with the same close codes; text is checked while it comes. At the first fault, or
 * behind a close frame, it looks at nothing any more.
 *
 * Thread: the service's.
 */
import { isUtf8 } from 'node:buffer';
import { CloseCode, isSendableCloseCode } from '../../../shared/close-codes';
import type { FragmentInfo } from '../../../shared/inbound';
import { Utf8Validator } from '../../../shared/utf8-validator';
import { Opcode } from '../frame';
import {
  type Fault,
  FIRST_HEADER_BYTES,
  faultOf,
  headerBytes,
  isCompressed,
  isControl,
  isFinal,
  MASK_BYTES,
  MAX_HEADER_BYTES,
  opcodeOf,
  payloadBytes,
  violation,
} from './frame-header';
import { Inflater } from './inflater';
import { unmask } from './unmask';

const EMPTY: Buffer = Buffer.alloc(0);
const NO_MESSAGE = 0;

/** What a peer's bytes come to. A call may pause or stop the receiver: then nothing further is told. */
export interface ReceiverSink {
  /** A piece of a message. `bytes` lies in the memory that was pushed. */
  fragment(bytes: Buffer, fragment: FragmentInfo): void;
  ping(payload: Buffer): void;
  pong(payload: Buffer): void;
  /** A fragment of no bytes that ends no message. */
  empty(): void;
  /** A close frame: `CloseCode.NONE` if it names no code. */
  close(code: number, reason: Buffer): void;
  /** The peer broke the protocol. */
  fault(fault: Fault): void;
  /** All that was pushed is handed out: more may come. Told only if `push` answered false. */
  ready(): void;
}

export class FrameReceiver {
  readonly #sink: ReceiverSink;
  readonly #mayCompress: boolean;
  /** What is pushed and not handed out, while paused or inflating. */
  #chunk = EMPTY;
  #at = 0;
  #running = false;
  #owesReady = false;
  #paused = false;
  #stopped = false;

  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerHave = 0;
  #headerNeed = FIRST_HEADER_BYTES;

  /** The frame under way, once its header is complete. */
  #inFrame = false;
  #opcode = 0;
  #final = false;
  #frameBytes = 0;
  #remaining = 0;
  #control = EMPTY;

  /** The message under way: its opcode, or NO_MESSAGE. */
  #message: number = NO_MESSAGE;
  #first = false;
  #messageBytes = 0;
  readonly #text = new Utf8Validator();
  /** There while a compressed message is under way. */
  #inflater: Inflater | undefined;
  /** Wire bytes that the inflater has not handed out. */
  #inflating = 0;

  /** @param mayCompress whether permessage-deflate was agreed on, without context takeover by the peer */
  constructor(sink: ReceiverSink, mayCompress: boolean) {
    this.#sink = sink;
    this.#mayCompress = mayCompress;
  }

  /**
   * Takes bytes from the peer, which are changed in place.
   *
   * @returns whether all of them are handed out; if not, push no more until `ready` is told
   */
  push(chunk: Buffer): boolean {
    if (this.#stopped) return true;
    this.#chunk =
      this.#at < this.#chunk.length ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
    this.#run();
    this.#owesReady = !this.idle;
    return this.idle;
  }

  /** Hands out nothing more until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#inflater?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#inflater?.resume();
    this.#goOn();
  }

  /** Looks at nothing any more, and lets go of its memory. */
  stop(): void {
    this.#stopped = true;
    this.#chunk = EMPTY;
    this.#at = 0;
    this.#inflater?.close();
    this.#inflater = undefined;
  }

  /** Whether all that was pushed is handed out. */
  get idle(): boolean {
    return this.#stopped || (this.#at === this.#chunk.length && this.#inflating === 0);
  }

  #goOn(): void {
    this.#run();
    if (!this.#owesReady || !this.idle || this.#running) return;
    this.#owesReady = false;
    this.#sink.ready();
  }

  #run(): void {
    if (this.#running) return; // called from within: the loop outside goes on
    this.#running = true;
    try {
      while (this.#at < this.#chunk.length && !this.#paused && !this.#stopped && this.#inflating === 0) {
        if (!this.#inFrame) this.#takeHeader();
        else if (isControl(this.#opcode)) this.#takeControl();
        else this.#takePayload();
      }
    } finally {
      this.#running = false;
    }
    if (this.#at === this.#chunk.length) {
      this.#chunk = EMPTY; // an idle peer pins no memory
      this.#at = 0;
    }
  }

  #takeHeader(): void {
    while (this.#headerHave < this.#headerNeed) {
      if (this.#at === this.#chunk.length) return;
      this.#header[this.#headerHave++] = this.#chunk[this.#at++];
      const fault = this.#judgeHeader();
      if (fault !== undefined) {
        this.#fault(fault);
        return;
      }
    }
    this.#beginFrame(this.#header[0], payloadBytes(this.#header));
  }

  /** Looks at each part of the header as soon as it is there: a peer that is wrong may send nothing behind it. */
  #judgeHeader(): Fault | undefined {
    if (this.#headerHave === FIRST_HEADER_BYTES) {
      const [first, second] = this.#header;
      this.#headerNeed = headerBytes(second);
      return faultOf(first, second, this.#message !== NO_MESSAGE, this.#mayCompress);
    }
    const longest = this.#headerHave === MAX_HEADER_BYTES - MASK_BYTES;
    if (!longest || payloadBytes(this.#header) < Number.POSITIVE_INFINITY) return undefined;
    return { code: CloseCode.TOO_LONG, text: 'a frame of more than 2^53 - 1 bytes' };
  }

  #beginFrame(first: number, length: number): void {
    this.#opcode = opcodeOf(first);
    this.#frameBytes = length;
    this.#remaining = length;
    this.#inFrame = true;
    if (isControl(this.#opcode)) {
      if (length > 0) this.#control = Buffer.alloc(length);
      else this.#endControl();
      return;
    }
    this.#final = isFinal(first);
    if (this.#opcode !== Opcode.CONTINUATION) this.#beginMessage(isCompressed(first));
    if (length === 0) this.#takePayload();
  }

  #beginMessage(compressed: boolean): void {
    this.#message = this.#opcode;
    this.#first = true;
    this.#messageBytes = 0;
    this.#text.reset();
    if (!compressed) return;
    this.#inflater = new Inflater({
      inflated: (bytes, last) => this.#handOut(bytes, this.#remaining + (last ? 0 : this.#inflating)),
      consumed: () => this.#inputConsumed(),
      failed: (reason) => this.#fault({ code: CloseCode.INVALID_DATA, text: `compressed data: ${reason}` }),
    });
  }

  /** Hands out what has come of the payload. Nothing has, of an empty frame. */
  #takePayload(): void {
    const bytes = this.#takeBytes();
    const frameEnds = this.#remaining === 0;
    if (frameEnds) this.#endFrame();
    if (this.#frameBytes === 0 && !this.#final) this.#sink.empty();
    if (this.#stopped) return;
    if (this.#inflater !== undefined) {
      const messageEnds = frameEnds && this.#final;
      if (bytes.length === 0 && !messageEnds) return;
      this.#inflating = Math.max(1, bytes.length);
      this.#inflater.push(bytes, messageEnds);
    } else if (bytes.length > 0 || this.#final) {
      this.#handOut(bytes, this.#remaining);
    }
  }

  /** @returns what has come of the frame's payload, with its mask taken off */
  #takeBytes(): Buffer {
    const from = this.#at;
    const length = Math.min(this.#remaining, this.#chunk.length - from);
    this.#at += length;
    const bytes = this.#chunk.subarray(from, this.#at);
    unmask(bytes, this.#header, this.#headerNeed - MASK_BYTES, this.#frameBytes - this.#remaining);
    this.#remaining -= length;
    return bytes;
  }

  #endFrame(): void {
    this.#inFrame = false;
    this.#headerHave = 0;
    this.#headerNeed = FIRST_HEADER_BYTES;
  }

  #inputConsumed(): void {
    this.#inflating = 0;
    if (this.#remaining === 0 && this.#final) {
      this.#inflater?.close();
      this.#inflater = undefined;
    }
    this.#goOn();
  }

  #handOut(bytes: Buffer, remaining: number): void {
    const messageEnds = this.#final && remaining === 0;
    const binary = this.#message === Opcode.BINARY;
    if (!binary && !(this.#text.push(bytes) && (!messageEnds || this.#text.complete))) {
      this.#fault({ code: CloseCode.INVALID_DATA, text: 'text that is not UTF-8' });
      return;
    }
    const messageBytes = this.#messageBytes + bytes.length;
    const fragment = { first: this.#first, final: this.#final, remaining, binary, messageBytes };
    this.#first = false;
    this.#messageBytes = messageBytes;
    if (messageEnds) this.#message = NO_MESSAGE;
    this.#sink.fragment(bytes, fragment);
  }

  #takeControl(): void {
    const at = this.#frameBytes - this.#remaining;
    this.#control.set(this.#takeBytes(), at);
    if (this.#remaining === 0) this.#endControl();
  }

  #endControl(): void {
    const payload = this.#control;
    this.#control = EMPTY;
    this.#endFrame();
    if (this.#opcode === Opcode.PING) this.#sink.ping(payload);
    else if (this.#opcode === Opcode.PONG) this.#sink.pong(payload);
    else this.#takeClose(payload);
  }

  #takeClose(payload: Buffer): void {
    const named = payload.length > 0;
    const code = named ? payload.readUInt16BE(0) : CloseCode.NONE;
    const reason = payload.subarray(2);
    if (named && !isSendableCloseCode(code)) {
      this.#fault(violation(`close code ${code}`));
    } else if (!isUtf8(reason)) {
      this.#fault({ code: CloseCode.INVALID_DATA, text: 'a close reason that is not UTF-8' });
    } else {
      this.stop();
      this.#sink.close(code, reason);
    }
  }

  #fault(fault: Fault): void {
    this.stop();
    this.#sink.fault(fault);
  }
}
