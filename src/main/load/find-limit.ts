/**
 * Looks for the highest value at which every run still holds: first by doubling, then by halving what lies between, then once more
 * to be sure. Pure: the runs are handed in.
 */

export interface Trial {
  value: number;
  /** What kept it from being good; empty: it was. */
  faults: string[];
  /** The load generator could do no more, so nothing is said of the server. */
  generatorLimited: boolean;
}

export interface FindOptions<T extends Trial> {
  /** Where to begin. */
  from: number;
  /** Not beyond these. */
  lowest: number;
  highest: number;
  /** Done when the lowest bad value is above the best good one by no more than this share. */
  precision: number;
  /** Times that the end may be found not to hold, and is looked for again. */
  confirmations?: number;
  run(value: number, purpose: Purpose): Promise<T>;
  signal?: AbortSignal;
}

export type Purpose = 'search' | 'confirm';

export interface Found<T extends Trial> {
  /** The best that was good, and confirmed; undefined: none was. */
  best: T | undefined;
  /** The lowest above it that was not; undefined: there was none up to `highest`. */
  limit: T | undefined;
  confirmed: boolean;
  trials: T[];
}

/** A safety net: doubling from 1 to 10⁷ takes 24, and halving to a thousandth 10 more. */
const MOST_TRIALS = 100;
const DEFAULT_CONFIRMATIONS = 3;

export async function findLimit<T extends Trial>(options: FindOptions<T>): Promise<Found<T>> {
  const search = new Search(options);
  await search.bracket();
  await search.narrow();
  for (let left = options.confirmations ?? DEFAULT_CONFIRMATIONS; left > 0; left--) {
    if (await search.confirm()) break;
    await search.narrow();
  }
  return search.found;
}

class Search<T extends Trial> {
  readonly #options: FindOptions<T>;
  readonly #trials: T[] = [];
  #confirmed = false;

  constructor(options: FindOptions<T>) {
    this.#options = options;
  }

  get found(): Found<T> {
    return { best: this.#best, limit: this.#limit, confirmed: this.#confirmed, trials: this.#trials };
  }

  /** Doubles from the start while it is good, or halves while it is not. */
  async bracket(): Promise<void> {
    const { from, lowest, highest } = this.#options;
    let value = from;
    while (!this.#over && this.#limit === undefined) {
      await this.#try(value, 'search');
      if (this.#best === undefined || value >= highest) break;
      value = Math.min(highest, value * 2);
    }
    while (!this.#over && this.#best === undefined && value > lowest) {
      value = Math.max(lowest, Math.floor(value / 2));
      await this.#try(value, 'search');
    }
  }

  async narrow(): Promise<void> {
    const { precision, lowest } = this.#options;
    for (;;) {
      const [good, bad] = [this.#best?.value ?? 0, this.#limit?.value];
      if (this.#over || bad === undefined || bad <= lowest) return;
      const middle = Math.max(lowest, Math.round((good + bad) / 2));
      if (bad - good <= Math.max(1, good * precision) || middle <= good || middle >= bad) return;
      await this.#try(middle, 'search');
    }
  }

  /** @returns whether nothing is left to do */
  async confirm(): Promise<boolean> {
    const { value } = this.#best ?? {};
    if (value === undefined || this.#over) return true;
    const trial = await this.#try(value, 'confirm');
    this.#confirmed = trial.faults.length === 0 && !this.#over;
    return this.#confirmed;
  }

  async #try(value: number, purpose: Purpose): Promise<T> {
    const trial = await this.#options.run(value, purpose);
    this.#trials.push(trial);
    return trial;
  }

  get #over(): boolean {
    return this.#options.signal?.aborted === true || this.#trials.length >= MOST_TRIALS;
  }

  /** The lowest value that was bad: also one that was good at first, and is not any more. */
  get #limit(): T | undefined {
    const bad = this.#trials.filter(({ faults }) => faults.length > 0);
    return bad.sort((one, other) => one.value - other.value)[0];
  }

  /** The highest good one below what was bad. */
  get #best(): T | undefined {
    const limit = this.#limit?.value ?? Number.POSITIVE_INFINITY;
    const good = this.#trials.filter(({ faults, value }) => faults.length === 0 && value < limit);
    return good.sort((one, other) => other.value - one.value)[0];
  }
}
