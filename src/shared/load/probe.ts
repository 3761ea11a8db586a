/**
 * The stamp that each message of a load test carries: who sent it, its number, when it should have gone and when it went, and
 * a checksum. It is all that latency, loss, order and content are measured by, whatever server lies between.
 *
 *     binary, 32 bytes, little endian                        text, 47 characters
 *     0    magic      b5 72 63 b1                            rcp1, then the 32 bytes as base64url
 *     4    stream     u32, the publisher's number
 *     8    sequence   u32, from 0, of its stream
 *     12   checksum   CRC-32 of bytes 4–12, 16–32, fill
 *     16   intended   f64, ns on the reference clock
 *     24   sent       f64, ns on the reference clock
 *     32   fill
 *
 * The stamp may stand anywhere in a message: a server may wrap what it passes on. The *fill* that stands right behind it is
 * covered by the checksum; its length is nowhere, but a message is whole if the checksum is that of *some* length of what
 * follows the stamp: all of it (nothing was wrapped around), as much as last time, or any. So every damaged, missing or inserted
 * byte of a payload is found, and nothing is said of bytes that a server put before or behind it. Text as well: where a
 * template puts the fill elsewhere, only the stamp is covered, so that a server may write its JSON anew.
 *
 * A wrong length fits by chance once in 2^32 tries.
 */
import { endianness } from 'node:os';
import { crc32, lengthWithCrc32 } from './crc32';

/** The smallest payloads. */
export const BINARY_STAMP_BYTES = 32;
export const TEXT_STAMP_BYTES = 47;
/** Sequences are below it: so many messages a publisher can send in a test. */
export const SEQUENCE_LIMIT = 2 ** 32 - 1;

/** No UTF-8, so that no text holds it. */
const MAGIC = 0xb163_72b5 | 0;
const MAGIC_BYTES = Buffer.from([0xb5, 0x72, 0x63, 0xb1]);
const TEXT_MAGIC = 0x3170_6372;
const TEXT_MAGIC_BYTES = Buffer.from('rcp1');
const MAGIC_LENGTH = 4;
/** A message in which the magic stands more often is not looked through: its author means harm. */
const MAX_TRIES = 16;

const At = { STREAM: 4, SEQUENCE: 8, CHECKSUM: 12, INTENDED: 16, SENT: 24 } as const;

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
/** 64: not of the alphabet. */
const VALUE_OF = new Uint8Array(256).fill(64);
for (let value = 0; value < 64; value++) VALUE_OF[ALPHABET[value]!] = value;

/** Where the halves of a double lie. */
const [LOW, HIGH] = endianness() === 'LE' ? [0, 1] : [1, 0];

/** The stamp of a text, as bytes. One is enough: nothing here calls back. */
const decoded = Buffer.alloc(BINARY_STAMP_BYTES);

export const ProbeFinding = {
  WHOLE: 'whole',
  /** A message without a stamp: not one of the test. */
  NONE: 'none',
  /** There is a stamp, and something of the payload is not as it was. The fields of the probe say nothing. */
  CORRUPT: 'corrupt',
} as const;
export type ProbeFinding = (typeof ProbeFinding)[keyof typeof ProbeFinding];

/** What `readProbe` read. Use one again and again: it also knows how the last message was wrapped. */
export class Probe {
  stream = 0;
  sequence = 0;
  /** Bytes before the stamp and behind the fill of the last message that was whole. */
  headBytes = 0;
  tailBytes = 0;
  /**
   * The times, and their halves, which are copied one by one: five times as fast as `readDoubleLE` (as `intAt` is against
   * `readInt32LE`), and no double is handed over, for which memory would be taken.
   */
  readonly #times = new Float64Array(2);
  readonly #halves = new Int32Array(this.#times.buffer);

  get intendedNs(): number {
    return this.#times[0]!;
  }

  get sentNs(): number {
    return this.#times[1]!;
  }

  /** @internal the times of the stamp at a place */
  takeTimes(stamp: Buffer, at: number): void {
    const halves = this.#halves;
    halves[LOW!] = intAt(stamp, at + At.INTENDED);
    halves[HIGH!] = intAt(stamp, at + At.INTENDED + 4);
    halves[2 + LOW!] = intAt(stamp, at + At.SENT);
    halves[2 + HIGH!] = intAt(stamp, at + At.SENT + 4);
  }
}

