/**
 * What a hub of the command line is to be like, out of all that may say so:
 *
 *     flags  >  environment (RINGCAST_…)  >  configuration file  >  defaults
 *
 * Thread: any.
 */

import { LOG_LEVEL_NAMES, levelBit, levelMask } from '../../shared/log';
import {
  type CHANNEL_NUMBERS,
  type ChannelOptions,
  HUB_NUMBERS,
  type HubOptions,
  ORIGIN_POLICIES,
  RING_NUMBERS,
  resolveHubOptions,
  type SlowPolicy,
} from '../../shared/options';
import { usageError } from '../cli/failure';
import { defaultProducerSocket } from '../producer-socket';
import type { ConfigFile } from './config-file';
import type { LogContent } from './config-schema';
import { holds, type KeyPath, nameOf } from './key-path';

/** Not 0, as in the library: a port that people type should stay the same. */
export const DEFAULT_PORT = 8080;
export const DEFAULT_HOST = '127.0.0.1';

/** What flags and the environment say. What they do not say is not there. Paths are absolute. */
export interface GivenSettings {
  config?: string;
  host?: string;
  port?: number;
  path?: string;
  channel?: string[];
  maxConnections?: number;
  maxDescriptors?: number;
  allowOrigin?: string[];
  maxConnectionsPerAddress?: number;
  trustedProxy?: string[];
  tokenFile?: string;
  slow?: SlowPolicy;
  laneBytes?: number;
  /** false: none. */
  socket?: string | false;
  logFile?: string;
  /** A mask. */
  logLevel?: number;
  /** true: the default address. */
  syslog?: string | true;
}

export type Origins = { [flag in keyof GivenSettings]?: string };

export interface Given {
  values: GivenSettings;
  /** Who said it: `--port`, or `RINGCAST_PORT`. */
  origins: Origins;
}

/** One key as `ringcast config print` shows it. */
export interface Entry {
  key: string;
  value: unknown;
  /** `default`, the flag, the variable, or the file with its line. */
  origin: string;
}

export interface Settings {
  hub: HubOptions;
  /** Somebody said which socket producers in other processes have; else the default one is good, and none will do. */
  socketAsked: boolean;
  /** Absolute path. */
  logFile: string | undefined;
  syslog: string | true | undefined;
  /** Absolute path. */
  configFile: string | undefined;
  entries: Entry[];
}

/** How each flag is called in a configuration file. */
const KEYS = {
  host: ['host'],
  port: ['port'],
  path: ['path'],
  maxConnections: ['maxConnections'],
  maxDescriptors: ['maxDescriptors'],
  allowOrigin: ['origins'],
  maxConnectionsPerAddress: ['maxConnectionsPerAddress'],
  trustedProxy: ['trustedProxies'],
  tokenFile: ['tokenFile'],
  laneBytes: ['ring', 'laneBytes'],
  socket: ['producers', 'socket'],
  logFile: ['log', 'file'],
  logLevel: ['log', 'levels'],
  syslog: ['log', 'syslog'],
} as const satisfies { [flag in keyof GivenSettings]?: readonly string[] };

const DEFAULTS: { [key: string]: unknown } = {
  host: DEFAULT_HOST,
  path: '/',
  ...defaultsOf(HUB_NUMBERS),
  port: DEFAULT_PORT,
  ...defaultsOf(RING_NUMBERS, 'ring.'),
};

export interface Circumstances {
  /** Lines are posted to it from standard input: it is allowed too, and its peers are waited for. */
  stdinChannel?: string;
  /** Only errors and warnings are logged, unless something says otherwise. */
  quiet?: boolean;
  /** The daemon's name, if it has one: its default socket has it too. */
  name?: string;
}

/**
 * Reads the configuration file, if one is given, and puts everything together.
 *
 * @throws {Failure} USAGE, naming what is wrong
 */
export function readSettings(
  given: Given,
  { stdinChannel, quiet = false, name }: Circumstances = {},
): Settings {
  const { values, origins } = given;
  const file = values.config === undefined ? undefined : loadFile(values.config);
  const { log: logFromFile, ...fromFile } = file?.content ?? {};
  const { logFile, logLevel, syslog } = values;
  const socket = values.socket ?? fromFile.producers?.socket;
  const log: LogContent & { levels: number } = {
    levels: levelMask(quiet ? 'warn' : 'notice'),
    ...logFromFile,
    ...withoutGaps({ file: logFile, levels: logLevel, syslog }),
  };
  const { host, port, path, maxConnections, maxDescriptors, maxConnectionsPerAddress, laneBytes } = values;
  const hub: HubOptions = {
    host: DEFAULT_HOST,
    port: DEFAULT_PORT,
    ...fromFile,
    ...withoutGaps({ host, port, path, maxConnections, maxDescriptors, maxConnectionsPerAddress }),
    ...admissionOf(values, fromFile),
    ring: { ...fromFile.ring, ...withoutGaps({ laneBytes }) },
    producers: { socket: socket === false ? undefined : (socket ?? defaultProducerSocket(name)) },
    channels: channelsOf(values, fromFile.channels, stdinChannel),
    logLevel: log.levels,
  };
  try {
    resolveHubOptions(hub);
  } catch (error) {
    throw usageError(`${(error as Error).message}.`);
  }
  return {
    hub,
    socketAsked: socket !== undefined,
    logFile: log.file,
    syslog: log.syslog,
    configFile: file?.path,
    entries: entriesOf(hub, { ...log, levels: levelNames(log.levels) }, origins, file),
  };
}

