import fc from 'fast-check';
import { FrameSplitter } from '../../../../src/main/cli/frame-splitter';

function framed(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

describe('length-prefixed messages', () => {
  it('are the same wherever the input is cut; one that is too long is told by its length', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, cuts) => {
        const input = Buffer.concat(sent.map(framed));
        const splitter = new FrameSplitter(20);
        const seen: string[] = [];
        for (let at = 0, cut = 0; at < input.length; at += cuts[cut++ % cuts.length]) {
          for (const line of splitter.push(input.subarray(at, at + cuts[cut % cuts.length])))
            seen.push('bytes' in line ? line.bytes.toString('hex') : `too long: ${line.tooLongBytes}`);
        }
        expect(splitter.end()).toBeUndefined();
        expect(seen).toEqual(
          sent.map((each) =>
            each.length > 20 ? `too long: ${each.length}` : Buffer.from(each).toString('hex'),
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of gigabytes are skipped without being held', () => {
    const splitter = new FrameSplitter(1_000);
    expect([...splitter.push(Buffer.from([255, 255, 255, 255, 1, 2, 3]))]).toEqual([]);
  });

  it.each([
    [[0, 0], '2 of 4 bytes of a length'],
    [[0, 0, 0, 5, 1, 2], '2 of 5 bytes of a message'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '0 of 1 bytes of a message'],
  ])('that do not end are a failure: %j', (bytes, what) => {
    const splitter = new FrameSplitter(1_000);
    expect(Array.from(splitter.push(Buffer.from(bytes))).length).toBeLessThan(2);
    expect(() => splitter.end()).toThrow(`Standard input ended inside a frame, after ${what}.`);
  });
});
