/**
 * Who asks, where proxies ask for others: their address and the host that they asked for.
 *
 * Only a proxy that the options name is believed, and of what it says only what it added itself: the list in the header grows
 * at its end, so the last address that is no trusted proxy is the client's. Whatever stands before it, the client may have
 * made up.
 *
 * Thread: the service's.
 */
import type http from 'node:http';
import { isIP, type Socket } from 'node:net';
import { AddressRanges, plainAddress } from '../../../shared/address-range';
import type { ForwardedHeader, ResolvedAdmission } from '../../../shared/options';

export interface Client {
  /** Empty where the connection has none. */
  address: string;
  /** As in the header `Host`. */
  host: string;
}

/** So many hops are looked at, from the end: a header may be 8 KiB of commas. */
const MAX_HOPS = 32;

export class Clients {
  #trusted: AddressRanges;
  #header: ForwardedHeader;

  constructor(options: Pick<ResolvedAdmission, 'trustedProxies' | 'forwardedHeader'>) {
    this.#trusted = new AddressRanges(options.trustedProxies);
    this.#header = options.forwardedHeader;
  }

  reconfigured(options: Pick<ResolvedAdmission, 'trustedProxies' | 'forwardedHeader'>): void {
    this.#trusted = new AddressRanges(options.trustedProxies);
    this.#header = options.forwardedHeader;
  }

  of({ headers }: http.IncomingMessage, socket: Socket): Client {
    const address = socket.remoteAddress ?? '';
    const host = headers.host ?? '';
    if (!this.#trusted.has(address)) return { address, host };
    const forwardedHost = headers['x-forwarded-host'];
    return {
      address: this.#clientBehind(address, textOf(headers[this.#header])),
      // The proxy nearest to us stands at the end here, too.
      host: forwardedHost === undefined ? host : (textOf(forwardedHost).split(',').pop() ?? '').trim(),
    };
  }

  /** The last hop that is no trusted proxy. Past one that cannot be read, nothing is known: then it is whoever said it. */
  #clientBehind(proxy: string, header: string): string {
    let client = proxy;
    for (const hop of hopsOf(header, this.#header)) {
      if (hop === undefined) break;
      client = hop;
      if (!this.#trusted.has(hop)) break;
    }
    return client;
  }
}

/** From the last to the first; undefined: no address. */
function hopsOf(header: string, name: ForwardedHeader): (string | undefined)[] {
  if (header === '') return [];
  const hops = header.split(',').slice(-MAX_HOPS).reverse();
  return hops.map((hop) => addressOfHop(name === 'forwarded' ? forOf(hop) : hop.trim()));
}

/** What `for=` says in an element of `Forwarded` (RFC 7239 section 4). */
function forOf(element: string): string {
  for (const pair of element.split(';')) {
    const equals = pair.indexOf('=');
    if (pair.slice(0, equals).trim().toLowerCase() === 'for')
      return pair
        .slice(equals + 1)
        .trim()
        .replace(/^"|"$/g, '');
  }
  return '';
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`. */
function addressOfHop(hop: string): string | undefined {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(hop)?.[1];
  const address = plainAddress(bracketed ?? withPort ?? hop);
  return isIP(address) === 0 ? undefined : address;
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}
