/**
 * Which pages may connect. A browser sends a user's cookies with a handshake whichever page asks for it, and no rule of the
 * browser keeps the page from it: so the server must look at where the page is from (cross-site WebSocket hijacking).
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import type { ResolvedAdmission } from '../../../shared/options';
import { canonicalOrigin, isSameHost, parseOrigin } from '../../../shared/origin';
import type { Client } from './client';

/** Longest text of an origin that is looked at: a name of DNS, a scheme and a port. */
const MAX_ORIGIN_LENGTH = 300;

export class OriginPolicy {
  readonly #options: Pick<ResolvedAdmission, 'origins' | 'requireOrigin'>;

  constructor(options: Pick<ResolvedAdmission, 'origins' | 'requireOrigin'>) {
    this.#options = options;
  }

  allows({ headers }: http.IncomingMessage, { host }: Client): boolean {
    // Version 8 of the protocol called it so (ws takes it too).
    const origin = headers.origin ?? textOf(headers['sec-websocket-origin']);
    if (origin === undefined) return !this.#options.requireOrigin;
    const { origins } = this.#options;
    if (origins === 'any') return true;
    if (origin.length > MAX_ORIGIN_LENGTH) return false;
    if (origins === 'same-host') return isOfHost(origin, host);
    const canonical = canonicalOrigin(origin);
    if (canonical !== undefined && origins.includes(canonical)) return true;
    return origins.includes('same-host') && isOfHost(origin, host);
  }
}

function isOfHost(text: string, host: string): boolean {
  const origin = parseOrigin(text);
  return origin !== undefined && isSameHost(origin, host);
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
