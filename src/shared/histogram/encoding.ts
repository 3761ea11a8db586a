/**
 * HdrHistogram's V2 encoding, compressed, as base64 text: it begins with `HISTFAAA`, and every tool of that family reads it.
 *
 *     cookie, length of the rest, deflate of
 *       cookie, length of the counts, 0, digits, lowest (64 bits), highest (64 bits), 1.0, counts
 *     a count: zigzag LEB128; a negative one stands for so many zeros
 *
 * Numbers are big endian. `org.HdrHistogram.AbstractHistogram` in Java is where the format is defined.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { COUNTS_LENGTH, HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS } from './buckets';

const COOKIE = 0x1c84_9313;
const COMPRESSED_COOKIE = 0x1c84_9314;
const COMPRESSED_HEAD_BYTES = 8;
const HEAD_BYTES = 40;
const MAX_COUNT_BYTES = 9;
/** More than any histogram of ours has: what claims to hold more is not one. */
const MAX_DECODED_BYTES = HEAD_BYTES + COUNTS_LENGTH * MAX_COUNT_BYTES;

export function encodeCounts(counts: Float64Array): string {
  const payload = new CountWriter(counts.length);
  for (let i = 0, used = lengthUsed(counts); i < used; ) {
    const zerosFrom = i;
    while (i < used && counts[i] === 0) i++;
    if (i - zerosFrom > 1) payload.write(zerosFrom - i);
    else if (i > zerosFrom) payload.write(0);
    if (i < used) payload.write(counts[i++]!);
  }
  return compressed(withHead(payload.bytes()));
}

/** @throws {RangeError} if the text is no such encoding, or of a histogram with other buckets than ours */
export function decodeCounts(text: string): Float64Array {
  const bytes = decompressed(text);
  if (bytes.length < HEAD_BYTES || bytes.readInt32BE(0) !== COOKIE) throw refusal('it has no V2 head');
  const [digits, lowest] = [bytes.readInt32BE(12), bytes.readBigInt64BE(16)];
  if (digits !== SIGNIFICANT_DIGITS || lowest !== BigInt(LOWEST_NS))
    throw refusal(
      `it has ${digits} digits and a lowest value of ${lowest}, this one ${SIGNIFICANT_DIGITS} and ${LOWEST_NS}`,
    );
  const end = HEAD_BYTES + bytes.readInt32BE(4);
  if (end < HEAD_BYTES || end > bytes.length) throw refusal('it is cut off');
  return readCounts(bytes.subarray(HEAD_BYTES, end));
}

function readCounts(bytes: Buffer): Float64Array {
  const counts = new Float64Array(COUNTS_LENGTH);
  const reader = new CountReader(bytes);
  let at = 0;
  while (!reader.done) {
    const count = reader.next();
    if (count < 0) at -= count;
    else if (at < COUNTS_LENGTH) counts[at++] = count;
    else throw refusal('it has more counts than this one');
  }
  return counts;
}

function withHead(payload: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeInt32BE(COOKIE, 0);
  head.writeInt32BE(payload.length, 4);
  head.writeInt32BE(SIGNIFICANT_DIGITS, 12);
  head.writeBigInt64BE(BigInt(LOWEST_NS), 16);
  head.writeBigInt64BE(BigInt(HIGHEST_NS), 24);
  head.writeDoubleBE(1, 32);
  return Buffer.concat([head, payload]);
}

function compressed(bytes: Buffer): string {
  const deflated = deflateSync(bytes);
  const head = Buffer.alloc(COMPRESSED_HEAD_BYTES);
  head.writeInt32BE(COMPRESSED_COOKIE, 0);
  head.writeInt32BE(deflated.length, 4);
  return Buffer.concat([head, deflated]).toString('base64');
}

function decompressed(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < COMPRESSED_HEAD_BYTES || bytes.readInt32BE(0) !== COMPRESSED_COOKIE)
    throw refusal('it does not begin as one that is compressed, V2');
  const end = COMPRESSED_HEAD_BYTES + Math.max(0, bytes.readInt32BE(4));
  try {
    return inflateSync(bytes.subarray(COMPRESSED_HEAD_BYTES, end), { maxOutputLength: MAX_DECODED_BYTES });
  } catch (cause) {
    throw refusal(`it cannot be decompressed (${(cause as Error).message})`, cause);
  }
}

function refusal(why: string, cause?: unknown): RangeError {
  return new RangeError(`not an encoded histogram that can be read here: ${why}`, { cause });
}

function lengthUsed(counts: Float64Array): number {
  let length = counts.length;
  while (length > 0 && counts[length - 1] === 0) length--;
  return length;
}

/** Zigzag LEB128, of integers up to 2^53. Products instead of shifts: those would cut to 32 bits. */
class CountWriter {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(counts: number) {
    this.#bytes = Buffer.alloc(counts * MAX_COUNT_BYTES);
  }

  write(count: number): void {
    let rest = count < 0 ? -2 * count - 1 : 2 * count;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}

class CountReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(): number {
    let coded = 0;
    for (let factor = 1; ; factor *= 0x80) {
      if (this.done || factor > 2 ** 49) throw refusal('a count is cut off or too great');
      const byte = this.#bytes[this.#at++]!;
      coded += (byte & 0x7f) * factor;
      if (byte < 0x80) return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    }
  }
}
