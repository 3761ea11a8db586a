/**
 * What a publishing thread counts, in memory that its starter reads at any time: the thread itself never turns its event loop
 * while it publishes.
 *
 *     [ stop word ][ counters ][ messages of each stream ][ schedule lag ]
 */
import { HISTOGRAM_BYTES, Histogram } from '../../shared/histogram';

export const PublisherCounter = {
  /** Times of the schedule that were reached. */
  SCHEDULED: 0,
  PUBLISHED: 1,
  PUBLISHED_BYTES: 2,
  /** Of the measure window. */
  PUBLISHED_MEASURED: 3,
  /** There was no room. */
  REFUSED: 4,
} as const;
export type PublisherCounter = (typeof PublisherCounter)[keyof typeof PublisherCounter];

const COUNTERS = Object.keys(PublisherCounter).length;
const HEAD_BYTES = 8;

export class PublisherMemory {
  readonly memory: SharedArrayBuffer;
  readonly counters: Float64Array;
  /** By the stream's place among the thread's. */
  readonly published: Float64Array;
  readonly lag: Histogram;
  readonly #stop: Int32Array;

  constructor(streams: number, memory?: SharedArrayBuffer) {
    const countsBytes = (COUNTERS + streams) * 8;
    this.memory = memory ?? new SharedArrayBuffer(HEAD_BYTES + countsBytes + HISTOGRAM_BYTES);
    this.#stop = new Int32Array(this.memory, 0, 1);
    this.counters = new Float64Array(this.memory, HEAD_BYTES, COUNTERS);
    this.published = new Float64Array(this.memory, HEAD_BYTES + COUNTERS * 8, streams);
    this.lag = new Histogram(this.memory, HEAD_BYTES + countsBytes);
  }

  get stopped(): boolean {
    return Atomics.load(this.#stop, 0) !== 0;
  }

  /** Thread: any but the publisher's. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1);
    Atomics.notify(this.#stop, 0);
  }

  /** Sleeps until the time is over, or somebody stops it. A timer of an event loop would be a millisecond late. */
  sleep(ms: number): void {
    Atomics.wait(this.#stop, 0, 0, ms);
  }
}
