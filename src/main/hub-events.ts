/** What a hub tells the application. Thread: the application's. */
import type { HubError } from '../shared/errors';
import type { ConnectionSummary, FragmentInfo, GapReport } from '../shared/inbound';

/** A connection that ended. */
export interface DisconnectInfo extends ConnectionSummary {
  /** Close code (RFC 6455 section 7.4); 1006: it ended without a close frame. */
  code: number;
  reason: string;
}

/** The service thread ended by a fault, and was started again. */
export interface RestartInfo {
  /** What it threw; or a `HubError`: SERVICE_HUNG, or SERVICE_GONE if it was told to exit. */
  cause: unknown;
  /** How often the hub has done so in all. */
  restarts: number;
  /** From its end, as this thread learned of it, until it listened again. */
  downMs: number;
}

export interface HubEvents {
  connection: [info: ConnectionSummary];
  /** A peer's message: a string if it was text. The service stops reading peers while these are not taken. */
  message: [info: ConnectionSummary, data: string | Uint8Array];
  /** A piece of a peer's message, on a channel with `receive: 'fragments'`. Not read further while these are not taken. */
  fragment: [info: ConnectionSummary, bytes: Uint8Array, fragment: FragmentInfo];
  /** A peer is behind and does not get every message (`slow: 'skip'` or `'conflate'`): that begins, or is over. */
  gap: [info: ConnectionSummary, gap: GapReport];
  disconnect: [info: DisconnectInfo];
  /** Behind the `disconnect` of every connection that was open. */
  restart: [info: RestartInfo];
  /** A `HubError`. As with every EventEmitter, it is thrown if nobody listens. */
  error: [error: HubError];
}
