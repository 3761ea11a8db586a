import { unmask } from '../../../../../src/workers/service/receiver/unmask';
import { Random } from '../../../../support/random';

describe('taking a mask off', () => {
  it('is right at every alignment of the bytes, of the mask, and for every short length', () => {
    const random = new Random(7);
    const noise = random.bytes(300);
    const mask = Buffer.from([0, 0, 0x5a, 0x01, 0xfe, 0x80]);
    for (let start = 0; start < 8; start++) {
      for (let position = 0; position < 4; position++) {
        for (let length = 0; length < 160; length++) {
          const memory = new Uint8Array(300);
          memory.set(noise);
          unmask(memory.subarray(start, start + length), mask, 2, position + 4 * length);
          const expected = Buffer.from(noise).map((byte, at) =>
            at < start || at >= start + length ? byte : byte ^ mask[2 + ((at - start + position) & 3)],
          );
          if (Buffer.compare(expected, memory) !== 0)
            throw new Error(`wrong: start ${start}, ${position}, ${length} bytes`);
        }
      }
    }
    expect(noise).toHaveLength(300);
  });
});
