import zlib from 'node:zlib';
import { crc32, lengthWithCrc32 } from '../../../../src/shared/load/crc32';
import { Random } from '../../../support/random';

const bytes = new Random(3).bytes(2_000);

describe('a checksum of parts of a buffer', () => {
  it('is that of zlib, for every length and from any offset', () => {
    for (let length = 0; length < 700; length++) {
      const from = length % 13;
      expect(crc32(bytes, from, from + length) >>> 0).toBe(zlib.crc32(bytes.subarray(from, from + length)));
    }
  });

  it('goes on where an earlier part ended', () => {
    for (const [middle, end] of [
      [0, 9],
      [8, 8],
      [9, 700],
      [600, 601],
      [600, 1_200],
    ])
      expect(crc32(bytes, middle, end, crc32(bytes, 0, middle))).toBe(crc32(bytes, 0, end));
  });

  it('tells how many bytes have it, and that no number of them has', () => {
    const before = crc32(bytes, 0, 24);
    for (const length of [0, 1, 7, 8, 500, 1_976]) {
      const crc = crc32(bytes, 24, 24 + length, before);
      expect(lengthWithCrc32(bytes, 24, bytes.length, before, crc)).toBe(length);
      expect(lengthWithCrc32(bytes, 24, bytes.length, before, crc ^ 1)).toBe(-1);
    }
  });
});
