/**
 * What the service thread tells the application: connections, messages from peers, disconnections, in their order, in
 * batches. The bytes of a batch's messages lie in one buffer that is transferred, not copied.
 */

/** A connection as the application sees it. */
export interface ConnectionSummary {
  /** Never used again for another connection. */
  id: number;
  /** The channel that the handshake named. */
  channel: string;
  remoteAddress: string;
}

export type InboundEvent =
  | { type: 'connection'; info: ConnectionSummary }
  /** `length` bytes from `offset` of the batch's buffer; `text` says that they are UTF-8. */
  | { type: 'message'; info: ConnectionSummary; text: boolean; offset: number; length: number }
  | { type: 'disconnect'; info: ConnectionSummary; code: number; reason: string }
  | { type: 'error'; code: string; message: string; cause: unknown };

export interface InboundBatch {
  events: InboundEvent[];
  bytes: ArrayBuffer;
  /** What the application gives back (as `InboundCredit`) when it has taken the batch. */
  cost: number;
}

/** From the application: that much of what was sent is taken. */
export interface InboundCredit {
  credit: number;
}
