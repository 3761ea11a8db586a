/**
 * Messages for one peer alone that wait for their turn, in order. Most are of one frame; one that is sent in fragments gets
 * its frames over time, and keeps its place until the last of them.
 *
 *     ┌ complete ┐ ┌ unfinished ────────┐ ┌ complete ┐
 *     │ F        │ │ F F … more to come │ │ F        │   only the head is written; nothing passes it
 *     └──────────┘ └────────────────────┘ └──────────┘
 *
 * Thread: the service's.
 */

/** Memory that a waiting frame takes beside its bytes, about: small ones cost more than they send. */
const FRAME_COST = 256;
/** Frames that wait are joined into writes of at most this many bytes. */
const JOINED_WRITE_BYTES = 64 * 1024;

/** Is told, once, whether a frame was handed to the socket. */
export type FrameSettled = (sent: boolean) => void;

/** Who adds frames to an unfinished message, and to which. */
export interface MessageSender {
  /** The producer's tag; undefined: a handler, in this thread. */
  tag: number | undefined;
  /** The message's number, among its sender's. */
  number: number;
}

class PrivateMessage {
  readonly frames: { bytes: Buffer; settled: FrameSettled | undefined }[] = [];
  readonly sender: MessageSender | undefined;
  /** Whether its last frame has come. */
  complete: boolean;
  /** Whether some of it was given out to be written: then no other data frame may be, until it is complete (RFC 6455 section 5.4). */
  begun = false;
  /** While it is begun and has no frame: since when. */
  emptySinceMs = 0;

  constructor(sender: MessageSender | undefined) {
    this.sender = sender;
    this.complete = sender === undefined;
  }
}

export class PrivateQueue {
  readonly #messages: PrivateMessage[] = [];
  readonly #onCost: (change: number) => void;
  #frames = 0;
  /** Frames of the write under way. */
  #writing = 0;
  /** Bytes that wait, headers included. */
  bytes = 0;

  /** @param onCost is told how the memory that it takes changes */
  constructor(onCost: (change: number) => void) {
    this.#onCost = onCost;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#messages.length;
  }

  /** Memory that they take, about. */
  get cost(): number {
    return this.bytes + this.#frames * FRAME_COST;
  }

  get writing(): boolean {
    return this.#writing > 0;
  }

  /** Whether some message's end has not come. */
  get unfinished(): boolean {
    return this.#messages.some(({ complete }) => !complete);
  }

  /** Whether a message is begun whose end has not come: nothing else can be sent before it has. */
  get open(): boolean {
    return this.#openMessage() !== undefined;
  }

  /** @param sender who will add to it; undefined: this frame is the whole message */
  add(frame: Buffer, settled: FrameSettled | undefined, sender?: MessageSender): void {
    const message = new PrivateMessage(sender);
    this.#messages.push(message);
    this.#addFrame(message, frame, settled);
  }

  /** Adds to an unfinished message. @returns false if the sender has none such */
  extend(frame: Buffer, settled: FrameSettled | undefined, sender: MessageSender, last: boolean): boolean {
    const message = this.#messages.find(
      (candidate) =>
        !candidate.complete &&
        candidate.sender?.tag === sender.tag &&
        candidate.sender?.number === sender.number,
    );
    if (message === undefined) return false;
    message.complete = last;
    this.#addFrame(message, frame, settled);
    return true;
  }

  /**
   * What to write next.
   *
   * @param together whether the message at this index may go in the same write as those before it
   * @returns undefined if nothing is there: the head's next frame has not come
   */
  take(together: (index: number) => boolean): Buffer | undefined {
    const frames: Buffer[] = [];
    let length = 0;
    let room = true;
    for (let index = 0; room && index < this.#messages.length && (index === 0 || together(index)); index++) {
      const message = this.#messages[index];
      for (const { bytes } of message.frames) {
        room = frames.length === 0 || length + bytes.length <= JOINED_WRITE_BYTES;
        if (!room) break;
        frames.push(bytes);
        length += bytes.length;
        message.begun = true;
      }
      room &&= message.complete; // nothing passes a message that is not
    }
    this.#writing = frames.length;
    if (frames.length < 2) return frames[0];
    return Buffer.concat(frames, length);
  }

  /** What `take` gave is written. @returns the number of messages that are written to their end by it */
  written(nowMs: number): number {
    let finished = 0;
    for (; this.#writing > 0; this.#writing--) {
      const message = this.#messages[finished];
      this.#settleFrame(message, true);
      message.emptySinceMs = nowMs;
      if (message.complete && message.frames.length === 0) finished++;
    }
    this.#messages.splice(0, finished);
    return finished;
  }

  /** For how long the open message has had nothing to write, in ms. */
  gapMs(nowMs: number): number {
    const message = this.#openMessage();
    return message?.frames.length === 0 ? nowMs - message.emptySinceMs : 0;
  }

  /**
   * Drops the unfinished messages that are not begun, of the senders that `gone` says.
   *
   * @returns the indices that they had, highest first
   */
  dropUnfinished(gone: (sender: MessageSender) => boolean): number[] {
    const indices: number[] = [];
    for (let index = this.#messages.length - 1; index >= 0; index--) {
      const { complete, begun, sender } = this.#messages[index];
      if (complete || begun || sender === undefined || !gone(sender)) continue;
      indices.push(index);
      this.#drop(index);
    }
    return indices;
  }

  /** Whether the open message's sender is one that `gone` says. */
  openIs(gone: (sender: MessageSender) => boolean): boolean {
    const sender = this.#openMessage()?.sender;
    return sender !== undefined && gone(sender);
  }

  /** Drops everything. @returns the number of messages */
  clear(): number {
    const { length } = this.#messages;
    while (this.#messages.length > 0) this.#drop(this.#messages.length - 1);
    this.#writing = 0;
    return length;
  }

  /** The message that is begun and has no end. It need not be the head: one write may end others and begin it. */
  #openMessage(): PrivateMessage | undefined {
    for (const message of this.#messages) {
      if (!message.begun) return undefined;
      if (!message.complete) return message;
    }
    return undefined;
  }

  #drop(index: number): void {
    const [message] = this.#messages.splice(index, 1);
    while (message.frames.length > 0) this.#settleFrame(message, false);
  }

  #addFrame(message: PrivateMessage, bytes: Buffer, settled: FrameSettled | undefined): void {
    message.frames.push({ bytes, settled });
    this.#count(1, bytes.length);
  }

  /** The message's oldest frame is sent, or never will be. */
  #settleFrame(message: PrivateMessage, sent: boolean): void {
    const frame = message.frames.shift();
    if (frame === undefined) return;
    this.#count(-1, -frame.bytes.length);
    frame.settled?.(sent);
  }

  #count(frames: number, bytes: number): void {
    this.#frames += frames;
    this.bytes += bytes;
    this.#onCost(bytes + frames * FRAME_COST);
  }
}
