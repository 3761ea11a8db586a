/** Thresholds that end a test which cannot pass any more. Pure. */
import type { GeneratorSnapshot } from '../../shared/load/snapshot';
import { valuesOfRunning } from './metric-values';
import { failsAlready, type Threshold } from './thresholds';

export class AbortOnFail {
  readonly #thresholds: readonly Threshold[];
  readonly #afterMs: number | undefined;
  /** Since when each that fails does so without a break. */
  readonly #since = new Map<Threshold, number>();

  /** @param afterMs how long one must fail; undefined: none ends the test */
  constructor(thresholds: readonly Threshold[], afterMs: number | undefined) {
    this.#thresholds = thresholds;
    this.#afterMs = afterMs;
  }

  /**
   * @param atMs since the schedule began, as `measureFromMs`
   * @returns the expression of one that failed long enough
   */
  failing(
    { counters, histograms }: GeneratorSnapshot,
    atMs: number,
    measureFromMs: number,
  ): string | undefined {
    if (this.#afterMs === undefined || atMs < measureFromMs) return undefined;
    const values = valuesOfRunning({ counters, histograms, measuredMs: atMs - measureFromMs });
    for (const threshold of this.#thresholds) {
      if (!failsAlready(threshold, values)) this.#since.delete(threshold);
      else if (!this.#since.has(threshold)) this.#since.set(threshold, atMs);
      const since = this.#since.get(threshold);
      if (since !== undefined && atMs - since >= this.#afterMs) return threshold.expression;
    }
    return undefined;
  }
}
