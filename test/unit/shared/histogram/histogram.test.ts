import fc from 'fast-check';
import { HIGHEST_NS, HISTOGRAM_BYTES, Histogram } from '../../../../src/shared/histogram';
import { latencyNs, pairOf } from '../../../support/latencies';

const PERCENTILES = [0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100];

const of = (...values: number[]) => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

describe('a histogram', () => {
  it('has the percentiles of HdrHistogram, but never one above the highest value', () => {
    fc.assert(
      fc.property(fc.array(latencyNs, { minLength: 1, maxLength: 200 }), (values) => {
        const { ours, reference } = pairOf(values);
        const highest = Math.max(...values);
        expect(ours.count).toBe(values.length);
        expect(ours.minNs).toBe(Math.min(...values));
        expect(ours.maxNs).toBe(highest);
        expect(ours.meanNs).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 0);
        for (const percent of PERCENTILES.slice(1))
          expect(ours.percentile(percent)).toBe(Math.min(reference.getValueAtPercentile(percent), highest));
      }),
    );
  });

  it('takes a percentile that falls on a value exactly, though the product comes out a last bit above it', () => {
    const histogram = new Histogram();
    for (let i = 1; i <= 1_000; i++) histogram.record(i * 64);
    for (let tenths = 1; tenths <= 1_000; tenths++)
      expect(histogram.percentile(tenths / 10)).toBe(Math.min(tenths * 64 + 63, 64_000));
  });

  it('is within a thousandth of the value that was recorded', () => {
    fc.assert(
      fc.property(latencyNs, latencyNs, (value, above) => {
        const read = of(value, HIGHEST_NS, above).percentile(1)!;
        const lower = Math.min(value, above);
        expect(read).toBeGreaterThanOrEqual(lower);
        expect(read - lower).toBeLessThanOrEqual(Math.max(63, lower / 1_000));
      }),
    );
  });

  it('knows nothing while it is empty', () => {
    const empty = new Histogram();
    expect([empty.count, empty.minNs, empty.maxNs, empty.meanNs, empty.percentile(50)]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('cuts fractions off', () => {
    expect(of(99.9).maxNs).toBe(99);
    expect(of(0.5).minNs).toBe(0);
  });

  it('counts what is above an hour as an hour, and says how many there were', () => {
    const histogram = of(5, HIGHEST_NS, HIGHEST_NS + 1, Number.POSITIVE_INFINITY);
    expect(histogram.maxNs).toBe(HIGHEST_NS);
    expect(histogram.saturated).toBe(2);
    expect(histogram.count).toBe(4);
  });

  it('refuses a negative value and what is no number, and stays as it was', () => {
    const histogram = of(7);
    for (const wrong of [-1, -0.5, Number.NEGATIVE_INFINITY, Number.NaN])
      expect(() => histogram.record(wrong)).toThrow(RangeError);
    expect([histogram.count, histogram.minNs, histogram.maxNs, histogram.meanNs]).toEqual([1, 7, 7, 7]);
  });

  it('records a value many times at once', () => {
    const once = of(1_000, 1_000, 1_000, 9);
    const histogram = of(9);
    histogram.record(1_000, 3);
    expect(histogram.toSparse()).toEqual(once.toSparse());
  });

  it('holds after a merge what one would that had recorded everything', () => {
    const some = fc.array(latencyNs, { maxLength: 50 });
    fc.assert(
      fc.property(some, some, (left, right) => {
        const merged = of(...left);
        merged.add(of(...right));
        expect(merged.toSparse()).toEqual(of(...left, ...right).toSparse());
      }),
    );
  });

  it('tells what was recorded since a copy', () => {
    const some = fc.array(latencyNs, { maxLength: 50 });
    fc.assert(
      fc.property(some, some, (before, after) => {
        const histogram = of(...before);
        const earlier = histogram.copy();
        for (const value of after) histogram.record(value);
        const since = histogram.since(earlier);
        const expected = of(...after);
        expect(since.toSparse().counts).toEqual(expected.toSparse().counts);
        expect(since.meanNs ?? 0).toBeCloseTo(expected.meanNs ?? 0, 0);
        for (const percent of PERCENTILES)
          expect(bucketOf(since.percentile(percent))).toBe(bucketOf(expected.percentile(percent)));
      }),
    );
  });

  it('may be read by one thread while another records, also when the reader came first', () => {
    const memory = new SharedArrayBuffer(2 * HISTOGRAM_BYTES);
    const reader = new Histogram(memory, HISTOGRAM_BYTES);
    const writer = new Histogram(memory, HISTOGRAM_BYTES);
    writer.record(1_000_000);
    const latecomer = new Histogram(memory, HISTOGRAM_BYTES);
    writer.record(500);
    expect([reader.minNs, latecomer.minNs, reader.maxNs, reader.count]).toEqual([500, 500, 1_000_000, 2]);
    expect(new Histogram(memory, 0).count).toBe(0);
  });

  it('copies what agrees with itself, also from memory in which a total is behind its counts', () => {
    const memory = new ArrayBuffer(HISTOGRAM_BYTES);
    const histogram = new Histogram(memory);
    histogram.record(64);
    histogram.record(640);
    new Float64Array(memory)[0] = 1; // as a reader finds it between the two stores of `record`
    expect(histogram.copy().count).toBe(2);
    expect(histogram.copy().percentile(100)).toBe(640);
  });
});

/** The bucket in which a value lies, told by what it does to one. */
function bucketOf(value: number | undefined): number | undefined {
  return value === undefined ? undefined : of(value).toSparse().counts[0];
}
