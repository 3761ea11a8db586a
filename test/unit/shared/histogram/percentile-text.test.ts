import fc from 'fast-check';
import { Histogram, percentileText } from '../../../../src/shared/histogram';
import { latencyNs, pairOf } from '../../../support/latencies';

const UNITS = [
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const;

/** All but the three lines at the end: their figures the reference takes from inexact extremes. */
const body = (text: string) => text.split('\n#[Mean')[0];

describe('the percentile file', () => {
  it.each(UNITS)('is what hdr-histogram-js writes, in %s', (unit, ns) => {
    fc.assert(
      fc.property(fc.array(latencyNs, { minLength: 1, maxLength: 100 }), (values) => {
        const { ours, reference } = pairOf(values);
        expect(body(percentileText(ours, { unit }))).toBe(
          body(reference.outputPercentileDistribution(5, ns)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('ends with mean, deviation and highest value, in its unit', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 100; ms++) histogram.record(ms * 1e6);
    const [mean, max, buckets] = percentileText(histogram).split('\n').slice(-4);
    expect(mean).toMatch(/^#\[Mean {4}= {7}50\.\d{3}, StdDeviation {3}= {7}28\.8\d\d\]$/);
    expect(max).toMatch(/^#\[Max {5}= {6}100\.\d{3}, Total count {4}= {10}100\]$/);
    expect(buckets).toBe('#[Buckets =           26, SubBuckets     =         2048]');
  });

  it('has a head and figures of zero for an empty histogram', () => {
    expect(percentileText(new Histogram())).toBe(
      [
        '       Value     Percentile TotalCount 1/(1-Percentile)',
        '',
        '#[Mean    =        0.000, StdDeviation   =        0.000]',
        '#[Max     =        0.000, Total count    =            0]',
        '#[Buckets =           26, SubBuckets     =         2048]',
        '',
      ].join('\n'),
    );
  });
});
