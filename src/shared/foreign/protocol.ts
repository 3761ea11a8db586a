/**
 * What a process with a producer and the hub say to each other over the private unix socket. No socket lives here.
 *
 *     frame = body bytes (u32) · kind (u8) · 0 (u8) · key bytes (u16) · body          little-endian
 *
 *     producer → hub                                    hub → producer
 *       HELLO      JSON of `Hello`                        WELCOME    JSON of `Welcome`
 *       CHANNEL    number (u32) · name                    REFUSED    JSON of `Refusal`, then the end
 *       TEXT       channel (u32) · ticket (u32)           ACK        sequence (f64)
 *       BINARY       · key · payload                      SETTLED    a ticket's six numbers (u32), again and again
 *       UNPOSTED   all (u32), then channel (u32) and      GATE_SHUT  name: posts to this channel answer `'full'`
 *                    count (u32), again and again         GATE_OPEN  name: no longer
 *       GOODBYE    nothing: the session ends here         CLOSED     nothing: this hub takes no more
 *
 * - HELLO is the first frame and WELCOME its answer. Whoever begins otherwise, or says nothing in time, is a stranger.
 * - A *session* is one producer process from its first HELLO to its GOODBYE, over any number of connections. Its messages
 *   (TEXT and BINARY) are numbered from 1 without gaps. HELLO says which number comes next at the earliest; WELCOME says up to
 *   which number this hub has them already: so a message goes to one hub once, however often the connection breaks.
 * - ACK: up to here every message is in the hub's ring, where only the hub's own death can lose it.
 * - A CHANNEL frame gives a number its name for one connection, before the first message that carries the number.
 * - A frame that was not complete when the connection ended never was.
 */

/** Both sides must speak the same. Grows with every change of the above. */
export const PROTOCOL_VERSION = 1;

export const FRAME_HEAD_BYTES = 8;
/** What a message's frame has between its head and its key. */
export const MESSAGE_PREFIX_BYTES = 8;
/** One ticket in a SETTLED frame. */
export const SETTLED_TICKET_BYTES = 24;

/** TEXT and BINARY are the kinds of the ring's records. */
export const FrameKind = {
  TEXT: 1,
  BINARY: 2,
  HELLO: 0x20,
  CHANNEL: 0x21,
  UNPOSTED: 0x22,
  GOODBYE: 0x23,
  WELCOME: 0x40,
  REFUSED: 0x41,
  ACK: 0x42,
  SETTLED: 0x43,
  GATE_SHUT: 0x44,
  GATE_OPEN: 0x45,
  CLOSED: 0x46,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** The most that anybody may send before the hub knows who it is: a HELLO is a tenth of it. */
export const MAX_HELLO_BYTES = 1_024;
/** A hub's answers: the longest is WELCOME, with the names of all channels that the options list. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface Hello {
  /** The protocol's version. */
  ringcast: number;
  /** Told, not proven: for people who read statistics. */
  pid: number;
  /** Random, 32 hexadecimal digits. */
  session: string;
  /** The number of the next message, at the earliest. */
  next: number;
}

export interface Welcome {
  /** Up to this number the hub has this session's messages. */
  received: number;
  laneBytes: number;
  maxChannels: number;
  /** As in the producer handle. */
  channels: { names?: string[]; others: boolean };
  /** Channels whose gate is shut now. */
  gated: string[];
}

export interface Refusal {
  code: string;
  message: string;
}

/** A frame whose body is text. */
export function textFrame(kind: FrameKind, text: string): Buffer {
  return frameOf(kind, Buffer.from(text, 'utf8'));
}

export function frameOf(kind: FrameKind, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length);
  writeHead(frame, 0, kind, 0, body.length);
  frame.set(body, FRAME_HEAD_BYTES);
  return frame;
}

export function channelFrame(number: number, name: Uint8Array): Buffer {
  const body = Buffer.allocUnsafe(4 + name.length);
  body.writeUInt32LE(number, 0);
  body.set(name, 4);
  return frameOf(FrameKind.CHANNEL, body);
}

export function ackFrame(sequence: number): Buffer {
  const body = Buffer.allocUnsafe(8);
  body.writeDoubleLE(sequence, 0);
  return frameOf(FrameKind.ACK, body);
}

export function numbersFrame(kind: FrameKind, numbers: readonly number[]): Buffer {
  const body = Buffer.allocUnsafe(numbers.length * 4);
  for (let at = 0; at < numbers.length; at++) body.writeUInt32LE(numbers[at], at * 4);
  return frameOf(kind, body);
}

export function writeHead(
  bytes: Buffer,
  at: number,
  kind: number,
  keyBytes: number,
  bodyBytes: number,
): void {
  bytes.writeUInt32LE(bodyBytes, at);
  bytes.writeUInt32LE((kind | (keyBytes << 16)) >>> 0, at + 4);
}

/** Whether this is the HELLO of a producer, of whatever version. */
export function isHello(value: unknown): value is Hello {
  const hello = value as Partial<Hello> | null;
  return (
    typeof hello === 'object' &&
    hello !== null &&
    Number.isInteger(hello.ringcast) &&
    Number.isInteger(hello.pid) &&
    typeof hello.session === 'string' &&
    /^[0-9a-f]{32}$/.test(hello.session) &&
    Number.isSafeInteger(hello.next) &&
    (hello.next as number) >= 1
  );
}
