/**
 * The options of a hub: their defaults, their limits, and the check that names what is wrong. What comes out is plain data
 * that the service thread gets as it is.
 */
import { isAbsolute } from 'node:path';
import { NO_LIMIT } from './capacity';
import { type AllowedChannels, ANY_OTHER_CHANNEL, encodeChannelName } from './channel-name';
import { type LogLevels, levelMask } from './log';
import { PLACEMENT_KEYS, type PlacementOptions } from './placement';

export interface RingOptions {
  /** Size of a producer's lane in bytes: a power of two (default 1 MiB). The largest payload is a little less than half. */
  laneBytes?: number;
  /** How many producers may be attached at once (default 64). A lane that is never used costs no memory. */
  maxProducers?: number;
}

/** How a channel takes what its peers send: whole messages, or the pieces of them as they arrive. */
export type ReceiveMode = 'message' | 'fragments';

/** What a channel does about connections that fall behind. */
export type SlowPolicy = 'disconnect' | 'wait';

export interface ChannelOptions {
  /**
   * What happens to a connection past a limit below: `'disconnect'` (default) closes it with 1013; `'wait'` loses nothing
   * and makes posts *to this channel* answer `'full'` until it has caught up.
   */
  slow?: SlowPolicy;
  /** How many bytes a connection may be behind (default 4 MiB). */
  maxLagBytes?: number;
  /** How many messages a connection may be behind (default: no limit). */
  maxLagMessages?: number;
  /** How old the oldest unsent message may get, in ms (default 10,000). */
  maxLagMs?: number;
  /** A connection whose write makes no progress for this long is ended, under every policy, in ms (default 10,000). */
  maxStallMs?: number;
  /** Absolute path of a module that the service thread loads: see `HandlerModule`. */
  handler?: string;
  /**
   * `'message'` (default): peers' messages come whole, up to `maxMessageBytes`. `'fragments'`: piece by piece as they arrive,
   * of any length, without being held.
   */
  receive?: ReceiveMode;
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
}

export interface HubOptions extends PlacementOptions {
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
  /** Which levels the log of this process has from now on: as for `setLogLevel` (default: as they are, err, warn and notice). */
  logLevel?: LogLevels;
}

/** A channel's limits, complete. */
export interface ChannelPolicy {
  slow: SlowPolicy;
  maxLagBytes: number;
  maxLagMessages: number;
  maxLagMs: number;
  maxStallMs: number;
  handler: string | undefined;
  receive: ReceiveMode;
}

/** A hub's options, complete and checked. */
export interface ResolvedHubOptions {
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
  /** A mask; undefined: the levels stay as they are. */
  logLevel: number | undefined;
}

const KiB = 1024;
const MiB = 1024 * KiB;
/** The longest delay of a timer. */
const MAX_MS = 2 ** 31 - 1;

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
} as const;

export const RING_NUMBERS = {
  laneBytes: [MiB, 4 * KiB, 2 ** 29],
  maxProducers: [64, 1, 1_023], // a ring has 1,024 lanes at the most, and one is the hub's
} as const;

export const CHANNEL_NUMBERS = {
  maxLagBytes: [4 * MiB, 1, NO_LIMIT],
  maxLagMessages: [NO_LIMIT, 1, NO_LIMIT],
  maxLagMs: [10_000, 1, MAX_MS],
  maxStallMs: [10_000, 1, MAX_MS],
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
];
const CHANNEL_KEYS = [...Object.keys(CHANNEL_NUMBERS), 'slow', 'handler', 'receive'];

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
    ...channels(options.channels),
  };
}

function channels(given: HubOptions['channels']): {
  policies: Record<string, ChannelPolicy>;
  allowed: AllowedChannels;
} {
  // Without a prototype: a channel may be called `constructor`.
  const policies: Record<string, ChannelPolicy> = Object.create(null);
  if (given === undefined) {
    policies[ANY_OTHER_CHANNEL] = channelPolicy('', {});
    return { policies, allowed: { others: true } };
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(
      `channels is ${Array.isArray(given) ? 'an array' : String(given)}: it must be an object, with options by name: { ticks: {} }`,
    );
  }
  const names: string[] = [];
  for (const [name, options] of Object.entries(given)) {
    if (name !== ANY_OTHER_CHANNEL) {
      encodeChannelName(name);
      names.push(name);
    }
    policies[name] = channelPolicy(`channels[${JSON.stringify(name)}].`, options);
  }
  return { policies, allowed: { names, others: ANY_OTHER_CHANNEL in policies } };
}

function channelPolicy(where: string, options: ChannelOptions): ChannelPolicy {
  checkKeys(where, options, CHANNEL_KEYS);
  const slow = options.slow ?? 'disconnect';
  if (slow !== 'disconnect' && slow !== 'wait') {
    throw new RangeError(`${where}slow is ${JSON.stringify(slow)}: it must be 'disconnect' or 'wait'`);
  }
  const receive = options.receive ?? 'message';
  if (receive !== 'message' && receive !== 'fragments') {
    throw new RangeError(
      `${where}receive is ${JSON.stringify(receive)}: it must be 'message' or 'fragments'`,
    );
  }
  const { handler } = options;
  if (handler !== undefined && (typeof handler !== 'string' || !isAbsolute(handler))) {
    throw new TypeError(`${where}handler is ${String(handler)}: it must be the absolute path of a module`);
  }
  return { slow, handler, receive, ...numbers(where, options, CHANNEL_NUMBERS) };
}

type NumberTable = Record<string, readonly [fallback: number, lowest: number, highest: number]>;

function numbers<T extends NumberTable>(where: string, given: object, table: T): Record<keyof T, number> {
  const result = {} as Record<keyof T, number>;
  for (const [key, [fallback, lowest, highest]] of Object.entries(table)) {
    const value = (given as Record<string, unknown>)[key] ?? fallback;
    // `Infinity` reads well for "no limit".
    const number = value === Number.POSITIVE_INFINITY && highest === NO_LIMIT ? NO_LIMIT : value;
    if (typeof number !== 'number')
      throw new TypeError(`${where}${key} is ${String(value)}: it must be a number`);
    if (!Number.isInteger(number) || number < lowest || number > highest) {
      const most = highest === NO_LIMIT ? '' : ` to ${highest}`;
      throw new RangeError(`${where}${key} is ${number}: it must be an integer from ${lowest}${most}`);
    }
    result[key as keyof T] = number;
  }
  return result;
}

function checkKeys(where: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(
      `${where === '' ? 'options' : where.slice(0, -1)} is ${String(given)}: it must be an object`,
    );
  }
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new TypeError(
        `unknown option ${where}${key}: there are ${known.map((name) => where + name).join(', ')}`,
      );
    }
  }
}

function text(key: string, value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`${key} is ${JSON.stringify(value)}: it must be a string that is not empty`);
  return value;
}

function flag(key: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean')
    throw new TypeError(`${key} is ${JSON.stringify(value)}: it must be true or false`);
  return value === true;
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
  checkKeys('tls.', given, ['key', 'cert', 'ca', 'passphrase']);
  for (const name of ['key', 'cert'] as const) {
    const value: unknown = given[name];
    if ((typeof value === 'string' || value instanceof Uint8Array) && value.length > 0) continue;
    throw new TypeError(
      `tls needs both key and cert, in PEM, as strings or Uint8Arrays: ${name} is ${typeof value}`,
    );
  }
  return given;
}
