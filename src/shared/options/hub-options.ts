/**
 * The options of a hub: their defaults, their limits, and the check that names what is wrong. What comes out is plain data
 * that the service thread gets as it is.
 */
import { isAbsolute } from 'node:path';
import { NO_LIMIT } from '../capacity';
import type { AllowedChannels } from '../channel-name';
import { type LogLevels, levelMask } from '../log';
import { PLACEMENT_KEYS, type PlacementOptions } from '../placement';
import {
  ADMISSION_KEYS,
  ADMISSION_NUMBERS,
  type AdmissionOptions,
  type ResolvedAdmission,
  resolveAdmission,
} from './admission-options';
import { type ChannelOptions, type ChannelPolicy, resolveChannels } from './channel-options';
import { checkKeys, flag, KiB, MAX_MS, MiB, numbers, oneOf, text } from './checks';
import { PEER_NUMBERS, type PeerLimitOptions, type PeerLimits } from './peer-options';

export interface RingOptions {
  /** Size of a producer's lane in bytes: a power of two (default 1 MiB). The largest payload is a little less than half. */
  laneBytes?: number;
  /** How many producers may be attached at once (default 64). A lane that is never used costs no memory. */
  maxProducers?: number;
}

export interface ProducersOptions {
  /**
   * Absolute path of a unix socket, made with mode 0600, for `connectProducer` and `ringcast publish`. Its directory must
   * exist, and nobody else may be able to write to it.
   */
  socket?: string;
}

/** Certificate and key as for `node:tls`, in PEM. Plain data, since it travels to the service thread. */
export interface TlsOptions {
  key: string | Uint8Array;
  cert: string | Uint8Array;
  ca?: string | Uint8Array;
  passphrase?: string;
  /** The oldest version that is spoken (default `'TLSv1.2'`). */
  minVersion?: TlsVersion;
}

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export interface HubOptions extends PlacementOptions, AdmissionOptions, PeerLimitOptions {
  /** Address to listen on (default 127.0.0.1). */
  host?: string;
  /** Port to listen on (default 0: any free one). */
  port?: number;
  /** Path under which the channels lie (default `/`): with `/live`, a peer at `/live/ticks` is on channel `ticks`. */
  path?: string;
  /** Serve `wss:`. */
  tls?: TlsOptions;
  ring?: RingOptions;
  /** How producers in other processes of this machine reach the hub; without it, they cannot. */
  producers?: ProducersOptions;
  /** Channels by name; `'*'` is every other name. Without this option any name is allowed. */
  channels?: { [name: string]: ChannelOptions };
  /** How many connections may be open (default: as many as the descriptor limit leaves room for). More get HTTP 503. */
  maxConnections?: number;
  /** How many descriptors the process may have open, peers' and all others (default: its limit, see `ulimit -n`). */
  maxDescriptors?: number;
  /** How many channels there may be at once (default 4,096). */
  maxChannels?: number;
  /** The longest message a peer may send, in bytes (default 64 KiB). Longer: closed with 1009. */
  maxMessageBytes?: number;
  /** The most fragments a peer's message may have (default 128; 0: no limit, nor one on buffered chunks). More: closed with 1008. */
  maxFragments?: number;
  /** Whether peers may send compressed messages (default false). The hub itself never compresses. */
  inboundCompression?: boolean;
  /** When a message that is sent in fragments gets none for so long, its connection is closed, in ms (default 5,000). */
  maxFragmentGapMs?: number;
  /** When the application has not taken this many bytes of peers' messages, their senders are not read further (default 1 MiB). */
  inboundHighWaterBytes?: number;
  /** The most bytes that all connections together may be behind (default 256 MiB). Past it the one furthest behind is closed. */
  maxOutboundBytes?: number;
  /** How often a quiet connection is pinged, in ms (default 25,000; 0: never). */
  pingIntervalMs?: number;
  /** How long the pong may take, in ms (default 8,000). */
  pongTimeoutMs?: number;
  /**
   * When the loop of the service thread has not gone round for so long, the thread is ended and started again, in ms
   * (default 5,000; 0: never, as a debugger needs it).
   */
  serviceHangMs?: number;
  /** How often within a minute the service thread is started again when it ends by a fault (default 5). Then the hub gives up. */
  maxServiceRestarts?: number;
  /** What `close` allows, in ms, if it is not told otherwise (default 10,000): connections that are not done by then are cut. */
  closeDeadlineMs?: number;
  /** Over how many ms `close` spreads its close frames, if it is not told otherwise (default 0: all at once). */
  closeSpreadMs?: number;
  /**
   * How long a peer may take to answer our close frame, and we to answer a peer's with everything that comes before, in ms (default
   * 2,000).
   */
  closeTimeoutMs?: number;
  /** Which levels the log of this process has from now on: as for `setLogLevel` (default: as they are, err, warn and notice). */
  logLevel?: LogLevels;
}

