/**
 * A high dynamic range histogram (Tene's HdrHistogram) of nanoseconds, with three significant digits, in memory that threads may
 * share: one thread records, any may read and merge.
 *
 * Its buckets are those of an HdrHistogram made with `lowestDiscernibleValue` 64, `highestTrackableValue` one hour and three
 * digits, so its encodings are understood by the tools of that family.
 */

const SUB_BUCKETS = 2_048;
const HALF = SUB_BUCKETS / 2;
const HALF_BITS = 10;
const UNIT_BITS = 6;
export const LOWEST_NS = 2 ** UNIT_BITS;
export const HIGHEST_NS = 3_600_000_000_000;
export const SIGNIFICANT_DIGITS = 3;

const BUCKETS = bucketsFor(HIGHEST_NS);
/** How many counts there are. */
export const COUNTS_LENGTH = (BUCKETS + 1) * HALF;

const HEAD_WORDS = 8;
const Word = { TOTAL: 0, MIN: 1, MAX: 2, SUM: 3, SATURATED: 4 } as const;
/** Memory of one histogram. */
export const HISTOGRAM_BYTES = (HEAD_WORDS + COUNTS_LENGTH) * Float64Array.BYTES_PER_ELEMENT;

export class Histogram {
  readonly #head: Float64Array;
  readonly #counts: Float64Array;

  /** Over memory of its own, or over `HISTOGRAM_BYTES` of somebody's, from an offset that is a multiple of eight. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(HISTOGRAM_BYTES), offset = 0) {
    this.#head = new Float64Array(memory, offset, HEAD_WORDS);
    this.#counts = new Float64Array(memory, offset + HEAD_WORDS * 8, COUNTS_LENGTH);
    if (this.#head[Word.TOTAL] === 0) this.#head[Word.MIN] = Number.POSITIVE_INFINITY;
  }

  get count(): number {
    return this.#head[Word.TOTAL]!;
  }

  /** Undefined while it is empty, as `maxNs` and `meanNs`. */
  get minNs(): number | undefined {
    return this.count === 0 ? undefined : this.#head[Word.MIN];
  }

  get maxNs(): number | undefined {
    return this.count === 0 ? undefined : this.#head[Word.MAX];
  }

  get meanNs(): number | undefined {
    return this.count === 0 ? undefined : this.#head[Word.SUM]! / this.count;
  }

  /** Values above `HIGHEST_NS`, which are counted as that. Expected: 0. */
  get saturated(): number {
    return this.#head[Word.SATURATED]!;
  }

  /** @param valueNs zero or more: whoever records decides what a negative one means. Fractions are cut off */
  record(valueNs: number, times = 1): void {
    const head = this.#head;
    let value = Math.floor(valueNs);
    if (value > HIGHEST_NS) {
      value = HIGHEST_NS;
      head[Word.SATURATED]! += times;
    }
    this.#counts[indexOf(value)]! += times;
    head[Word.TOTAL]! += times;
    head[Word.SUM]! += value * times;
    if (value < head[Word.MIN]!) head[Word.MIN] = value;
    if (value > head[Word.MAX]!) head[Word.MAX] = value;
  }

  /** Adds what the other holds. The other may be recorded into meanwhile. */
  add(other: Histogram): void {
    const [to, from] = [this.#counts, other.#counts];
    for (let i = 0; i < COUNTS_LENGTH; i++) to[i]! += from[i]!;
    const [head, others] = [this.#head, other.#head];
    head[Word.TOTAL]! += others[Word.TOTAL]!;
    head[Word.SUM]! += others[Word.SUM]!;
    head[Word.SATURATED]! += others[Word.SATURATED]!;
    head[Word.MIN] = Math.min(head[Word.MIN]!, others[Word.MIN]!);
    head[Word.MAX] = Math.max(head[Word.MAX]!, others[Word.MAX]!);
  }

  copy(): Histogram {
    const copy = new Histogram();
    copy.add(this);
    return copy;
  }

  /** What was recorded since an earlier copy of this one. Its extremes are those of its buckets. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram();
    for (let i = 0; i < COUNTS_LENGTH; i++) {
      const times = this.#counts[i]! - earlier.#counts[i]!;
      if (times > 0) difference.record(highestEquivalent(lowestOf(i)), times);
    }
    return difference;
  }

  /**
   * The value that so many percent of all values are at or below, nanoseconds: the highest that its bucket stands for, as
   * HdrHistogram has it. Undefined while it is empty.
   */
  percentile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.count));
    let seen = 0;
    for (let i = 0; i < COUNTS_LENGTH; i++) {
      seen += this.#counts[i]!;
      if (seen >= wanted) return Math.min(highestEquivalent(lowestOf(i)), this.#head[Word.MAX]!);
    }
    return this.maxNs;
  }
}

/** The bucket that a value belongs to. */
function indexOf(value: number): number {
  const bucket = Math.max(0, bitLength(value) - HALF_BITS - 1 - UNIT_BITS);
  const sub = Math.floor(value / 2 ** (bucket + UNIT_BITS));
  return (bucket + 1) * HALF + (sub - HALF);
}

/** The lowest value of a bucket. */
function lowestOf(index: number): number {
  const bucket = Math.floor(index / HALF) - 1;
  if (bucket < 0) return index * LOWEST_NS;
  return ((index % HALF) + HALF) * 2 ** (bucket + UNIT_BITS);
}

function highestEquivalent(value: number): number {
  const bucket = Math.max(0, bitLength(value) - HALF_BITS - 1 - UNIT_BITS);
  const size = 2 ** (bucket + UNIT_BITS);
  return (Math.floor(value / size) + 1) * size - 1;
}

function bitLength(value: number): number {
  return value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000);
}

function bucketsFor(highest: number): number {
  let buckets = 1;
  for (let untrackable = SUB_BUCKETS * LOWEST_NS; untrackable <= highest; untrackable *= 2) buckets++;
  return buckets;
}
