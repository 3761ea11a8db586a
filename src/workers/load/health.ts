/** How a load thread itself does: late turns of its event loop, pauses of its collector. Thread: a load thread. */
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import type { LoadBoard } from '../../shared/load/board';

/** How often the delay is looked at. Each look costs a few microseconds. */
const RESOLUTION_MS = 10;

export class Health {
  readonly #board: LoadBoard;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collector = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) this.#board.addGc(duration);
  });

  constructor(board: LoadBoard) {
    this.#board = board;
  }

  /** The measure window begins. */
  start(): void {
    this.#delay.enable();
    this.#collector.observe({ entryTypes: ['gc'] });
  }

  tell(): void {
    if (this.#delay.count === 0) return;
    // What is recorded is the time between two looks.
    const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    this.#board.setDelay(late(this.#delay.percentile(99)), late(this.#delay.max));
  }

  stop(): void {
    this.#delay.disable();
    this.#collector.disconnect();
  }
}
