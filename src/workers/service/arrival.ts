/** What is known of a peer when its connection begins, beside its socket and its channel. Thread: the service's. */
import type { Channel } from './channel';

export interface Arrival {
  /** Further channels that it gets. */
  others?: readonly Channel[];
  /** Who it is: plain data. */
  identity?: unknown;
  /** For its handler. */
  data?: unknown;
  /** When its connection ends, in ms since 1970. */
  expiresAtMs?: number;
}
