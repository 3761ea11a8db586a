/** Why peers do not come in. Each has a counter on the board, in this order. Pure. */
export const REJECTION_REASONS = [
  /** No room: connections, sockets, channels, handshakes that wait, or the application is far behind. */
  'capacity',
  /** Too many connections of one address. */
  'address',
  /** Too many handshakes a second, of all or of one address. */
  'rate',
  /** A page of another origin. */
  'origin',
  /** `authorize` answered 401. */
  'unauthorized',
  /** `authorize` answered 403, or the path names a channel that is not among those of its answer. */
  'forbidden',
  /** `authorize` answered 503, took too long, or failed. */
  'unavailable',
  /** No complete request in time. */
  'timeout',
  /** The options allow no such channel. */
  'channel',
  /** No handshake, or no HTTP. */
  'malformed',
  /** The hub closes. */
  'closing',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];
