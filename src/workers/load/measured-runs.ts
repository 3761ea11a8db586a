/**
 * Which messages of a channel's log count, and when they were drained: runs of messages of one drain, oldest first. What no connection
 * needs any more is forgotten, so there are never more than the log holds messages.
 *
 * Thread: the service's.
 */

/** So much of a channel's log is looked at. */
export interface LogPlace {
  /** Messages ever appended. */
  readonly sequence: number;
  /** No reader is further behind, in messages. */
  readonly heldMessages: number;
}

/** Forgetting is worth its while from so many on. */
const FORGET_ABOVE = 64;

export class MeasuredRuns {
  /** By index: the first message of a run, the one behind its last, and when the drain that took it was over. */
  #from: number[] = [];
  #to: number[] = [];
  #drainedNs: number[] = [];
  /** Runs up to here are of drains that are over. */
  #sealed = 0;

  /** How many runs are remembered. */
  get length(): number {
    return this.#from.length;
  }

  /** The newest message of the log counts. */
  add(log: LogPlace): void {
    const sequence = log.sequence - 1;
    const last = this.#to.length - 1;
    if (last >= this.#sealed && this.#to[last] === sequence) {
      this.#to[last] = sequence + 1;
      return;
    }
    if (this.#from.length > FORGET_ABOVE) this.#forget(log.sequence - log.heldMessages);
    this.#from.push(sequence);
    this.#to.push(sequence + 1);
    this.#drainedNs.push(0);
  }

  /** The drain is over that added the newest ones. */
  seal(drainedNs: number): void {
    this.#drainedNs.fill(drainedNs, this.#sealed);
    this.#sealed = this.#from.length;
  }

  /** Tells of the messages that count from `from` on, to before `to`: how many of them were drained at which time. */
  each(from: number, to: number, tell: (count: number, drainedNs: number) => void): void {
    for (let at = this.#firstBehind(from); at < this.#from.length && this.#from[at]! < to; at++) {
      const count = Math.min(to, this.#to[at]!) - Math.max(from, this.#from[at]!);
      tell(count, this.#drainedNs[at]!);
    }
  }

  /** The first run that has something from `sequence` on. Most who ask are at the newest end. */
  #firstBehind(sequence: number): number {
    let [low, high] = [0, this.#to.length];
    if (high > 0 && this.#from[high - 1]! <= sequence)
      return this.#to[high - 1]! > sequence ? high - 1 : high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#to[middle]! > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #forget(before: number): void {
    const gone = Math.min(this.#firstBehind(before), this.#sealed);
    if (gone * 2 < this.#from.length) return;
    this.#from = this.#from.slice(gone);
    this.#to = this.#to.slice(gone);
    this.#drainedNs = this.#drainedNs.slice(gone);
    this.#sealed -= gone;
  }
}
