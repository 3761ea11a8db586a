/** Where peers find a hub. Pure, apart from asking a server for its address. */
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import type { ResolvedHubOptions } from '../shared/options';
import type { Placement } from '../shared/placement';

/** @returns a URL without a slash at the end; for a server on a unix socket what ws calls `ws+unix:` */
export function hubUrl(options: ResolvedHubOptions, placement: Placement, port: number): string {
  const path = options.path.slice(0, -1);
  if (placement.where === 'service thread' || placement.server === undefined)
    return urlOf(options.host, port, options.tls !== undefined, path);
  const { server } = placement;
  const secure = server instanceof tls.Server;
  const address = server.address() as AddressInfo | string | null;
  if (typeof address === 'string') return `${secure ? 'wss' : 'ws'}+unix:${address}:${path}`;
  return urlOf(address?.address ?? options.host, port, secure, path);
}

function urlOf(host: string, port: number, secure: boolean, path: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `${secure ? 'wss' : 'ws'}://${name}:${port}${path}`;
}
