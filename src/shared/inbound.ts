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
  /** Where a trusted proxy asked for it, the client's. */
  remoteAddress: string;
  /** Who it is, where `authorize` said so. */
  identity?: unknown;
}

/**
 * Where a piece of a peer's message stands: what `libwebsocket_is_final_fragment` and
 * `libwebsockets_remaining_packet_payload` said in 2013. The message is complete only with `final && remaining === 0`.
 */
export interface FragmentInfo {
  /** The first piece of its message. */
  first: boolean;
  /** The frame that it belongs to is the message's last (it carries FIN). */
  final: boolean;
  /** Bytes that are still to come of this frame; of a compressed one, as they are on the wire. */
  remaining: number;
  /** A binary message; else text, whose characters may lie across pieces. */
  binary: boolean;
  /** Bytes of the message so far, this piece included. */
  messageBytes: number;
}

/** What a connection that is behind does not get of a channel. Told of at the beginning of such a time, and at its end. */
export interface GapReport {
  channel: string;
  /** Messages left out since it began. */
  skipped: number;
  /** Messages replaced by newer ones of the same key since it began. */
  conflated: number;
  /** Whether it has caught up, or is gone. */
  over: boolean;
}

export type InboundEvent =
  | { type: 'connection'; info: ConnectionSummary }
  /** `length` bytes from `offset` of the batch's buffer; `text` says that they are UTF-8. */
  | { type: 'message'; info: ConnectionSummary; text: boolean; offset: number; length: number }
  /** A piece of a message: bytes as above. */
  | { type: 'fragment'; info: ConnectionSummary; fragment: FragmentInfo; offset: number; length: number }
  /** The peer has closed: it is to be disconnected behind whatever is posted while its messages are taken. */
  | { type: 'closing'; info: ConnectionSummary }
  | { type: 'disconnect'; info: ConnectionSummary; code: number; reason: string }
  | { type: 'gap'; info: ConnectionSummary; gap: GapReport }
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