function loadFile(file: string): ConfigFile {
  const { readConfigFile } = require('./config-file') as typeof import('./config-file'); // with the YAML reader
  return readConfigFile(file);
}

/** A token file on the command line stands in the place of what the file says about who may come in. */
function admissionOf(
  { allowOrigin: origin, trustedProxy, tokenFile }: GivenSettings,
  { authorize }: Partial<HubOptions>,
): Partial<HubOptions> {
  const any = origin?.length === 1 && ORIGIN_POLICIES.find((policy) => policy === origin[0]);
  return {
    ...withoutGaps({ origins: any || origin, trustedProxies: trustedProxy, tokenFile }),
    ...(tokenFile !== undefined && authorize !== undefined ? { authorize: undefined } : {}),
  };
}

/** `--channel` says which channels there are, the file how they are; `--slow` holds for all of them. */
function channelsOf(
  { channel, slow }: GivenSettings,
  fromFile: HubOptions['channels'],
  stdinChannel: string | undefined,
): NonNullable<HubOptions['channels']> {
  const names = new Set(channel ?? (fromFile === undefined ? ['*'] : Object.keys(fromFile)));
  if (stdinChannel !== undefined && !names.has('*')) names.add(stdinChannel);
  const fallback: ChannelOptions = { slow: stdinChannel === undefined ? 'disconnect' : 'wait' };
  const channels: NonNullable<HubOptions['channels']> = Object.create(null);
  for (const name of names) {
    channels[name] = { ...fallback, ...(fromFile?.[name] ?? fromFile?.['*']), ...withoutGaps({ slow }) };
  }
  return channels;
}

function entriesOf(hub: HubOptions, log: object, origins: Origins, file: ConfigFile | undefined): Entry[] {
  const entries = new Map<string, Entry>();
  for (const [key, value] of Object.entries(DEFAULTS)) entries.set(key, { key, value, origin: 'default' });
  for (const [path, value] of pathsOf(hub, log)) {
    const key = nameOf(path);
    entries.set(key, { key, value, origin: originOf(path, origins, file) });
  }
  return [...entries.values()];
}

function pathsOf(
  { channels = {}, ring = {}, tls, producers, logLevel: _, ...top }: HubOptions,
  log: object,
): [KeyPath, unknown][] {
  const below = (place: string[], values: object) =>
    Object.entries(values).map(([key, value]): [KeyPath, unknown] => [[...place, key], value]);
  const secrets = Object.fromEntries(Object.keys(tls ?? {}).map((key) => [key, '(not shown)']));
  return [
    ...below([], top),
    ...below(['ring'], ring),
    ...below(['producers'], withoutGaps(producers ?? {})),
    ...below(['log'], log),
    ...below(['tls'], secrets),
    ...Object.entries(channels).flatMap(([name, options]) => below(['channels', name], options)),
  ];
}

function originOf(path: KeyPath, origins: Origins, file: ConfigFile | undefined): string {
  const [section, , key] = path;
  const given = section === 'channels' ? key === 'slow' && origins.slow : origins[flagOf(path)];
  if (given) return given;
  const inherited = section === 'channels' ? [section, '*', key] : path;
  const place = [path, inherited].find((candidate) => holds(file?.content, candidate));
  return file === undefined || place === undefined ? 'default' : `${file.path}:${file.lineOf(place)}`;
}

/** As `--log-level` takes them. */
function levelNames(levels: number): string {
  return LOG_LEVEL_NAMES.filter((name) => (levels & levelBit(name)) !== 0).join(',') || 'none';
}

/** The flag that sets this key, if one does. */
function flagOf(path: KeyPath): keyof Origins {
  const flags = Object.keys(KEYS) as (keyof typeof KEYS)[];
  return flags.find((flag) => nameOf(KEYS[flag]) === nameOf(path)) as keyof Origins;
}

function withoutGaps<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function defaultsOf(table: typeof HUB_NUMBERS | typeof RING_NUMBERS | typeof CHANNEL_NUMBERS, prefix = '') {
  return Object.fromEntries(Object.entries(table).map(([key, [fallback]]) => [prefix + key, fallback]));
}
