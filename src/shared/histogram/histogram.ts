/**
 * A high dynamic range histogram (Tene's HdrHistogram) of nanoseconds, with three significant digits, in memory that threads may
 * share: one thread records, any may read and merge meanwhile. See `buckets.ts` for its buckets.
 *
 * Whoever reads memory that is being recorded into sees some of the newest values and not yet others; what is computed from
 * it agrees with itself only in a `copy()`. The counts of one copy are never below those of an earlier one.
 */
import { bucketOf, COUNTS_LENGTH, HIGHEST_NS, highestOf, lowestOf, middleOf } from './buckets';
import { decodeCounts, encodeCounts } from './encoding';

const HEAD_WORDS = 8;
/**
 * The words before the counts. The smallest value is kept as its distance from `HIGHEST_NS`, so that memory of zeros is an
 * empty histogram: a reader that made it ready would do so while the writer records already.
 */
const Word = { TOTAL: 0, MIN_BELOW_HIGHEST: 1, MAX: 2, SUM: 3, SATURATED: 4 } as const;

/** Memory of one histogram. */
export const HISTOGRAM_BYTES = (HEAD_WORDS + COUNTS_LENGTH) * Float64Array.BYTES_PER_ELEMENT;

/** A histogram as plain data, for JSON and for `postMessage`. */
export interface SparseHistogram {
  /** Bucket and count in turn, of those that are not zero. */
  counts: number[];
  /** Nanoseconds; 0 where it is empty. */
  min: number;
  max: number;
  sum: number;
  saturated: number;
}

export class Histogram {
  readonly #words: Float64Array;

