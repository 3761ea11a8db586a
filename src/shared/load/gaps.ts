/**
 * Which numbers of a stream have not come: as intervals, since most of a stream comes.
 *
 * At most `MAX_GAPS` intervals are known. Past that the oldest is given up: its numbers stay missing, but whether a message
 * older than that (`#horizon`) fills one of them or comes a second time cannot be told any more. It is taken to fill
 * one while there are any, and `guesses` says how often that was so.
 */
export const MAX_GAPS = 1_024;

export class Gaps {
  /** Numbers that have not come. */
  missing = 0;
  guesses = 0;
  /** Where each interval begins and, behind it, where it ends (not included): ascending. */
  readonly #bounds: number[] = [];
  /** Missing numbers of intervals that were given up. All of them are below the horizon. */
  #forgotten = 0;
  #horizon = 0;

  /** The first that is known to be missing. */
  get first(): number | undefined {
    return this.#bounds[0];
  }

  /** Nothing from `from` to `to` (not included) has come, and everything known lies below. */
  append(from: number, to: number): void {
    this.#bounds.push(from, to);
    this.missing += to - from;
    this.#limit();
  }

  /** The same, where everything known lies above. */
  prepend(from: number, to: number): void {
    if (from === to) return;
    this.#bounds.unshift(from, to);
    this.missing += to - from;
    this.#limit();
  }

  /** A number came. False: it was not missing. */
  fill(number: number): boolean {
    const at = this.#intervalOf(number);
    if (at < 0) return this.#guess(number);
    const [from, to] = [this.#bounds[at]!, this.#bounds[at + 1]!];
    const rest: number[] = [];
    if (from < number) rest.push(from, number);
    if (number + 1 < to) rest.push(number + 1, to);
    this.#bounds.splice(at, 2, ...rest);
    this.missing--;
    this.#limit();
    return true;
  }

  #guess(number: number): boolean {
    if (number >= this.#horizon || this.#forgotten === 0) return false;
    this.#forgotten--;
    this.missing--;
    this.guesses++;
    return true;
  }

  #limit(): void {
    if (this.#bounds.length <= 2 * MAX_GAPS) return;
    const [from, to] = this.#bounds.splice(0, 2) as [number, number];
    this.#forgotten += to - from;
    this.#horizon = Math.max(this.#horizon, to);
  }

  /** Index of the bound at which the interval begins that holds a number; -1: none does. */
  #intervalOf(number: number): number {
    let [low, high] = [0, this.#bounds.length / 2 - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (number < this.#bounds[2 * middle]!) high = middle - 1;
      else if (number >= this.#bounds[2 * middle + 1]!) low = middle + 1;
      else return 2 * middle;
    }
    return -1;
  }
}
