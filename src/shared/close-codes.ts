/**
 * Why connections end: the close codes that a hub sends or reports (RFC 6455 section 7.4.1 and its registry), and what each
 * asks of the peer. `docs/errors.md` has the same table; a test compares the two.
 */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  /** What `info.code` says of a close frame without a code. Never on the wire. */
  NONE: 1005,
  /** What `info.code` says of a connection that ended without a close frame. Never on the wire. */
  ABNORMAL: 1006,
  INVALID_DATA: 1007,
  POLICY_VIOLATION: 1008,
  TOO_LONG: 1009,
  INTERNAL: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  UNAUTHORIZED: 4401,
  FORBIDDEN: 4403,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** With jitter: after a time of its own, lest all the peers of a hub come back in the same moment (RFC 6455 section 7.2.3). */
export type Reconnect = 'no' | 'yes' | 'yes, with jitter';

export interface CloseCodeEntry {
  name: keyof typeof CloseCode;
  code: CloseCode;
  /** Whether a close frame may carry it. The others only tell that there was none, or none with a code. */
  onWire: boolean;
  when: string;
  remedy: string;
  reconnect: Reconnect;
}

/** Every code that a hub sends or reports, lowest first. Texts are Markdown, as they stand in the documentation. */
export const CLOSE_CODES: readonly CloseCodeEntry[] = [
  {
    name: 'NORMAL',
    code: CloseCode.NORMAL,
    onWire: true,
    when: "`hub.disconnect` or a handler's `close`, where they name no code; the answer to a peer that closes with 1000",
    remedy: 'nothing: whoever closed is done',
    reconnect: 'no',
  },
  {
    name: 'GOING_AWAY',
    code: CloseCode.GOING_AWAY,
    onWire: true,
    when: 'the hub closes',
    remedy: 'connect again, elsewhere if there are other hubs',
    reconnect: 'yes, with jitter',
  },
  {
    name: 'PROTOCOL_ERROR',
    code: CloseCode.PROTOCOL_ERROR,
    onWire: true,
    when: 'the peer broke the protocol: no mask, a reserved bit or opcode, a fragment out of place, a close code that nobody may send',
    remedy: 'mend the peer, it would do so again; or what stands between it and the hub',
    reconnect: 'no',
  },
  {
    name: 'NONE',
    code: CloseCode.NONE,
    onWire: false,
    when: "the peer's close frame had no code",
    remedy: 'nothing: the peer is done',
    reconnect: 'no',
  },
  {
    name: 'ABNORMAL',
    code: CloseCode.ABNORMAL,
    onWire: false,
    when: 'the connection ended without a close frame: a network that broke, a process that ended, a peer that is mute or makes no progress, the deadline of `close`',
    remedy: 'connect again',
    reconnect: 'yes, with jitter',
  },
  {
    name: 'INVALID_DATA',
    code: CloseCode.INVALID_DATA,
    onWire: true,
    when: 'text or a close reason that is not UTF-8, or compressed data that is none',
    remedy: 'mend the peer; what is not text goes as a binary message',
    reconnect: 'no',
  },
  {
    name: 'POLICY_VIOLATION',
    code: CloseCode.POLICY_VIOLATION,
    onWire: true,
    when: "more than a limit of the hub allows of a message's fragments or pieces, or per second of a peer's messages, bytes or control frames; the reason says which rate",
    remedy:
      'send less often, or raise `maxMessagesPerSecond`, `maxBytesPerSecond`, `maxControlFramesPerSecond`; for a message in too many pieces `maxFragments`',
    reconnect: 'no',
  },
  {
    name: 'TOO_LONG',
    code: CloseCode.TOO_LONG,
    onWire: true,
    when: 'a message longer than `maxMessageBytes`, inflated if it is compressed; a frame of 2^53 bytes or more',
    remedy: 'send shorter messages, raise `maxMessageBytes`, or receive [fragments](fragments.md)',
    reconnect: 'no',
  },
  {
    name: 'INTERNAL',
    code: CloseCode.INTERNAL,
    onWire: true,
    when: 'a handler module threw; or a message in fragments to this peer was not finished: its sender ended, or paused for `maxFragmentGapMs`',
    remedy: 'connect again; the event `error` and the log of the hub say more',
    reconnect: 'yes, with jitter',
  },
  {
    name: 'SERVICE_RESTART',
    code: CloseCode.SERVICE_RESTART,
    onWire: true,
    when: 'the hub restarts, and will be back at the same place',
    remedy: 'connect again, to the same hub',
    reconnect: 'yes, with jitter',
  },
  {
    name: 'TRY_AGAIN_LATER',
    code: CloseCode.TRY_AGAIN_LATER,
    onWire: true,
    when: 'the peer was too far behind; the reason says how far, and the limit',
    remedy: "read faster, take fewer channels, or raise the channel's `maxLag…`",
    reconnect: 'yes, with jitter',
  },
  {
    name: 'UNAUTHORIZED',
    code: CloseCode.UNAUTHORIZED,
    onWire: true,
    when: 'the peer is not, or no longer, who it must be: its token has expired',
    remedy: 'get a new token, and then connect with it',
    reconnect: 'no',
  },
  {
    name: 'FORBIDDEN',
    code: CloseCode.FORBIDDEN,
    onWire: true,
    when: 'the peer is known, and may not be here',
    remedy: 'nothing that the peer could do by itself',
    reconnect: 'no',
  },
];

/** Codes from here on are for libraries and applications to give a meaning to. */
const FIRST_OPEN_CODE = 3000;
const TERMINAL = new Set<number>(
  CLOSE_CODES.filter(({ reconnect }) => reconnect === 'no').map(({ code }) => code),
);

/**
 * Whether a peer whose connection ended with this code should connect again by itself: after a random time, and after a longer
 * one each time that it fails.
 *
 * Of the codes that are not a hub's, those below 3000 come from what stands between (a proxy's 1014): they answer true. Those
 * from 3000 on are an application's `disconnect`, which meant it: they answer false, and the application may know better.
 *
 * @example
 * socket.addEventListener('close', ({ code }) => {
 *   if (mayReconnect(code)) setTimeout(connect, Math.random() * 5_000);
 * });
 */
export function mayReconnect(code: number): boolean {
  return code < FIRST_OPEN_CODE && !TERMINAL.has(code);
}

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
