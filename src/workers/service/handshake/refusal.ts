/** Handshakes that are refused: what they are answered with. Thread: the service's. */
import http from 'node:http';
import type { RejectionReason } from '../../../shared/rejections';

const RETRY_AFTER_SECONDS = 1;
/**
 * What a TLS peer gets when it must be refused before its handshake: an alert (RFC 8446 section 6: fatal, internal_error), where a
 * close without a word would look like a fault of the network.
 */
export const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

export interface Refusal {
  status: 400 | 401 | 403 | 404 | 408 | 431 | 503;
  text: string;
  /** Where it is counted. */
  reason: RejectionReason;
  /** With 503 (default 1). */
  retryAfterSeconds?: number;
  /** Further ones, checked. */
  headers?: { [name: string]: string };
}

export const NOT_FOUND: Refusal = { status: 404, text: 'no such channel', reason: 'channel' };
export const NOTHING_HERE: Refusal = { status: 404, text: 'nothing here', reason: 'channel' };
export const NOT_ENCODED: Refusal = {
  status: 400,
  text: 'the path is not percent-encoded UTF-8',
  reason: 'malformed',
};
export const CLOSING: Refusal = { status: 503, text: 'the hub closes', reason: 'closing' };
export const FULL: Refusal = { status: 503, text: 'too many connections', reason: 'capacity' };
export const TOO_MANY_CHANNELS: Refusal = { status: 503, text: 'too many channels', reason: 'capacity' };
export const TOO_MANY_PENDING: Refusal = {
  status: 503,
  text: 'too many handshakes wait',
  reason: 'capacity',
};
export const ADDRESS_FULL: Refusal = {
  status: 503,
  text: 'too many connections from this address',
  reason: 'address',
};
export const FOREIGN_ORIGIN: Refusal = {
  status: 403,
  text: 'pages of this origin may not connect',
  reason: 'origin',
};
export const OTHER_CHANNEL: Refusal = {
  status: 403,
  text: 'not on this channel',
  reason: 'forbidden',
};
export const EXPIRED: Refusal = { status: 401, text: 'expired', reason: 'unauthorized' };
export const UNAVAILABLE: Refusal = {
  status: 503,
  text: 'it cannot be told now whether you may come in',
  reason: 'unavailable',
};
export const TOO_LATE: Refusal = { status: 408, text: 'no complete request in time', reason: 'timeout' };

/** A handshake came too soon. */
export function tooFast(waitMs: number): Refusal {
  return {
    status: 503,
    text: 'too many handshakes a second',
    reason: 'rate',
    retryAfterSeconds: Math.max(RETRY_AFTER_SECONDS, Math.ceil(waitMs / 1_000)),
  };
}

/** The whole answer, as bytes on the wire. */
export function answerOf({ status, text, retryAfterSeconds, headers = {} }: Refusal): string {
  const lines = [
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (status === 503) lines.push(`Retry-After: ${retryAfterSeconds ?? RETRY_AFTER_SECONDS}`);
  // RFC 9110 section 15.5.2: with 401 there must be a challenge.
  if (status === 401 && !Object.keys(headers).some((name) => name.toLowerCase() === 'www-authenticate'))
    lines.push('WWW-Authenticate: Bearer realm="ringcast"');
  lines.push(`Content-Length: ${Buffer.byteLength(text)}`);
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}
