import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import * as hdr from 'hdr-histogram-js';
import { Histogram, type SparseHistogram } from '../../../../src/shared/histogram';
import { latencyNs, pairOf } from '../../../support/latencies';

const values = fc.array(latencyNs, { maxLength: 100 });

describe('the V2 encoding of a histogram', () => {
  it('is read by hdr-histogram-js', () => {
    fc.assert(
      fc.property(values, (some) => {
        const { ours, reference } = pairOf(some);
        const text = ours.encode();
        expect(text).toMatch(/^HISTFAAA/);
        const read = hdr.decodeFromCompressedBase64(text, 64);
        expect(read.totalCount).toBe(some.length);
        for (const percent of [1, 50, 90, 99.9, 100])
          expect(read.getValueAtPercentile(percent)).toBe(reference.getValueAtPercentile(percent));
      }),
    );
  });

  it('is read from what hdr-histogram-js wrote', () => {
    fc.assert(
      fc.property(values, (some) => {
        const { ours, reference } = pairOf(some);
        const read = Histogram.decode(hdr.encodeIntoCompressedBase64(reference));
        expect(read.toSparse().counts).toEqual(ours.toSparse().counts);
      }),
    );
  });

  it('comes back as it was, but for extremes and sum, which are those of the buckets', () => {
    fc.assert(
      fc.property(fc.array(latencyNs, { minLength: 1, maxLength: 100 }), (some) => {
        const { ours } = pairOf(some);
        const read = Histogram.decode(ours.encode());
        expect(read.toSparse().counts).toEqual(ours.toSparse().counts);
        expect(read.count).toBe(ours.count);
        expect(read.minNs).toBeLessThanOrEqual(ours.minNs!);
        expect(read.maxNs).toBeGreaterThanOrEqual(ours.maxNs!);
        expect(Math.abs(read.meanNs! - ours.meanNs!)).toBeLessThanOrEqual(Math.max(64, ours.meanNs! / 1_000));
      }),
    );
  });

  it.each([1, 63, 64, 127, 128, 2 ** 31, 2 ** 32 + 1, 2 ** 47, 2 ** 53 - 1])(
    'keeps a count of %d',
    (count) => {
      const histogram = new Histogram();
      histogram.record(1_000, count);
      expect(Histogram.decode(histogram.encode()).count).toBe(count);
      expect(hdr.decodeFromCompressedBase64(histogram.encode(), 64).totalCount).toBe(count);
    },
  );

  it('is empty for an empty one', () => {
    expect(Histogram.decode(new Histogram().encode()).count).toBe(0);
  });

  it('refuses, with the reason, what is none', () => {
    const [head, tooGreat] = [Buffer.alloc(8), Buffer.alloc(60, 0xff)];
    head.writeInt32BE(0x1c849314);
    const bomb = deflateSync(Buffer.alloc(8_000_000));
    head.writeInt32BE(bomb.length, 4);
    const other = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 1_000, autoResize: false });
    const cases: [string, RegExp][] = [
      ['', /does not begin/],
      ['HISTFAAA', /does not begin/],
      [tooGreat.toString('base64'), /does not begin/],
      [new Histogram().encode().slice(0, 24), /decompressed/],
      [Buffer.concat([head, bomb]).toString('base64'), /decompressed/],
      [hdr.encodeIntoCompressedBase64(other), /lowest value of 1, this one 3 and 64/],
    ];
    for (const [text, why] of cases) expect(() => Histogram.decode(text)).toThrow(why);
  });

  it('throws nothing but its refusal, whatever the bytes', () => {
    const whole = Buffer.from(pairOf([5, 5_000, 5_000_000]).ours.encode(), 'base64');
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bent = Buffer.from(whole);
        bent[at] = byte;
        expect(outcomeOf(() => Histogram.decode(bent.toString('base64')))).toMatch(/^(read|RangeError)$/);
      }),
    );
  });
});

describe('a histogram as plain data', () => {
  it('comes back as it was, through JSON', () => {
    fc.assert(
      fc.property(values, (some) => {
        const { ours } = pairOf(some);
        const back = Histogram.fromSparse(JSON.parse(JSON.stringify(ours.toSparse())));
        expect(back.toSparse()).toEqual(ours.toSparse());
        expect([back.count, back.minNs, back.maxNs, back.meanNs]).toEqual([
          ours.count,
          ours.minNs,
          ours.maxNs,
          ours.meanNs,
        ]);
      }),
    );
  });

  it('refuses what cannot have come from one', () => {
    const good: SparseHistogram = { counts: [3, 1], min: 200, max: 200, sum: 200, saturated: 0 };
    expect(Histogram.fromSparse(good).count).toBe(1);
    const wrong: Partial<Record<keyof SparseHistogram, unknown>>[] = [
      { counts: 'many' },
      { counts: [3] },
      { counts: [-1, 1] },
      { counts: [1.5, 1] },
      { counts: [30_000, 1] },
      { counts: [3, -1] },
      { counts: [3, '1'] },
      { counts: [3, Number.NaN] },
      { min: -1 },
      { max: 1e300 },
      { sum: null },
      { saturated: -1 },
    ];
    for (const fault of wrong)
      expect(() => Histogram.fromSparse({ ...good, ...fault } as SparseHistogram)).toThrow(RangeError);
  });
});

function outcomeOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return (error as Error).name;
  }
}
