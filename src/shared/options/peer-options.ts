/** What one peer may send, and have. Pure. */
import { NO_LIMIT } from '../capacity';
import { MAX_MS } from './checks';

export interface PeerLimitOptions {
  /** The most messages a peer may send, per second (default: no limit). More: closed with 1008. */
  maxMessagesPerSecond?: number;
  /** The most bytes of messages a peer may send, per second, inflated where they are compressed (default: no limit). More: closed with 1008. */
  maxBytesPerSecond?: number;
  /**
   * The most frames that carry nothing of a message a peer may send, per second (default 1,000): pings, pongs that answer no
   * ping, empty fragments. More: closed with 1008.
   */
  maxControlFramesPerSecond?: number;
  /** How much of the three rates above a peer may save up, in ms (default 5,000): so much may come at once. */
  peerBurstMs?: number;
  /** How many channels a connection may have (default 128). To subscribe to more is answered with false. */
  maxSubscriptions?: number;
}

export const PEER_NUMBERS = {
  maxMessagesPerSecond: [NO_LIMIT, 1, NO_LIMIT],
  maxBytesPerSecond: [NO_LIMIT, 1, NO_LIMIT],
  maxControlFramesPerSecond: [1_000, 1, NO_LIMIT],
  // As long as a service thread may be busy without being taken for hung: what came meanwhile then comes at once.
  peerBurstMs: [5_000, 1, MAX_MS],
  maxSubscriptions: [128, 1, NO_LIMIT],
} as const;

/** The limits of a peer, complete. */
export type PeerLimits = Record<keyof typeof PEER_NUMBERS, number>;
