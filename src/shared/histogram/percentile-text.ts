/**
 * The percentile file of the HdrHistogram family (`.hgrm`), as its `outputPercentileDistribution` writes it and its
 * `plotFiles.html` draws it.
 */
import { highestOf, middleOf, SIGNIFICANT_DIGITS, SUB_BUCKETS, WIDTHS } from './buckets';
import type { Histogram } from './histogram';

const NS_PER_UNIT = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;
export type PercentileUnit = keyof typeof NS_PER_UNIT;

/** Lines for each halving of the distance to 100 %. */
const TICKS_PER_HALF = 5;

export function percentileText(histogram: Histogram, { unit = 'ms' as PercentileUnit } = {}): string {
  const still = histogram.copy();
  const value = (ns: number) => (ns / NS_PER_UNIT[unit]).toFixed(SIGNIFICANT_DIGITS).padStart(12);
  const lines = ['       Value     Percentile TotalCount 1/(1-Percentile)', ''];
  for (const { ns, level, seen } of levels(still)) {
    const start = `${value(ns)} ${(level / 100).toFixed(12)} ${String(seen).padStart(10)}`;
    lines.push(level < 100 ? `${start} ${(1 / (1 - level / 100)).toFixed(2).padStart(14)}` : start);
  }
  const { mean, deviation, max } = moments(still);
  lines.push(
    `#[Mean    = ${value(mean)}, StdDeviation   = ${value(deviation)}]`,
    `#[Max     = ${value(max)}, Total count    = ${String(still.count).padStart(12)}]`,
    `#[Buckets = ${String(WIDTHS).padStart(12)}, SubBuckets     = ${String(SUB_BUCKETS).padStart(12)}]`,
  );
  return `${lines.join('\n')}\n`;
}

interface Level {
  ns: number;
  /** Percent. */
  level: number;
  /** Values up to there. */
  seen: number;
}

function* levels(histogram: Histogram): Generator<Level> {
  let level = 0;
  let seen = 0;
  let ns = 0;
  for (const [bucket, count] of histogram.buckets()) {
    seen += count;
    ns = highestOf(bucket);
    // Once all were seen, one line of 100 % remains, however many levels lie before it.
    while ((100 * seen) / histogram.count >= level) {
      yield { ns, level, seen };
      level = levelAfter(level);
      if (seen === histogram.count) break;
    }
  }
  if (seen > 0) yield { ns, level: 100, seen };
}

function levelAfter(level: number): number {
  return level + 100 / (TICKS_PER_HALF * 2 ** (Math.floor(Math.log2(100 / (100 - level))) + 1));
}

/** As the family has them: of the buckets, not of the values. */
function moments(histogram: Histogram): { mean: number; deviation: number; max: number } {
  let [sum, squares, max] = [0, 0, 0];
  for (const [bucket, count] of histogram.buckets()) {
    sum += middleOf(bucket) * count;
    max = highestOf(bucket);
  }
  const mean = histogram.count === 0 ? 0 : sum / histogram.count;
  for (const [bucket, count] of histogram.buckets()) squares += (middleOf(bucket) - mean) ** 2 * count;
  return { mean, deviation: histogram.count === 0 ? 0 : Math.sqrt(squares / histogram.count), max };
}
