/** One row of the conformance table: what a peer sends, and what a server that echoes must answer. */
import { encodePeerFrame } from '../peer-stream';

export const Op = { CONTINUE: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** How a channel of the hub receives: `echo` itself, and `echo` at `/fragments`. */
export type Mode = 'message' | 'fragments';

export interface Outcome {
  /** Messages that come back, in order: text as a string, binary as a Buffer. */
  echo?: (string | Buffer)[];
  /** Pongs, in order. */
  pongs?: (string | Buffer)[];
  /**
   * The close frame's code; 1005: one without a code. Undefined: the server does not close; then the runner does, with 1000, and wants
   * that back.
   */
  close?: number;
  /** The close frame's reason, where the server repeats the peer's. */
  reason?: string;
}

export interface ConformanceCase extends Outcome {
  title: string;
  /** Write by write. */
  send: Buffer[];
  /** Whether the peer asks for permessage-deflate; the server must agree. */
  compression?: true;
  /** Where a way to receive has an outcome of its own. */
  instead?: { [mode in Mode]?: Outcome };
  /** With the limits that a hub has by default: refused on purpose, where the outcome differs. */
  strict?: { [mode in Mode]?: Outcome };
}

export interface Category {
  name: string;
  /** Where the rules stand. */
  rules: string;
  cases: ConformanceCase[];
}

type FrameOptions = { final?: boolean; rsv1?: boolean; lengthBytes?: 2 | 8; mask?: number };

/** A frame as a peer sends it. */
export function frame(opcode: number, payload: string | Buffer = '', options: FrameOptions = {}): Buffer {
  return encodePeerFrame({ opcode, payload: Buffer.from(payload as string), final: true, ...options });
}

/** A frame that is not its message's last. */
export function part(opcode: number, payload: string | Buffer = ''): Buffer {
  return frame(opcode, payload, { final: false });
}

/** A close frame with a code. */
export function closing(code: number, reason: string | Buffer = ''): Buffer {
  return frame(
    Op.CLOSE,
    Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)]),
  );
}

/** Bytes as they are, by default with a mask of zeros behind them. */
export function raw(bytes: number[], mask: number[] = [0, 0, 0, 0]): Buffer {
  return Buffer.from([...bytes, ...mask]);
}

export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** The message in frames of this many bytes. */
export function inFragments(opcode: number, payload: Buffer, bytes: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += bytes) {
    const final = at + bytes >= payload.length;
    frames.push(frame(at === 0 ? opcode : Op.CONTINUE, payload.subarray(at, at + bytes), { final }));
  }
  return frames;
}

/** Cut into writes of this many bytes. */
export function inWrites(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
}
