/** Which options of a hub may change while it runs, and what a changed set of options comes to. Pure. */
import {
  ADMISSION_NUMBERS,
  CHANNEL_NUMBERS,
  type ChannelPolicy,
  type HUB_NUMBERS,
  type ResolvedHubOptions,
  type TlsOptions,
} from './options';

/**
 * Limits that the service thread looks up whenever it needs them: a change takes effect at once, for `maxMessageBytes` and
 * `maxFragments` with the next connection. The others are built into memory, sockets and threads.
 */
const LIVE_NUMBERS = [
  'maxConnections',
  'maxDescriptors',
  'maxMessageBytes',
  'maxFragments',
  'maxOutboundBytes',
  'pingIntervalMs',
  'pongTimeoutMs',
  'serviceHangMs',
  'closeDeadlineMs',
  'closeSpreadMs',
  'closeTimeoutMs',
  'maxMessagesPerSecond',
  'maxBytesPerSecond',
  'maxControlFramesPerSecond',
  'peerBurstMs',
  'maxSubscriptions',
  'logLevel',
  ...(Object.keys(ADMISSION_NUMBERS) as (keyof typeof ADMISSION_NUMBERS)[]),
] as const satisfies readonly (keyof typeof HUB_NUMBERS | 'logLevel')[];

const LIVE_CHANNEL_NUMBERS = Object.keys(CHANNEL_NUMBERS) as (keyof typeof CHANNEL_NUMBERS)[];

/** The same for values that are no numbers. */
const LIVE_VALUES = ['origins', 'requireOrigin', 'trustedProxies', 'forwardedHeader'] as const;

/** New values for a running service thread. Plain data. */
export interface LiveOptions {
  hub: Partial<Record<(typeof LIVE_NUMBERS)[number], number>> &
    Partial<Pick<ResolvedHubOptions, (typeof LIVE_VALUES)[number]>> & {
      /** For the handshakes to come. There only if the hub serves `wss:` before and after. */
      tls?: TlsOptions;
    };
  /** By the channel's name as the options have it; `'*'` for the others. */
  channels: Record<string, Partial<Record<keyof typeof CHANNEL_NUMBERS, number>>>;
}

/** What became of a changed set of options, by their names. */
export interface ReconfigureReport {
  applied: string[];
  needRestart: string[];
}

export interface OptionChange extends ReconfigureReport {
  live: LiveOptions;
}

/** Compares the options that a hub has with those it is to have. */
export function compareOptions(now: ResolvedHubOptions, wanted: ResolvedHubOptions): OptionChange {
  const change: OptionChange = {
    live: { hub: {}, channels: Object.create(null) },
    applied: [],
    needRestart: [],
  };
  for (const key of Object.keys(wanted) as (keyof ResolvedHubOptions)[]) {
    if (key === 'policies' || key === 'allowed' || same(now[key], wanted[key])) continue;
    const live = LIVE_NUMBERS.find((name) => name === key);
    const newTls = key === 'tls' && now.tls !== undefined ? wanted.tls : undefined;
    if (live !== undefined) {
      if (wanted[live] === undefined) continue; // the log's level stays, if nobody says another
      change.live.hub[live] = wanted[live];
    }
    const liveValue = LIVE_VALUES.find((name) => name === key);
    if (newTls !== undefined) change.live.hub.tls = newTls;
    if (liveValue !== undefined) Object.assign(change.live.hub, { [liveValue]: wanted[liveValue] });
    const isLive = live !== undefined || newTls !== undefined || liveValue !== undefined;
    change[isLive ? 'applied' : 'needRestart'].push(nameOf(key));
  }
  const names = new Set([...Object.keys(now.policies), ...Object.keys(wanted.policies)]);
  for (const name of names) comparePolicies(name, now.policies[name], wanted.policies[name], change);
  return change;
}

function comparePolicies(
  name: string,
  now: ChannelPolicy | undefined,
  wanted: ChannelPolicy | undefined,
  change: OptionChange,
): void {
  const where = `channels[${JSON.stringify(name)}]`;
  if (now === undefined || wanted === undefined) {
    change.needRestart.push(where);
    return;
  }
  for (const key of Object.keys(wanted) as (keyof ChannelPolicy)[]) {
    if (same(now[key], wanted[key])) continue;
    const live = LIVE_CHANNEL_NUMBERS.find((number) => number === key);
    if (live !== undefined) {
      change.live.channels[name] ??= {};
      change.live.channels[name][live] = wanted[live];
    }
    change[live === undefined ? 'needRestart' : 'applied'].push(`${where}.${key}`);
  }
}

/** Writes new values into the options that are in use: every reader has this very object. */
export function applyLive(options: ResolvedHubOptions, { hub, channels }: LiveOptions): void {
  Object.assign(options, hub);
  for (const [name, limits] of Object.entries(channels)) Object.assign(options.policies[name], limits);
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** The option's name as the user wrote it. */
function nameOf(key: string): string {
  return key === 'laneBytes' || key === 'maxProducers' ? `ring.${key}` : key;
}
