/**
 * Texts of the application's own code about a handshake, fit for the log: what the peer sent may be a token, and a message
 * such as `bad token abc` must not carry it there. Pure.
 */
import type { AuthorizeRequest } from '../../../shared/authorization';

const REPLACEMENT = '…';
/** Of a message this much is looked at, and told. */
const MAX_TEXT_LENGTH = 500;
/** Shorter values are no secrets, and their letters are everywhere. */
const MIN_SECRET_LENGTH = 6;
/** Headers that are the same for everybody, and may stand in a log. */
const PLAIN_HEADERS = ['host', 'upgrade', 'connection', 'origin', 'user-agent', 'sec-websocket-version'];

/** @returns the text without anything that the request carried in its query or in a header that may be secret */
export function withoutSecrets(text: string, { url, headers }: AuthorizeRequest): string {
  const told = text.slice(0, MAX_TEXT_LENGTH);
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  const values = new Set([
    query,
    ...query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1)),
    ...new URLSearchParams(query).values(),
    ...Object.entries(headers).flatMap(([name, value]) =>
      PLAIN_HEADERS.includes(name) ? [] : partsOf(value),
    ),
  ]);
  return [...values]
    .filter((value) => value.length >= MIN_SECRET_LENGTH && told.includes(value))
    .sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REPLACEMENT), told);
}

/** A header's value, and its words: `Bearer` and what is behind it, or the cookies one by one. */
function partsOf(value: string | string[] | undefined): string[] {
  const text = Array.isArray(value) ? value.join(' ') : (value ?? '');
  return [text, ...text.split(/[\s,;]+/), ...text.split(/[\s,;=."]+/)];
}
