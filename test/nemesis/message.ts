/**
 * The messages of a nemesis run: each says who posted it, as which of its messages, when, and whether it is whole.
 *
 *     crc 4 · epoch 2 · channel 2 · producer 4 · sequence 4 · attempted 8 · attempt of the one before 8 · noise
 */
import { crc32 } from 'node:zlib';

/** Channels by number: one for each policy about slow peers. */
export const CHANNELS = ['lossless', 'cut', 'skip', 'conflate'] as const;
export type ChannelName = (typeof CHANNELS)[number];
/** Messages of one producer on `conflate` take turns among so many keys. */
export const KEYS = 16;
/** Producers in other processes have numbers from here on. */
export const FOREIGN_FROM = 100_000;

const HEADER_BYTES = 32;
const MAX_NOISE_BYTES = 400;
const noise = Buffer.from(Array.from({ length: MAX_NOISE_BYTES }, (_, at) => (at * 197) & 0xff));

export interface Message {
  /** Which process of the hub it was posted to, from 1 on; 0: a producer that outlives them. */
  epoch: number;
  channel: number;
  producer: number;
  /** From 1 on, without a gap, for each producer and channel. */
  sequence: number;
  /** When the post began that was accepted, and that of the message before: milliseconds of the clock that all processes share. */
  attemptedMs: number;
  beforeMs: number;
}

/** Milliseconds of the monotonic clock: the same in every process. */
export function sharedClockMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

export function encodeMessage(message: Message): Buffer {
  const length = HEADER_BYTES + ((message.sequence * 37 + message.producer * 11) % MAX_NOISE_BYTES);
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt16LE(message.epoch, 4);
  bytes.writeUInt16LE(message.channel, 6);
  bytes.writeUInt32LE(message.producer, 8);
  bytes.writeUInt32LE(message.sequence, 12);
  bytes.writeDoubleLE(message.attemptedMs, 16);
  bytes.writeDoubleLE(message.beforeMs, 24);
  noise.copy(bytes, HEADER_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** @returns undefined if these bytes are no whole message */
export function decodeMessage(bytes: Buffer): Message | undefined {
  if (bytes.length < HEADER_BYTES || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return undefined;
  return {
    epoch: bytes.readUInt16LE(4),
    channel: bytes.readUInt16LE(6),
    producer: bytes.readUInt32LE(8),
    sequence: bytes.readUInt32LE(12),
    attemptedMs: bytes.readDoubleLE(16),
    beforeMs: bytes.readDoubleLE(24),
  };
}

/** The key under which a producer's message is conflated. Those of two producers are never the same. */
export function keyOf(producer: number, sequence: number): string {
  return `${producer}:${sequence % KEYS}`;
}
