/** The opening handshake of a client (RFC 6455 section 4.1): the request, and what an answer must be. Pure. */
import { createHash } from 'node:crypto';
import { ConnectError, ConnectFailure } from './connect-error';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** The longest head of an answer. Node's own limit for requests is the same. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** `Retry-After` is followed no further than this. */
export const MAX_RETRY_AFTER_MS = 60_000;
const HTTP = 'HTTP/1.';
/** So much of what a server says of its refusal stands in the error. */
const MAX_SHOWN_CHARACTERS = 200;

export interface UpgradeOptions {
  url: URL;
  headers: Record<string, string>;
  origin: string | undefined;
  subprotocols: string[];
}

/** The request, but for the key that stands between both parts. */
export interface UpgradeRequest {
  beforeKey: string;
  afterKey: string;
}

/** A header of the same name replaces what would be sent, other than what the handshake itself is made of. */
export function upgradeRequest({ url, headers, origin, subprotocols }: UpgradeOptions): UpgradeRequest {
  const sent: Record<string, [name: string, value: string]> = {};
  const add = (name: string, value: string): void => {
    sent[name.toLowerCase()] = [name, value];
  };
  add('Host', url.host);
  if (origin !== undefined) add('Origin', origin);
  if (url.username !== '' || url.password !== '') add('Authorization', basicAuthorization(url));
  for (const [name, value] of Object.entries(headers)) add(name, value);
  if (subprotocols.length > 0) add('Sec-WebSocket-Protocol', subprotocols.join(', '));
  add('Connection', 'Upgrade');
  add('Upgrade', 'websocket');
  add('Sec-WebSocket-Version', '13');
  const lines = Object.values(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    beforeKey: `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}Sec-WebSocket-Key: `,
    afterKey: '\r\n\r\n',
  };
}

function basicAuthorization({ username, password }: URL): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

/**
 * Judges what has come of a head until now: a server that speaks something else than HTTP may never send the end of one.
 *
 * @throws {ConnectError} BAD_UPGRADE, if it cannot become an answer
 */
export function checkBeginning(head: string): void {
  if (!HTTP.startsWith(head.slice(0, HTTP.length))) throw beginsWith(head.split('\r\n', 1)[0]!);
}

/**
 * Judges a complete head.
 *
 * @param head up to its empty line, which may be there or not
 * @param body what came behind it until now: part of the error
 * @throws {ConnectError} `HTTP 503` and the like for another status than 101, else BAD_UPGRADE
 */
export function checkUpgradeAnswer(head: string, body: string, key: string, subprotocols: string[]): void {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine);
  if (status === null) throw beginsWith(statusLine);
  const headers = readHeaders(lines);
  if (status[1] !== '101') throw httpError(status[1]!, status[2] ?? '', headers, body);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') throw bad('no header Upgrade: websocket');
  const connection = headers
    .get('connection')
    ?.toLowerCase()
    .split(/\s*,\s*/);
  if (!connection?.includes('upgrade')) throw bad('no header Connection: Upgrade');
  if (headers.get('sec-websocket-accept') !== acceptFor(key)) throw bad('a wrong Sec-WebSocket-Accept');
  const extensions = headers.get('sec-websocket-extensions');
  if (extensions !== undefined && extensions !== '')
    throw bad(`the extension ${shown(extensions)}, which was not asked for`);
  checkSubprotocol(headers.get('sec-websocket-protocol'), subprotocols);
}

function checkSubprotocol(chosen: string | undefined, asked: string[]): void {
  if (chosen !== undefined && !asked.includes(chosen))
    throw bad(`the subprotocol ${shown(chosen)}, which was not asked for`);
  if (chosen === undefined && asked.length > 0)
    throw bad(`no subprotocol; asked for was ${shown(asked.join(', '))}`);
}

export function acceptFor(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

function readHeaders(lines: string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw bad(`the header line ${shown(line)}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

export function httpError(
  status: string,
  text: string,
  headers: Map<string, string>,
  body: string,
): ConnectError {
  const location = headers.get('location');
  const more =
    location !== undefined
      ? ` to ${shown(location)}; redirects are not followed`
      : body.trim() === ''
        ? ''
        : `: ${shown(body.trim())}`;
  const words = `${status} ${text}`.trim();
  return new ConnectError(
    `HTTP ${status}`,
    `the server answered the upgrade with HTTP ${words}${more}`,
    retryAfterMs(headers.get('retry-after')),
  );
}

/** Seconds, or a date. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

function beginsWith(line: string): ConnectError {
  return bad(`an answer that begins with ${shown(line)}`);
}

function bad(what: string): ConnectError {
  return new ConnectError(ConnectFailure.BAD_UPGRADE, `the answer to the upgrade has ${what}`);
}

function shown(text: string): string {
  return JSON.stringify(
    text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text,
  );
}