  /**
   * Over memory of its own, or over `HISTOGRAM_BYTES` of somebody's, from an offset that is a multiple of eight. Memory of zeros
   * is an empty histogram.
   */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(HISTOGRAM_BYTES), offset = 0) {
    this.#words = new Float64Array(memory, offset, HEAD_WORDS + COUNTS_LENGTH);
  }

  get count(): number {
    return this.#words[Word.TOTAL]!;
  }

  /** Undefined while it is empty, as `maxNs` and `meanNs`. */
  get minNs(): number | undefined {
    return this.count === 0 ? undefined : HIGHEST_NS - this.#words[Word.MIN_BELOW_HIGHEST]!;
  }

  get maxNs(): number | undefined {
    return this.count === 0 ? undefined : this.#words[Word.MAX];
  }

  get meanNs(): number | undefined {
    return this.count === 0 ? undefined : this.#words[Word.SUM]! / this.count;
  }

  /** Values above `HIGHEST_NS`, which are counted as that. Expected: 0. */
  get saturated(): number {
    return this.#words[Word.SATURATED]!;
  }

  /**
   * Thread: the one that records.
   *
   * @param valueNs fractions are cut off
   * @throws {RangeError} if it is negative or not a number: whoever records decides what that means
   */
  record(valueNs: number, times = 1): void {
    const words = this.#words;
    let value = Math.floor(valueNs);
    if (!(value >= 0 && value <= HIGHEST_NS)) value = this.#saturate(value, times);
    // The extremes before the count: a reader that knows of the value knows them too.
    if (value > words[Word.MAX]!) words[Word.MAX] = value;
    if (HIGHEST_NS - value > words[Word.MIN_BELOW_HIGHEST]!)
      words[Word.MIN_BELOW_HIGHEST] = HIGHEST_NS - value;
    words[HEAD_WORDS + bucketOf(value)]! += times;
    words[Word.SUM]! += value * times;
    words[Word.TOTAL]! += times;
  }

  /** Adds what the other holds. The other may be recorded into meanwhile. */
  add(other: Histogram): void {
    const [to, from] = [this.#words, other.#words];
    let added = 0;
    for (let i = HEAD_WORDS; i < from.length; i++) {
      const times = from[i]!;
      if (times === 0) continue;
      to[i]! += times;
      added += times;
    }
    to[Word.TOTAL]! += added;
    to[Word.SUM]! += from[Word.SUM]!;
    to[Word.SATURATED]! += from[Word.SATURATED]!;
    to[Word.MAX] = Math.max(to[Word.MAX]!, from[Word.MAX]!);
    to[Word.MIN_BELOW_HIGHEST] = Math.max(to[Word.MIN_BELOW_HIGHEST]!, from[Word.MIN_BELOW_HIGHEST]!);
  }

  copy(): Histogram {
    const copy = new Histogram();
    copy.add(this);
    return copy;
  }

  /** What was recorded since an earlier copy of this one. Its extremes are exact where they are new, else those of its buckets. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram();
    for (const [bucket, count] of this.buckets()) {
      const times = count - earlier.#words[HEAD_WORDS + bucket]!;
      if (times > 0) difference.#take(bucket, times);
    }
    const [words, now, before] = [difference.#words, this.#words, earlier.#words];
    if (difference.count === 0) return difference;
    for (const word of [Word.MAX, Word.MIN_BELOW_HIGHEST])
      if (now[word]! > before[word]! || words[word]! > now[word]!) words[word] = now[word]!;
    words[Word.SUM] = now[Word.SUM]! - before[Word.SUM]!;
    words[Word.SATURATED] = now[Word.SATURATED]! - before[Word.SATURATED]!;
    return difference;
  }

  /**
   * The value that so many percent of all values are at or below, nanoseconds: the highest that its bucket stands for, as
   * HdrHistogram has it, but no higher than the highest there was. Undefined while it is empty.
   */
  percentile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const exact = (percent / 100) * this.count;
    // A product that is an integer may come out a last bit above it, and would take the next value.
    const wanted = Math.max(1, Math.ceil(exact - exact * Number.EPSILON));
    let seen = 0;
    for (const [bucket, count] of this.buckets()) {
      seen += count;
      if (seen >= wanted) return Math.min(highestOf(bucket), this.#words[Word.MAX]!);
    }
    return this.maxNs;
  }

  /** Buckets that are not empty, from the lowest, with their counts. */
  *buckets(): Generator<[bucket: number, count: number]> {
    for (let bucket = 0; bucket < COUNTS_LENGTH; bucket++) {
      const count = this.#words[HEAD_WORDS + bucket]!;
      if (count !== 0) yield [bucket, count];
    }
  }

  /** HdrHistogram's V2 encoding, compressed, as base64: `HISTFAAA…`. It keeps the buckets, not the exact extremes and sum. */
  encode(): string {
    return encodeCounts(this.#words.slice(HEAD_WORDS));
  }

  /** The inverse of `encode`. @throws {RangeError} if the text is no such encoding, or of other buckets than ours */
  static decode(text: string): Histogram {
    const histogram = new Histogram();
    decodeCounts(text).forEach((count, bucket) => {
      if (count > 0) histogram.#take(bucket, count);
    });
    return histogram;
  }

  /** All of it, exactly, as plain data. */
  toSparse(): SparseHistogram {
    const still = this.copy();
    const words = still.#words;
    return {
      counts: [...still.buckets()].flat(),
      min: still.minNs ?? 0,
      max: words[Word.MAX]!,
      sum: words[Word.SUM]!,
      saturated: words[Word.SATURATED]!,
    };
  }

  /**
   * The inverse of `toSparse`.
   *
   * @throws {RangeError} if it cannot have come from there: it may have come over a network
   */
  static fromSparse({ counts, min, max, sum, saturated }: SparseHistogram): Histogram {
    const histogram = new Histogram();
    if (!Array.isArray(counts) || counts.length % 2 !== 0)
      throw new RangeError('not a histogram: its counts');
    for (let i = 0; i < counts.length; i += 2)
      histogram.#take(checkedBucket(counts[i]), checked(counts[i + 1]));
    if (histogram.count === 0) return histogram;
    const words = histogram.#words;
    words[Word.MIN_BELOW_HIGHEST] = HIGHEST_NS - checked(min, HIGHEST_NS);
    words[Word.MAX] = checked(max, HIGHEST_NS);
    words[Word.SUM] = checked(sum, Number.MAX_VALUE);
    words[Word.SATURATED] = checked(saturated);
    return histogram;
  }

  /** Values of which only the bucket is known. */
  #take(bucket: number, times: number): void {
    this.record(Math.min(middleOf(bucket), HIGHEST_NS), times);
    const words = this.#words;
    words[Word.MAX] = Math.max(words[Word.MAX]!, Math.min(highestOf(bucket), HIGHEST_NS));
    words[Word.MIN_BELOW_HIGHEST] = Math.max(words[Word.MIN_BELOW_HIGHEST]!, HIGHEST_NS - lowestOf(bucket));
  }

  #saturate(value: number, times: number): number {
    if (!(value > HIGHEST_NS)) throw new RangeError(`a histogram takes no ${value}`);
    this.#words[Word.SATURATED]! += times;
    return HIGHEST_NS;
  }
}

function checkedBucket(bucket: unknown): number {
  return checked(bucket, COUNTS_LENGTH - 1);
}

function checked(value: unknown, highest = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= highest) return value;
  throw new RangeError(`not a histogram: ${JSON.stringify(value)} is no integer from 0 to ${highest}`);
}
