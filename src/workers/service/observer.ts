/**
 * Somebody who wants to know when messages pass the stations of the service: a load test. An ordinary hub has none, and pays one
 * comparison a turn and one a write.
 *
 *     ring ─▶ draining … appended … drained ─▶ log ─▶ handed ─▶ socket ─▶ written
 *
 * Thread: the service's.
 */
import type { RingRecord } from '../../shared/ring';
import type { Channel } from './channel';
import type { Connection } from './connection';
import type { Subscription } from './subscription';

export interface EngineObserver {
  /** The ring is looked at. */
  draining(): void;
  /** A message is the newest of its channel's log. The record is valid during the call. */
  appended(channel: Channel, record: RingRecord): void;
  /** What was taken is all in the logs: the fan-out may begin. */
  drained(): void;
  /**
   * A connection's next messages of one channel go to its socket now: from `reader.sequence` on, to before `writingToSequence`. The
   * connection keeps `handedNs` until they are written.
   */
  handed(connection: Connection, subscription: Subscription): void;
  /** The operating system has them. */
  written(connection: Connection, subscription: Subscription): void;
}

/** What a service thread loads to have one: see `ServiceStart`. */
export interface ObserverModule {
  createObserver(memory: SharedArrayBuffer): EngineObserver;
}
