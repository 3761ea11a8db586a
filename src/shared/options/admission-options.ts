/** The options of the door: who may come in, from where, how many, how fast, and how long they may take to say so. Pure. */
import { isAbsolute } from 'node:path';
import { isAddressRange } from '../address-range';
import type { AuthorizeFunction } from '../authorization';
import { NO_LIMIT } from '../capacity';
import { checkOriginEntry } from '../origin';
import { flag, KiB, MAX_MS, MiB, oneOf } from './checks';

/** Where pages of browsers may come from, beside an exact list. */
export const ORIGIN_POLICIES = ['same-host', 'any'] as const;
export type OriginPolicy = (typeof ORIGIN_POLICIES)[number];

/** Headers in which a proxy says for whom it asks. */
export const FORWARDED_HEADERS = ['x-forwarded-for', 'forwarded'] as const;
export type ForwardedHeader = (typeof FORWARDED_HEADERS)[number];

export interface AdmissionOptions {
  /**
   * Who may come in: a function of this thread, which is asked for every handshake, or the absolute path of a module that the
   * service thread loads and that exports `authorize`. Without it, everybody may.
   */
  authorize?: string | AuthorizeFunction;
  /** Absolute path of a file with tokens, one a line: a peer needs one of them, as `Authorization: Bearer …` or `?token=…`. */
  tokenFile?: string;
  /** How long `authorize` may take, in ms (default 5,000). Past it: 503. */
  authorizeTimeoutMs?: number;
  /** The most handshakes that may wait for `authorize` at once (default 1,024). Each holds a seat of `maxConnections`. More: 503. */
  maxPendingHandshakes?: number;
  /**
   * Which pages of browsers may connect: `'same-host'` (default): those of the host that the peer asked for; `'any'`; or a
   * list of exact origins, such as `https://app.example.com`, in which `'same-host'` and `'null'` may stand too. Others: 403.
   */
  origins?: OriginPolicy | readonly string[];
  /** Refuse who sends no `Origin`: programs that are no browsers (default false). */
  requireOrigin?: boolean;
  /** Proxies that are believed about the client: addresses and ranges, such as `10.0.0.0/8`. None by default. */
  trustedProxies?: readonly string[];
  /** The header in which they say it (default `'x-forwarded-for'`). The other one is not looked at: anybody could send it. */
  forwardedHeader?: ForwardedHeader;
  /** The most connections from one address; of IPv6 from one /64 (default: no limit). More: 503. */
  maxConnectionsPerAddress?: number;
  /** The most handshakes a second, with bursts of a second's worth (default: no limit). More: 503. */
  maxHandshakesPerSecond?: number;
  /** The same for one address; of IPv6 for one /64 (default: no limit). */
  maxHandshakesPerSecondPerAddress?: number;
  /** How long a peer may take from its connect to a complete request, TLS included, in ms (default 5,000). Past it: 408. */
  handshakeTimeoutMs?: number;
  /** The most bytes of a request's headers (default 8 KiB). More: 431. */
  maxHeaderBytes?: number;
  /** Of a request's headers only so many are looked at (default 64). */
  maxHeaders?: number;
}

/** The same, complete. Plain data. */
export interface ResolvedAdmission {
  /** Where the function lies that is asked, if any. */
  authorize: { by: 'application' } | { by: 'module'; file: string } | undefined;
  tokenFile: string | undefined;
  origins: OriginPolicy | readonly string[];
  requireOrigin: boolean;
  trustedProxies: readonly string[];
  forwardedHeader: ForwardedHeader;
  authorizeTimeoutMs: number;
  maxPendingHandshakes: number;
  maxConnectionsPerAddress: number;
  maxHandshakesPerSecond: number;
  maxHandshakesPerSecondPerAddress: number;
  handshakeTimeoutMs: number;
  maxHeaderBytes: number;
  maxHeaders: number;
}

/** Every numeric option of the door: default, lowest, highest. */
export const ADMISSION_NUMBERS = {
  authorizeTimeoutMs: [5_000, 1, MAX_MS],
  maxPendingHandshakes: [1_024, 1, NO_LIMIT],
  maxConnectionsPerAddress: [NO_LIMIT, 1, NO_LIMIT],
  maxHandshakesPerSecond: [NO_LIMIT, 1, NO_LIMIT],
  maxHandshakesPerSecondPerAddress: [NO_LIMIT, 1, NO_LIMIT],
  handshakeTimeoutMs: [5_000, 100, 3_600_000],
  maxHeaderBytes: [8 * KiB, KiB, MiB],
  maxHeaders: [64, 8, 10_000],
} as const;

const OTHER_KEYS = [
  'authorize',
  'tokenFile',
  'origins',
  'requireOrigin',
  'trustedProxies',
  'forwardedHeader',
] as const satisfies readonly (keyof AdmissionOptions)[];
/** The options that are no numbers. */
export const ADMISSION_KEYS: readonly string[] = OTHER_KEYS;

type ResolvedOthers = Pick<ResolvedAdmission, (typeof OTHER_KEYS)[number]>;

/** @throws {TypeError | RangeError} as `resolveHubOptions` */
export function resolveAdmission(options: AdmissionOptions): ResolvedOthers {
  const authorize = authorizeBy(options.authorize);
  const tokenFile = absolute('tokenFile', options.tokenFile, 'a file with tokens');
  if (authorize !== undefined && tokenFile !== undefined)
    throw new TypeError('authorize and tokenFile are both given: choose one, authorize can read tokens too');
  return {
    authorize,
    tokenFile,
    origins: origins(options.origins),
    requireOrigin: flag('requireOrigin', options.requireOrigin),
    trustedProxies: proxies(options.trustedProxies),
    forwardedHeader: oneOf('forwardedHeader', options.forwardedHeader, FORWARDED_HEADERS),
  };
}

function authorizeBy(given: AdmissionOptions['authorize']): ResolvedAdmission['authorize'] {
  if (typeof given === 'function') return { by: 'application' };
  const file = absolute('authorize', given, 'a module, or a function');
  return file === undefined ? undefined : { by: 'module', file };
}

function absolute(key: string, path: unknown, what: string): string | undefined {
  if (path === undefined) return undefined;
  if (typeof path !== 'string' || !isAbsolute(path))
    throw new TypeError(`${key} is ${JSON.stringify(path)}: it must be the absolute path of ${what}`);
  return path;
}

function origins(given: AdmissionOptions['origins'] = 'same-host'): ResolvedAdmission['origins'] {
  if (ORIGIN_POLICIES.includes(given as OriginPolicy)) return given as OriginPolicy;
  if (!Array.isArray(given))
    throw new TypeError(
      `origins is ${JSON.stringify(given)}: it must be 'same-host', 'any' or a list of origins such as ["https://app.example.com"]`,
    );
  return given.map((entry: unknown, at) => checkOriginEntry(`origins[${at}]`, entry));
}

function proxies(given: AdmissionOptions['trustedProxies'] = []): readonly string[] {
  if (!Array.isArray(given))
    throw new TypeError(`trustedProxies is ${JSON.stringify(given)}: it must be a list of addresses`);
  for (const [at, entry] of given.entries()) {
    if (typeof entry === 'string' && isAddressRange(entry)) continue;
    throw new RangeError(
      `trustedProxies[${at}] is ${JSON.stringify(entry)}: it must be an address or a range, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8`,
    );
  }
  return [...given];
}
