/**
 * The buckets of the histogram, those of Tene's HdrHistogram made with `lowestDiscernibleValue` 64, `highestTrackableValue` one
 * hour and three digits: values are told apart by 64 ns up to 131 µs, then by a width that doubles whenever the value does.
 *
 *     index   0 … 2047   2048 … 3071   3072 … 4095   …
 *     width   64 ns      128 ns        256 ns        …
 */
const HALF_BITS = 10;
const HALF = 1 << HALF_BITS;
const UNIT_BITS = 6;
/** Bits of a value that the buckets of the first width cover. */
const FIRST_BITS = HALF_BITS + 1 + UNIT_BITS;
const FIRST_MASK = 2 ** FIRST_BITS - 1;
const FIRST_LEADING_ZEROS = 32 - FIRST_BITS;
const INT_LIMIT = 2 ** 31;
/** Shifts cut a number to 32 bits: a greater value is brought below that by a product that costs no precision. */
const DOWN = 2 ** -FIRST_BITS;

export const LOWEST_NS = 2 ** UNIT_BITS;
export const HIGHEST_NS = 3_600_000_000_000;
export const SIGNIFICANT_DIGITS = 3;
export const SUB_BUCKETS = 2 * HALF;
/** How many widths there are. */
export const WIDTHS = 1 + Math.floor(Math.log2(HIGHEST_NS)) + 1 - FIRST_BITS;
/** How many buckets there are. */
export const COUNTS_LENGTH = (WIDTHS + 1) * HALF;

/** The bucket that a value belongs to: an integer from 0 to `HIGHEST_NS`. */
export function bucketOf(value: number): number {
  if (value < INT_LIMIT) {
    const width = FIRST_LEADING_ZEROS - Math.clz32(value | FIRST_MASK);
    return (width << HALF_BITS) + (value >>> (width + UNIT_BITS));
  }
  const high = Math.floor(value * DOWN);
  const width = 32 - Math.clz32(high);
  return (width << HALF_BITS) + (high >>> (width + UNIT_BITS - FIRST_BITS));
}

/** The lowest value of a bucket. */
export function lowestOf(bucket: number): number {
  const width = widthOf(bucket);
  return (bucket - width * HALF) * 2 ** (width + UNIT_BITS);
}

/** The highest value of a bucket, which it stands for in percentiles. */
export function highestOf(bucket: number): number {
  return lowestOf(bucket) + 2 ** (widthOf(bucket) + UNIT_BITS) - 1;
}

/** The middle of a bucket, which it stands for in sums. */
export function middleOf(bucket: number): number {
  return lowestOf(bucket) + 2 ** (widthOf(bucket) + UNIT_BITS - 1);
}

function widthOf(bucket: number): number {
  return Math.max(0, (bucket >>> HALF_BITS) - 1);
}
