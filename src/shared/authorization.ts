/**
 * What is asked about a handshake, and what may be answered. Pure.
 *
 * An answer comes from code of the application, over a structured clone if need be: it is checked before it is used, and
 * what is not understood lets nobody in.
 */
import { encodeChannelName } from './channel-name';

/** A handshake, as plain data: what `authorize` is asked. */
export interface AuthorizeRequest {
  /** The request's target as it was sent, query and all. It may hold secrets: keep it out of logs. */
  url: string;
  /** The channel that the path names, if it names one. */
  channel: string | undefined;
  /** By their names in lower case. */
  headers: { [name: string]: string | string[] | undefined };
  /** The peer's address; behind a trusted proxy the client's. */
  remoteAddress: string;
  /** The subprotocols that the peer offers. */
  protocols: string[];
  /** Whether the peer came over TLS, as far as the hub sees. */
  secure: boolean;
}

/** The peer may come in. */
export interface Admitted {
  /**
   * Who it is: plain data that JSON can tell, up to 4 KiB. It stands in `info`, in `connections()` and in a handler's
   * connection.
   */
  identity?: unknown;
  /**
   * The channels that it gets: exactly these. A channel that its path names must be among them (else 403) and is the one its
   * connection is of; otherwise the first one is. Without them, the path and the subprotocol say it.
   */
  channels?: string[];
  /** For a handler module: what `connection.data` is at first. */
  data?: unknown;
  /** When this ends, in ms since 1970: the connection is then closed with 4401. `hub.renew` puts it off. */
  expiresAtMs?: number;
  /** The subprotocol to answer with: one that the peer offers. */
  protocol?: string;
}

/** The peer may not come in. */
export interface Denied {
  /** 401: it did not say who it is, or not truly; 403: it may not; 503: it cannot be known now. */
  status: 401 | 403 | 503;
  /** The text of the answer, for the peer. */
  reason?: string;
  /** With 503: when it may try again (default 1). */
  retryAfterSeconds?: number;
  /** Further headers of the answer, such as `WWW-Authenticate`. */
  headers?: { [name: string]: string };
}

/** `true`: come in; `false`: 401. */
export type AuthorizeAnswer = boolean | Admitted | Denied;

/**
 * @param context `signal` is aborted when the answer is no longer waited for: the peer left, or it took too long
 */
export type AuthorizeFunction = (
  request: AuthorizeRequest,
  context: { signal: AbortSignal },
) => AuthorizeAnswer | Promise<AuthorizeAnswer>;

/** What a module exports whose path is the option `authorize`. */
export interface AuthorizeModule {
  authorize: AuthorizeFunction;
}

/** A checked answer. */
export type Verdict = { admitted: Admitted } | { denied: Denied };

export const MAX_IDENTITY_BYTES = 4_096;
export const MAX_REASON_BYTES = 1_024;
/** Channels of one answer. */
export const MAX_ANSWER_CHANNELS = 128;
const MAX_ANSWER_HEADERS = 16;
const MAX_HEADER_BYTES = 1_024;
const MAX_RETRY_SECONDS = 86_400;
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that say how the answer is framed: they are the hub's. */
const OUR_HEADERS = [
  'connection',
  'content-length',
  'content-type',
  'retry-after',
  'transfer-encoding',
  'upgrade',
];

const ADMITTED_KEYS = ['identity', 'channels', 'data', 'expiresAtMs', 'protocol'];
const DENIED_KEYS = ['status', 'reason', 'retryAfterSeconds', 'headers'];

/** @throws {TypeError | RangeError} for anything that is no answer, naming what is wrong with it */
export function verdictOf(answer: unknown): Verdict {
  if (answer === true) return { admitted: {} };
  if (answer === false) return { denied: { status: 401 } };
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    throw new TypeError(
      `authorize answered ${answer === null ? 'null' : typeof answer}: it must be true, false, or an object`,
    );
  const denied = 'status' in answer;
  const known = denied ? DENIED_KEYS : ADMITTED_KEYS;
  const unknown = Object.keys(answer).find((key) => !known.includes(key));
  // Somebody may have meant a condition by it: so it is not passed over.
  if (unknown !== undefined)
    throw new TypeError(`authorize answered ${JSON.stringify(unknown)}: there are ${known.join(', ')}`);
  return denied ? { denied: checkDenied(answer as Denied) } : { admitted: checkAdmitted(answer as Admitted) };
}

