/** Handshakes that are refused: what they are answered with. Thread: the service's. */
import http from 'node:http';

const RETRY_AFTER_SECONDS = 1;
/**
 * What a TLS peer gets when it must be refused before its handshake: an alert (RFC 8446 section 6: fatal, internal_error), where a
 * close without a word would look like a fault of the network.
 */
export const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

export interface Refusal {
  status: 400 | 404 | 503;
  text: string;
}

export const NOT_FOUND: Refusal = { status: 404, text: 'no such channel' };
export const NOTHING_HERE: Refusal = { status: 404, text: 'nothing here' };
export const CLOSING: Refusal = { status: 503, text: 'the hub closes' };
export const FULL: Refusal = { status: 503, text: 'too many connections' };

/** The whole answer, as bytes on the wire. */
export function answerOf({ status, text }: Refusal): string {
  const retry = status === 503 ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : '';
  return `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n${retry}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}
