/** Where a URL's server is. Pure. */

export interface HostAndPort {
  host: string;
  port: number;
}

const DEFAULT_PORTS: Record<string, number> = { 'ws:': 80, 'wss:': 443 };

export function addressOf(url: string): HostAndPort {
  const { protocol, hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''), // IPv6
    port: port === '' ? DEFAULT_PORTS[protocol]! : Number(port),
  };
}

/** Whether it is this machine, for certain. */
export function isThisMachine({ host }: HostAndPort): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