/** Looks for the stamp of one message, which lies from `start` to `end`. Allocates nothing, unless the message is a strange one. */
export function readProbe(bytes: Buffer, start: number, end: number, into: Probe): ProbeFinding {
  if (isWhole(bytes, start + into.headBytes, end, into)) return ProbeFinding.WHOLE;
  return search(bytes, start, end, into);
}

/**
 * Writes the stamp of a binary message.
 *
 * @param coveredTo where the fill ends that begins right behind it
 */
export function writeStamp(
  bytes: Buffer,
  at: number,
  coveredTo: number,
  stream: number,
  sequence: number,
  intendedNs: number,
  sentNs: number,
): void {
  putFields(bytes, at, stream, sequence, intendedNs, sentNs);
  const crc = crc32(bytes, at + BINARY_STAMP_BYTES, coveredTo, stampCrc(bytes, at));
  bytes.writeInt32LE(crc, at + At.CHECKSUM);
}

/** The same for text. */
export function writeTextStamp(
  bytes: Buffer,
  at: number,
  coveredTo: number,
  stream: number,
  sequence: number,
  intendedNs: number,
  sentNs: number,
): void {
  putFields(decoded, 0, stream, sequence, intendedNs, sentNs);
  const crc = crc32(bytes, at + TEXT_STAMP_BYTES, coveredTo, stampCrc(decoded, 0));
  decoded.writeInt32LE(crc, At.CHECKSUM);
  bytes.writeUInt32LE(TEXT_MAGIC, at);
  encodeWord(bytes, at + MAGIC_LENGTH);
}

function putFields(
  bytes: Buffer,
  at: number,
  stream: number,
  sequence: number,
  intendedNs: number,
  sentNs: number,
): void {
  bytes.writeInt32LE(MAGIC, at);
  bytes.writeUInt32LE(stream, at + At.STREAM);
  bytes.writeUInt32LE(sequence, at + At.SEQUENCE);
  bytes.writeDoubleLE(intendedNs, at + At.INTENDED);
  bytes.writeDoubleLE(sentNs, at + At.SENT);
}

function stampCrc(bytes: Buffer, at: number): number {
  const crc = crc32(bytes, at + At.STREAM, at + At.CHECKSUM);
  return crc32(bytes, at + At.INTENDED, at + BINARY_STAMP_BYTES, crc);
}

function isBinaryStamp(bytes: Buffer, at: number, end: number): boolean {
  return end - at >= BINARY_STAMP_BYTES && intAt(bytes, at) === MAGIC;
}

function isTextStamp(bytes: Buffer, at: number, end: number): boolean {
  return end - at >= TEXT_STAMP_BYTES && intAt(bytes, at) === TEXT_MAGIC;
}

/** Whether there is a stamp at a place, and all is as it should be. */
function isWhole(bytes: Buffer, at: number, end: number, into: Probe): boolean {
  if (isBinaryStamp(bytes, at, end)) return agrees(bytes, at, bytes, at + BINARY_STAMP_BYTES, end, into);
  return (
    isTextStamp(bytes, at, end) &&
    decodeWord(bytes, at + MAGIC_LENGTH) &&
    intAt(decoded, 0) === MAGIC &&
    agrees(decoded, 0, bytes, at + TEXT_STAMP_BYTES, end, into)
  );
}

/** Whether the checksum of the stamp is that of the stamp and some length of fill. */
function agrees(
  stamp: Buffer,
  at: number,
  bytes: Buffer,
  fillFrom: number,
  end: number,
  into: Probe,
): boolean {
  const wanted = intAt(stamp, at + At.CHECKSUM);
  const before = crc32(stamp, at + At.STREAM, at + At.CHECKSUM);
  const likelyEnd = end - into.tailBytes;
  if (likelyEnd < fillFrom || crcOfRest(stamp, at, bytes, fillFrom, likelyEnd, before) !== wanted) {
    const ofStamp = crc32(stamp, at + At.INTENDED, at + BINARY_STAMP_BYTES, before);
    const length = lengthWithCrc32(bytes, fillFrom, end, ofStamp, wanted);
    if (length < 0) return false;
    into.tailBytes = end - fillFrom - length;
  }
  into.stream = intAt(stamp, at + At.STREAM) >>> 0;
  into.sequence = intAt(stamp, at + At.SEQUENCE) >>> 0;
  into.takeTimes(stamp, at);
  return true;
}