/** A hub's options, complete and checked. */
export interface ResolvedHubOptions extends ResolvedAdmission, PeerLimits {
  host: string;
  port: number;
  path: string;
  tls: TlsOptions | undefined;
  /** Absolute path; undefined: no producers in other processes. */
  producerSocket: string | undefined;
  laneBytes: number;
  maxProducers: number;
  /** By channel name; `'*'` for the others. */
  policies: Record<string, ChannelPolicy>;
  allowed: AllowedChannels;
  maxConnections: number;
  maxDescriptors: number;
  maxChannels: number;
  maxMessageBytes: number;
  maxFragments: number;
  inboundCompression: boolean;
  maxFragmentGapMs: number;
  inboundHighWaterBytes: number;
  maxOutboundBytes: number;
  pingIntervalMs: number;
  pongTimeoutMs: number;
  serviceHangMs: number;
  maxServiceRestarts: number;
  closeDeadlineMs: number;
  closeSpreadMs: number;
  closeTimeoutMs: number;
  /** A mask; undefined: the levels stay as they are. */
  logLevel: number | undefined;
}

const HOUR_MS = 3_600_000;

/** Every numeric option of a hub: default, lowest, highest. */
export const HUB_NUMBERS = {
  port: [0, 0, 65_535],
  maxConnections: [NO_LIMIT, 0, NO_LIMIT],
  maxDescriptors: [NO_LIMIT, 1, NO_LIMIT],
  maxChannels: [4_096, 1, 1_000_000],
  maxMessageBytes: [64 * KiB, 1, 2 ** 31 - 1],
  maxFragments: [128, 0, NO_LIMIT],
  maxFragmentGapMs: [5_000, 1, MAX_MS],
  inboundHighWaterBytes: [MiB, 1, NO_LIMIT],
  maxOutboundBytes: [256 * MiB, 64 * KiB, NO_LIMIT],
  pingIntervalMs: [25_000, 0, MAX_MS],
  pongTimeoutMs: [8_000, 1, MAX_MS],
  serviceHangMs: [5_000, 0, MAX_MS],
  maxServiceRestarts: [5, 0, 1_000],
  closeDeadlineMs: [10_000, 0, HOUR_MS],
  closeSpreadMs: [0, 0, HOUR_MS],
  closeTimeoutMs: [2_000, 1, MAX_MS],
  ...PEER_NUMBERS,
  ...ADMISSION_NUMBERS,
} as const;

export const RING_NUMBERS = {
  laneBytes: [MiB, 4 * KiB, 2 ** 29],
  maxProducers: [64, 1, 1_023], // a ring has 1,024 lanes at the most, and one is the hub's
} as const;

const HUB_KEYS = [
  ...Object.keys(HUB_NUMBERS),
  'host',
  'path',
  'tls',
  'ring',
  'channels',
  'logLevel',
  'producers',
  'inboundCompression',
  ...PLACEMENT_KEYS,
  ...ADMISSION_KEYS,
];

/**
 * Checks a hub's options and fills in the defaults.
 *
 * @throws {TypeError} for an unknown option or a value of the wrong kind
 * @throws {RangeError} for a value outside its limits; both name the option, the value and what is allowed
 */
export function resolveHubOptions(options: HubOptions = {}): ResolvedHubOptions {
  checkKeys('', options, HUB_KEYS);
  const ring = options.ring ?? {};
  checkKeys('ring.', ring, Object.keys(RING_NUMBERS));
  const { laneBytes, maxProducers } = numbers('ring.', ring, RING_NUMBERS);
  if ((laneBytes & (laneBytes - 1)) !== 0)
    throw new RangeError(`ring.laneBytes is ${laneBytes}: it must be a power of two`);
  return {
    ...numbers('', options, HUB_NUMBERS),
    host: text('host', options.host, '127.0.0.1'),
    path: basePath(text('path', options.path, '/')),
    tls: tls(options.tls),
    producerSocket: producerSocket(options.producers),
    inboundCompression: flag('inboundCompression', options.inboundCompression),
    laneBytes,
    maxProducers,
    logLevel: options.logLevel === undefined ? undefined : levelMask(options.logLevel, 'logLevel'),
    ...resolveAdmission(options),
    ...resolveChannels(options.channels),
  };
}

/** With a slash at both ends. */
function basePath(path: string): string {
  if (!path.startsWith('/')) throw new RangeError(`path is ${JSON.stringify(path)}: it must begin with '/'`);
  return path.endsWith('/') ? path : `${path}/`;
}

function producerSocket(given: ProducersOptions | undefined): string | undefined {
  if (given === undefined) return undefined;
  checkKeys('producers.', given, ['socket']);
  const { socket } = given;
  if (socket !== undefined && (typeof socket !== 'string' || !isAbsolute(socket)))
    throw new TypeError(
      `producers.socket is ${JSON.stringify(socket)}: it must be the absolute path of a unix socket`,
    );
  return socket;
}

function tls(given: TlsOptions | undefined): TlsOptions | undefined {
  if (given === undefined) return undefined;
  checkKeys('tls.', given, ['key', 'cert', 'ca', 'passphrase', 'minVersion']);
  oneOf('tls.minVersion', given.minVersion, TLS_VERSIONS);
  for (const name of ['key', 'cert'] as const) {
    const value: unknown = given[name];
    if ((typeof value === 'string' || value instanceof Uint8Array) && value.length > 0) continue;
    throw new TypeError(
      `tls needs both key and cert, in PEM, as strings or Uint8Arrays: ${name} is ${typeof value}`,
    );
  }
  return given;
}
