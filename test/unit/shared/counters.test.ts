import fc from 'fast-check';
import { addToCounter, readCounter, setCounter } from '../../../src/shared/counters';
import { withSteps } from '../../support/steps';

const fresh = () => new Int32Array(new SharedArrayBuffer(16));

describe('a counter in shared memory', () => {
  it('counts past 2^31 and 2^32', () => {
    for (const start of [0, 2 ** 31 - 3, 2 ** 32 - 3, 3 * 2 ** 31 - 3, 2 ** 52 - 3, 2 ** 53 - 20]) {
      const words = fresh();
      setCounter(words, 0, start);
      for (let i = 0; i < 10; i++) {
        expect(readCounter(words, 0)).toBe(start + i);
        addToCounter(words, 0, 1);
      }
    }
  });

  it('adds and sets like a plain number, any amounts', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 52),
        fc.array(fc.nat(2 ** 31 - 1), { maxLength: 20 }),
        (start, amounts) => {
          const words = fresh();
          setCounter(words, 2, start);
          let expected = start;
          for (const amount of amounts) {
            addToCounter(words, 2, amount);
            expected += amount;
            expect(readCounter(words, 2)).toBe(expected);
          }
          expect([words[0], words[1]]).toEqual([0, 0]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is never read torn: between the two stores of a carry the reader sees that it came too early', () => {
    const reading = fresh();
    setCounter(reading, 0, 2 ** 31 - 1);
    const writer = { done: false };
    // The writer carries while the reader is between its two loads.
    const { value } = withSteps(
      () => readCounter(reading, 0),
      (step) => {
        if (step !== 2 || writer.done) return;
        writer.done = true;
        addToCounter(reading, 0, 5);
      },
    );
    expect(value).toBe(2 ** 31 + 4);
  });

  it('can still be read, and counts on, if its writer died between the two stores of a carry', () => {
    const words = fresh();
    setCounter(words, 0, 2 ** 31 - 1);
    words[1] = 1; // the first of the two stores
    expect(readCounter(words, 0)).toBe(2 ** 31);
    setCounter(words, 0, readCounter(words, 0)); // what the next writer does
    addToCounter(words, 0, 1);
    expect(readCounter(words, 0)).toBe(2 ** 31 + 1);
  });
});
