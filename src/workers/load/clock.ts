/** The reference clock and the measure window, as a load thread knows them. Thread: a load thread. */
import type { LoadBoard } from '../../shared/load/board';
import type { Timetable } from '../../shared/load/generator';
import { monotonicNs } from '../../shared/load/monotonic';

export class TestClock {
  #measureFromNs = Number.POSITIVE_INFINITY;
  #measureToNs = Number.POSITIVE_INFINITY;
  readonly #board: LoadBoard;
  /** On this host's clock. */
  readonly #createdNs = monotonicNs();

  constructor(board: LoadBoard) {
    this.#board = board;
  }

  /** Until it is set nothing is measured. */
  set timetable({ measureFromNs, measureToNs }: Timetable) {
    this.#measureFromNs = measureFromNs;
    this.#measureToNs = measureToNs;
  }

  /** On the reference clock, as all times of messages. */
  now(): number {
    return monotonicNs() + this.#board.clockOffsetNs;
  }

  /** @param localNs a time on this host's clock */
  toReference(localNs: number): number {
    return localNs + this.#board.clockOffsetNs;
  }

  /**
   * Whether a message that should have gone at this time can be of this test. Servers that keep messages give those of an earlier
   * one too, with the same streams and numbers. The threads were there before anything was due.
   */
  isOfTest(intendedNs: number): boolean {
    return intendedNs >= this.toReference(this.#createdNs);
  }

  /** Whether a message that should have gone at this time counts. */
  measures(intendedNs: number): boolean {
    return intendedNs >= this.#measureFromNs && intendedNs < this.#measureToNs;
  }
}
