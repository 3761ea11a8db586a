/** What the stages of a hub under test took, in memory that two threads share: the service's writes, the application's reads. */
import { HISTOGRAM_BYTES, Histogram } from '../../shared/histogram';
import type { Timetable } from '../../shared/load/generator';
import { STAGES, type StageName } from '../../shared/load/result';

const WINDOW_WORDS = 2;
const WINDOW_BYTES = WINDOW_WORDS * 8;

export class StageMemory {
  readonly memory: SharedArrayBuffer;
  readonly stages: Record<StageName, Histogram>;
  /** Which messages count, by their intended time, nanoseconds: from the first word on, to before the second. */
  readonly #window: Float64Array;

  constructor(memory = new SharedArrayBuffer(WINDOW_BYTES + STAGES.length * HISTOGRAM_BYTES)) {
    this.memory = memory;
    this.#window = new Float64Array(memory, 0, WINDOW_WORDS);
    this.stages = Object.fromEntries(
      STAGES.map((name, index) => [name, new Histogram(memory, WINDOW_BYTES + index * HISTOGRAM_BYTES)]),
    ) as Record<StageName, Histogram>;
  }

  /** Before it is told nothing counts. */
  begin({ measureFromNs, measureToNs }: Timetable): void {
    this.#window[0] = measureFromNs;
    this.#window[1] = measureToNs;
  }

  measures(intendedNs: number): boolean {
    return intendedNs >= this.#window[0]! && intendedNs < this.#window[1]!;
  }
}
