/** Nanoseconds as latencies come: of every order of magnitude alike, and the borders of buckets. */
import fc from 'fast-check';
import * as hdr from 'hdr-histogram-js';
import { HIGHEST_NS, Histogram, LOWEST_NS, SIGNIFICANT_DIGITS } from '../../src/shared/histogram';

export const latencyNs = fc.oneof(
  fc.double({ min: 0, max: Math.log2(HIGHEST_NS), noNaN: true }).map((bits) => Math.floor(2 ** bits)),
  fc
    .tuple(fc.integer({ min: 0, max: 41 }), fc.integer({ min: -1, max: 1 }))
    .map(([bits, by]) => 2 ** bits + by),
  fc.constantFrom(0, 1, 63, 64, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, HIGHEST_NS - 1, HIGHEST_NS),
);

/** A histogram of ours and the reference, of the same values. */
export function pairOf(values: number[]): { ours: Histogram; reference: hdr.Histogram } {
  const ours = new Histogram();
  const reference = newReference();
  for (const value of values) {
    ours.record(value);
    reference.recordValue(value);
  }
  return { ours, reference };
}

function newReference(): hdr.Histogram {
  return hdr.build({
    bitBucketSize: 64,
    lowestDiscernibleValue: LOWEST_NS,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
}
