/** Close codes that a hub sends (RFC 6455 section 7.4.1 and its registry). Where messages are received whole, `ws` sends 1002, 1007, 1008 and 1009 by itself. */
export const CloseCode = {
  /** The other side closed without trouble, or `disconnect` named no code. */
  NORMAL: 1000,
  /** The hub closes. Peers may reconnect elsewhere, with jitter. */
  GOING_AWAY: 1001,
  /** The peer broke the protocol. */
  PROTOCOL_ERROR: 1002,
  /** Text that is not UTF-8, or compressed data that is none. */
  INVALID_DATA: 1007,
  /** A message, or a frame, that is too long. */
  TOO_LONG: 1009,
  /** A handler module threw, or whoever sent a message in fragments did not finish it. */
  INTERNAL: 1011,
  /** The peer was too far behind, or did not answer. It may reconnect, and should read faster. */
  TRY_AGAIN_LATER: 1013,
  /** What `info.code` says of a close frame without a code. Never on the wire. */
  NONE: 1005,
  /** What `info.code` says of a connection that ended without a close frame. Never on the wire. */
  ABNORMAL: 1006,
} as const;

/** Whether an application may close a connection with this code. */
export function isSendableCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
      (code >= 3000 && code <= 4999))
  );
}

/** The most bytes a close reason may have: a control frame's 125 less the code. */
export const MAX_CLOSE_REASON_BYTES = 123;
