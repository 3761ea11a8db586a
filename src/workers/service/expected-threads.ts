/**
 * How many producer threads are still to be expected, so that connections do not take the descriptors that those need.
 *
 * Thread: the service's.
 */
import { availableParallelism } from 'node:os';
import { type RingMemory, reportLanes } from '../../shared/ring';

/** What a piscina pool starts at most, unless told otherwise: 1.5 threads for each core. */
const THREADS_PER_CORE = 1.5;

export class ExpectedThreads {
  readonly #ring: RingMemory;
  readonly #planned: number;

  constructor(ring: RingMemory, maxProducers: number) {
    this.#ring = ring;
    this.#planned = Math.min(maxProducers, Math.ceil(THREADS_PER_CORE * availableParallelism()));
  }

  /** Those that have a lane are there already, and what they take is in use. The application's own thread has one too. */
  get toCome(): number {
    const threads = new Set(reportLanes(this.#ring).map(({ threadId }) => threadId));
    return Math.max(0, this.#planned - Math.max(0, threads.size - 1));
  }
}
