/** Where syslog lines go. */

export type SyslogAddress =
  /** A datagram socket of this machine. */
  | { kind: 'local'; path: string }
  | { kind: 'stream'; path: string }
  | { kind: 'udp' | 'tcp'; host: string; port: number }
  /** Standard error, with a prefix that systemd's journal understands. */
  | { kind: 'stderr' };

export const LOCAL_SOCKET = '/dev/log';
/** IANA: syslog over UDP, and over TCP (`syslog-conn`). Many daemons take TCP at 514 too. */
const DEFAULT_PORTS = { udp: 514, tcp: 601 } as const;

/**
 * Reads an address: `/dev/log` or another path (datagrams), `unix-stream:/path`, `udp://host:port`, `tcp://host:port`, `stderr`.
 *
 * @throws {RangeError} for anything else
 */
export function parseSyslogAddress(text: string): SyslogAddress {
  if (text === 'stderr') return { kind: 'stderr' };
  if (text.startsWith('/')) return { kind: 'local', path: text };
  const stream = /^unix-stream:(\/.+)$/.exec(text);
  if (stream !== null) return { kind: 'stream', path: stream[1] };
  const network = /^(udp|tcp):\/\/(\[[\da-f:.]+\]|[^\s/:[\]]+)(?::(\d+))?\/?$/i.exec(text);
  const kind = network?.[1].toLowerCase() as 'udp' | 'tcp' | undefined;
  const port = Number(network?.[3] ?? (kind && DEFAULT_PORTS[kind]));
  if (network === null || kind === undefined || port < 1 || port > 65_535) {
    throw new RangeError(
      `syslog address is ${JSON.stringify(text)}: it must be a path such as ${LOCAL_SOCKET}, unix-stream:/path, udp://host:port, tcp://host:port, or stderr`,
    );
  }
  return { kind, host: network[2].replace(/^\[|\]$/g, ''), port };
}

export function describeAddress(address: SyslogAddress): string {
  switch (address.kind) {
    case 'stderr':
      return 'standard error';
    case 'local':
      return address.path;
    case 'stream':
      return `unix-stream:${address.path}`;
    default:
      return `${address.kind}://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  }
}