function checkAdmitted({ identity, channels, data, expiresAtMs, protocol }: Admitted): Admitted {
  if (expiresAtMs !== undefined) checkExpiry('authorize answered expiresAtMs', expiresAtMs);
  if (protocol !== undefined && (typeof protocol !== 'string' || !TOKEN.test(protocol)))
    throw new TypeError('authorize answered a protocol that is no subprotocol');
  if (channels !== undefined) checkChannels(channels);
  return { identity: plainIdentity(identity), channels, data, expiresAtMs, protocol };
}

/** @throws {TypeError | RangeError} if it is no time */
export function checkExpiry(what: string, expiresAtMs: unknown): asserts expiresAtMs is number {
  if (typeof expiresAtMs !== 'number')
    throw new TypeError(`${what} ${typeof expiresAtMs}: it must be a number, in ms since 1970`);
  if (!(expiresAtMs >= 0))
    throw new RangeError(`${what} ${expiresAtMs}: it must be a time, in ms since 1970`);
}

function checkChannels(channels: unknown): void {
  if (!Array.isArray(channels) || channels.length === 0 || channels.length > MAX_ANSWER_CHANNELS)
    throw new RangeError(`authorize answered channels that are no list of 1 to ${MAX_ANSWER_CHANNELS} names`);
  for (const name of channels) encodeChannelName(name);
  if (new Set(channels).size < channels.length)
    throw new RangeError('authorize answered channels with a name twice');
}

/** A copy that is nobody else's, of nothing but what JSON can tell. */
function plainIdentity(identity: unknown): unknown {
  if (identity === undefined) return undefined;
  const text = JSON.stringify(identity);
  if (text === undefined) throw new TypeError('authorize answered an identity that JSON cannot tell');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_IDENTITY_BYTES)
    throw new RangeError(
      `authorize answered an identity of ${bytes} bytes: the longest is ${MAX_IDENTITY_BYTES}`,
    );
  return JSON.parse(text);
}

function checkDenied({ status, reason, retryAfterSeconds, headers }: Denied): Denied {
  if (status !== 401 && status !== 403 && status !== 503)
    throw new RangeError(`authorize answered status ${String(status)}: it must be 401, 403 or 503`);
  if (reason !== undefined && (typeof reason !== 'string' || Buffer.byteLength(reason) > MAX_REASON_BYTES))
    throw new RangeError(`authorize answered a reason that is no text of up to ${MAX_REASON_BYTES} bytes`);
  if (
    retryAfterSeconds !== undefined &&
    !(Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 0 && retryAfterSeconds <= MAX_RETRY_SECONDS)
  )
    throw new RangeError(
      `authorize answered retryAfterSeconds ${String(retryAfterSeconds)}: it must be an integer from 0 to ${MAX_RETRY_SECONDS}`,
    );
  if (headers !== undefined) checkHeaders(headers);
  return { status, reason, retryAfterSeconds, headers };
}

/** Names and values as they may stand on the wire: nothing that could end a line. */
function checkHeaders(headers: unknown): void {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new TypeError('authorize answered headers that are no object');
  const entries = Object.entries(headers);
  if (entries.length > MAX_ANSWER_HEADERS)
    throw new RangeError(`authorize answered ${entries.length} headers: the most are ${MAX_ANSWER_HEADERS}`);
  for (const [name, value] of entries) {
    if (!TOKEN.test(name) || OUR_HEADERS.includes(name.toLowerCase()))
      throw new RangeError(`authorize answered the header ${JSON.stringify(name)}: it cannot be set`);
    if (typeof value !== 'string' || value.length > MAX_HEADER_BYTES || !/^[\t\x20-\x7e]*$/.test(value))
      throw new RangeError(`authorize answered a value of the header ${name} that is no line of ASCII`);
  }
}
