/**
 * A subscription whose peer is behind, and which does not get every message until it has caught up.
 *
 * While it is parked it holds nothing of the log but what is being written, and a message that is posted costs it nothing:
 * what it gets is decided when its socket has room again. That is also when what it does not get is counted.
 *
 * Thread: the service's.
 */
import type { Place } from '../log-reader';

export interface SlowPhase {
  readonly state: 'skipping' | 'conflating';
  /** What it is to get as things stand, and what is being written. */
  readonly lagBytes: number;
  readonly lagMessages: number;
  /** Whether there is any of that. */
  readonly behind: boolean;
  /** Bytes of memory that are there for it, if perhaps not for it alone. */
  readonly pinnedBytes: number;
  /** Age of the oldest message that it is to get. */
  lagMs(nowMs: number): number;
  /** What to write next of what stands before `limit`. */
  take(limit: Place): Buffer | undefined;
  /** What `take` gave is written. @returns the number of messages in it */
  written(): number;
  /** Past a limit again: it parks, if it is not parked. */
  park(): void;
  /** At intervals: counts what it will not get. */
  count(): void;
  /** The subscription ends: nothing that is published from now on is for it. */
  end(): void;
  /** The subscription is let go of. What it has not got is abandoned. */
  abandon(): void;
}