/** The checksum from the times on. In a binary message the fill lies right behind them: one pass. */
function crcOfRest(
  stamp: Buffer,
  at: number,
  bytes: Buffer,
  fillFrom: number,
  fillTo: number,
  before: number,
): number {
  if (stamp === bytes) return crc32(bytes, at + At.INTENDED, fillTo, before);
  return crc32(bytes, fillFrom, fillTo, crc32(stamp, at + At.INTENDED, at + BINARY_STAMP_BYTES, before));
}

function intAt(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The message is not like the last one: the stamp is elsewhere, or damaged, or there is none. */
function search(bytes: Buffer, start: number, end: number, into: Probe): ProbeFinding {
  const message = bytes.subarray(start, end);
  let found = false;
  for (const magic of [MAGIC_BYTES, TEXT_MAGIC_BYTES]) {
    let at = message.indexOf(magic);
    for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries++) {
      found = true;
      if (isWhole(message, at, message.length, into)) {
        into.headBytes = at;
        return ProbeFinding.WHOLE;
      }
      at = message.indexOf(magic, at + 1);
    }
  }
  return found || hasDamagedMagic(message, into) ? ProbeFinding.CORRUPT : ProbeFinding.NONE;
}

/** Whether all is as it should be but for the magic, where it stood last time or would stand if nothing were wrapped around. */
function hasDamagedMagic(message: Buffer, into: Probe): boolean {
  return [0, into.headBytes].some((at) => {
    const room = message.length - at;
    const binary =
      room >= BINARY_STAMP_BYTES &&
      agrees(message, at, message, at + BINARY_STAMP_BYTES, message.length, into);
    return (
      binary ||
      (room >= TEXT_STAMP_BYTES &&
        decodeWord(message, at + MAGIC_LENGTH) &&
        agrees(decoded, 0, message, at + TEXT_STAMP_BYTES, message.length, into))
    );
  });
}

/** 32 bytes are ten groups of four characters and one of three. */
const WHOLE_GROUPS_BYTES = 30;

function encodeWord(bytes: Buffer, from: number): void {
  let to = from;
  for (let at = 0; at < WHOLE_GROUPS_BYTES; at += 3) {
    const group = (decoded[at]! << 16) | (decoded[at + 1]! << 8) | decoded[at + 2]!;
    bytes[to++] = ALPHABET[group >>> 18]!;
    bytes[to++] = ALPHABET[(group >>> 12) & 63]!;
    bytes[to++] = ALPHABET[(group >>> 6) & 63]!;
    bytes[to++] = ALPHABET[group & 63]!;
  }
  const last = (decoded[30]! << 10) | (decoded[31]! << 2);
  bytes[to++] = ALPHABET[last >>> 12]!;
  bytes[to++] = ALPHABET[(last >>> 6) & 63]!;
  bytes[to] = ALPHABET[last & 63]!;
}

/** False: what stands there was not written by `encodeWord`. */
function decodeWord(bytes: Buffer, from: number): boolean {
  let seen = 0;
  let at = from;
  for (let to = 0; to < WHOLE_GROUPS_BYTES; to += 3, at += 4) {
    const a = VALUE_OF[bytes[at]!]!;
    const b = VALUE_OF[bytes[at + 1]!]!;
    const c = VALUE_OF[bytes[at + 2]!]!;
    const d = VALUE_OF[bytes[at + 3]!]!;
    seen |= a | b | c | d;
    decoded[to] = (a << 2) | (b >>> 4);
    decoded[to + 1] = (b << 4) | (c >>> 2);
    decoded[to + 2] = (c << 6) | d;
  }
  const [a, b, c] = [VALUE_OF[bytes[at]!]!, VALUE_OF[bytes[at + 1]!]!, VALUE_OF[bytes[at + 2]!]!];
  decoded[30] = (a << 2) | (b >>> 4);
  decoded[31] = (b << 4) | (c >>> 2);
  return (seen | a | b | c) < 64 && (c & 3) === 0;
}
