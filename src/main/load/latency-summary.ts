/** A histogram of nanoseconds as a result tells it: milliseconds, and only what the number of samples can tell. Pure. */
import type { Histogram } from '../../shared/histogram';
import { enoughSamples } from '../../shared/load/percentiles';
import type { LatencySummary } from '../../shared/load/result';

const NANOSECONDS_PER_MS = 1e6;

/** @param percentiles such as 50 and 99.9; one that the samples cannot tell is null */
export function summarize(histogram: Histogram, percentiles: readonly number[]): LatencySummary {
  const told = percentiles.map((percentile) => [
    String(percentile),
    enoughSamples(histogram.count, percentile) ? inMs(histogram.percentile(percentile)) : null,
  ]);
  return {
    count: histogram.count,
    minMs: inMs(histogram.minNs),
    meanMs: inMs(histogram.meanNs),
    maxMs: inMs(histogram.maxNs),
    percentiles: Object.fromEntries(told),
    hdr: histogram.encode(),
  };
}

function inMs(ns: number | undefined): number | null {
  return ns === undefined ? null : ns / NANOSECONDS_PER_MS;
}
