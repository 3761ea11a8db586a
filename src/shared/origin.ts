/**
 * Origins of web pages (RFC 6454): how they are written in a header, in the options, and which are one host's. Pure.
 *
 * Compared are whole origins, never parts of their text: `https://good.com.evil.com` begins like `https://good.com`.
 */

/** Origins that have no scheme and no host of the network: pages in sandboxes, and pages from files. */
const OPAQUE_ORIGINS: readonly string[] = ['null', 'file://'];
const DEFAULT_PORTS: { [scheme: string]: string } = { 'http:': '80', 'https:': '443' };

/** `scheme://host[:port]`, and nothing behind it. */
const SERIALIZED = /^([a-z][a-z0-9+.-]*):\/\/([^/?#@%\s,\\]+)$/i;

export interface Origin {
  /** With a colon. */
  scheme: string;
  /** In lower case, in ASCII. */
  host: string;
  /** Never empty where the scheme has a default. */
  port: string;
}

/** @returns undefined if the text is no origin of a host */
export function parseOrigin(text: string): Origin | undefined {
  const match = SERIALIZED.exec(text);
  if (match === null) return undefined;
  const scheme = `${match[1].toLowerCase()}:`;
  const place = parseHost(match[2]);
  if (place === undefined) return undefined;
  return { scheme, host: place.host, port: place.port || (DEFAULT_PORTS[scheme] ?? '') };
}

/** A host as a `Host` header has it. @returns undefined if it is none; `port` is empty if there is none */
export function parseHost(text: string): { host: string; port: string } | undefined {
  if (!/^[^/?#@%\s,\\]*[^/?#@%\s,\\:]$/.test(text)) return undefined;
  const port = /:(\d{1,5})$/.exec(text)?.[1] ?? '';
  const name = port === '' ? text : text.slice(0, -port.length - 1);
  try {
    // The scheme has no default port here that the parser could take away, and is special: so names become ASCII.
    const { hostname } = new URL(`ws://${name}`);
    return hostname === '' || (port !== '' && Number(port) > 65_535)
      ? undefined
      : { host: hostname, port: port === '' ? '' : String(Number(port)) };
  } catch {
    return undefined;
  }
}

/**
 * Whether a page is from the host that a request is for. The scheme is not compared: behind a proxy that ends TLS the hub
 * sees `http` where the page sees `https`. A `Host` without a port means the default one of the page's scheme.
 */
export function isSameHost(origin: Origin, hostHeader: string): boolean {
  const defaultPort = DEFAULT_PORTS[origin.scheme];
  const host = parseHost(hostHeader);
  if (defaultPort === undefined || host === undefined) return false;
  return host.host === origin.host && (host.port || defaultPort) === origin.port;
}

/** One text for each origin, however it is written. @returns undefined if it is none */
export function canonicalOrigin(text: string): string | undefined {
  if (OPAQUE_ORIGINS.includes(text)) return text;
  const origin = parseOrigin(text);
  return origin && `${origin.scheme}//${origin.host}:${origin.port}`;
}

/**
 * Checks an entry of the option `origins`.
 *
 * @returns the entry, as it is compared
 * @throws {TypeError | RangeError} naming the entry and what goes
 */
export function checkOriginEntry(where: string, entry: unknown): string {
  if (typeof entry !== 'string') throw new TypeError(`${where} is ${String(entry)}: it must be a string`);
  if (entry === 'same-host') return entry;
  const canonical = canonicalOrigin(entry);
  if (canonical !== undefined) return canonical;
  throw new RangeError(
    `${where} is ${JSON.stringify(entry)}: it must be scheme://host or scheme://host:port without anything behind it, such as https://app.example.com, or 'same-host', 'null' or 'file://'`,
  );
}
