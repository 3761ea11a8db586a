import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { Utf8Validator } from '../../../src/shared/utf8-validator';

/** Whether the validator takes these bytes as a whole text, in pieces of `size`. */
function takes(bytes: Uint8Array, size: number): boolean {
  const validator = new Utf8Validator();
  for (let at = 0; at < bytes.length; at += size) {
    if (!validator.push(bytes.subarray(at, at + size))) return false;
  }
  return validator.complete;
}

describe('a validator of UTF-8 that comes in pieces', () => {
  it('says what node says of the whole, for every two bytes', () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Buffer.from([0x41, first, second]);
        const whole = isUtf8(bytes);
        if (takes(bytes, 1) !== whole || takes(bytes, 2) !== whole)
          throw new Error(`${bytes.toString('hex')}: it is ${whole ? '' : 'not '}UTF-8`);
      }
    }
    expect(takes(Buffer.from([0x41]), 1)).toBe(true);
  });

  it('says what node says of the whole, for bytes that are nearly text, however they are cut', () => {
    const nearly = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 3 }).map((text) => Buffer.from(text)),
        fc
          .constantFrom('f0', 'f48fbfbf', 'f4908080', 'eda080', 'ed9fbf', 'e08080', 'c080', 'e282', '80')
          .map((hex) => Buffer.from(hex, 'hex')),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(nearly, fc.integer({ min: 1, max: 7 }), (parts, size) => {
        const bytes = Buffer.concat(parts);
        expect(takes(bytes, size)).toBe(isUtf8(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is good again after a reset', () => {
    const validator = new Utf8Validator();
    expect([validator.push(Buffer.from([0xe2])), validator.complete]).toEqual([true, false]);
    validator.reset();
    expect([validator.push(Buffer.from('a')), validator.complete]).toEqual([true, true]);
  });
});
