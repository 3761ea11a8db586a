/**
 * CRC-32 (IEEE 802.3, as in zlib and gzip) of parts of a buffer, without a view of each part. `crc32(x, a, b, crc32(x, 0, a))` is
 * that of both parts together.
 */
import { crc32 as nativeCrc32 } from 'node:zlib';

/** Up to here a table is faster than the call of zlib and the view that it needs. 2026-11-24, `npm run bench:checksum`. */
const TABLE_UP_TO_BYTES = 384;
const POLYNOMIAL = 0xedb8_8320;

/** Eight tables of 256: what a byte does to the register when 0 to 7 more bytes follow it ("slicing by eight"). */
const TABLE = makeTable();

/** @returns the checksum as a *signed* integer: one of 32 bits without sign would cost an allocation whenever it is great */
export function crc32(bytes: Buffer, from: number, to: number, before = 0): number {
  if (to - from > TABLE_UP_TO_BYTES) return nativeCrc32(bytes.subarray(from, to), before >>> 0) | 0;
  return ~crc32Register(bytes, from, to, ~before);
}

/** The register of the checksum, which is its complement: for who goes on byte by byte (see `afterByte`). */
function crc32Register(bytes: Buffer, from: number, to: number, register: number): number {
  let at = from;
  for (const lastGroup = to - 8; at <= lastGroup; at += 8) {
    // What does not hang on the register comes first: the processor does that of the next group meanwhile.
    const rest =
      TABLE[3 * 256 + bytes[at + 4]!]! ^
      TABLE[2 * 256 + bytes[at + 5]!]! ^
      TABLE[256 + bytes[at + 6]!]! ^
      TABLE[bytes[at + 7]!]!;
    register =
      TABLE[7 * 256 + ((register & 0xff) ^ bytes[at]!)]! ^
      TABLE[6 * 256 + (((register >>> 8) & 0xff) ^ bytes[at + 1]!)]! ^
      (TABLE[5 * 256 + (((register >>> 16) & 0xff) ^ bytes[at + 2]!)]! ^
        TABLE[4 * 256 + ((register >>> 24) ^ bytes[at + 3]!)]!) ^
      rest;
  }
  for (; at < to; at++) register = afterByte(register, bytes[at]!);
  return register;
}

/**
 * How many bytes from `from` on have this checksum, as the continuation of `before`; -1: no number of them up to `to` has.
 * That a wrong number has it by chance happens once in 2^32 tries.
 */
export function lengthWithCrc32(
  bytes: Buffer,
  from: number,
  to: number,
  before: number,
  crc: number,
): number {
  const wanted = ~crc;
  let register = ~before;
  for (let at = from; at < to; at++) {
    if (register === wanted) return at - from;
    register = afterByte(register, bytes[at]!);
  }
  return register === wanted ? to - from : -1;
}

function afterByte(register: number, byte: number): number {
  return (register >>> 8) ^ TABLE[(register ^ byte) & 0xff]!;
}

function makeTable(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? POLYNOMIAL : 0);
    table[byte] = register;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256]!;
    table[at] = (before >>> 8) ^ table[before & 0xff]!;
  }
  return table;
}
