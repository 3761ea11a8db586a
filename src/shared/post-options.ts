/** What a producer may say with a post, and what it is told of one. */
import type { PostResult } from './ring/producer';
import type { Settlement } from './settlements';

export interface PostOptions {
  /** For a channel that conflates: a newer message of the same key may replace this one for a peer that is behind. At most 255 bytes. */
  key?: string;
  /** The bytes are UTF-8: send them as a text frame. */
  text?: boolean;
}

export interface WaitOptions extends PostOptions {
  /** How long to wait for room, in ms (default 30,000). */
  timeoutMs?: number;
}

/** How a thread becomes a producer. */
export interface ProducerOptions {
  /**
   * How many bytes of this producer's lane may lie unread, 128 to the hub's `ring.laneBytes` (default: all). Other producers'
   * messages wait behind at most so much of this one's, so a producer that may flood is given little. The largest payload
   * shrinks with it.
   */
  laneBytes?: number;
}

export interface TrackedPost {
  result: PostResult;
  /**
   * Resolves when nothing more will become of the message. All zero if it was not posted.
   *
   * Rejects with a `HubError` if the service thread took the message and ended before it told: SERVICE_RESTARTED if it was
   * started again, SERVICE_GONE if not.
   */
  settled: Promise<Settlement>;
}
