/** The options of a channel: what it does about peers that fall behind, and how it takes what they send. Pure. */
import { isAbsolute } from 'node:path';
import { NO_LIMIT } from '../capacity';
import { type AllowedChannels, ANY_OTHER_CHANNEL, encodeChannelName } from '../channel-name';
import { shown } from '../shown';
import { checkKeys, flag, MAX_MS, MiB, numbers, oneOf } from './checks';

/** How a channel takes what its peers send: whole messages, or the pieces of them as they arrive. */
export const RECEIVE_MODES = ['message', 'fragments'] as const;
export type ReceiveMode = (typeof RECEIVE_MODES)[number];

/** What a channel does about connections that fall behind. */
export const SLOW_POLICIES = ['disconnect', 'wait', 'skip', 'conflate'] as const;
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

export interface ChannelOptions {
  /**
   * What happens to a connection past a limit below: `'disconnect'` (default) closes it with 1013; `'wait'` loses nothing
   * and makes posts *to this channel* answer `'full'` until it has caught up; `'skip'` leaves out what it has not got but for
   * the newest message; `'conflate'` gives it the newest message of each key (`post(…, { key })`) until it has caught up.
   */
  slow?: SlowPolicy;
  /**
   * With `'skip'` and `'conflate'`: a text message that the peer gets in the place of what it misses. `{channel}`, `{skipped}`,
   * `{conflated}` and `{missed}` (both) stand for the figures. Without it the peer is not told.
   */
  gapMessage?: string;
  /** How many bytes a connection may be behind (default 4 MiB). */
  maxLagBytes?: number;
  /** How many messages a connection may be behind (default: no limit). */
  maxLagMessages?: number;
  /** How old the oldest message that is not sent, or known not to be read, may get, in ms (default 10,000). */
  maxLagMs?: number;
  /** A connection whose write makes no progress for this long is ended, under every policy, in ms (default 10,000). */
  maxStallMs?: number;
  /**
   * Whether the hub asks peers, by pings between the messages, how far they have read (default true). Without it a connection is
   * behind only by what its socket has not taken, and kernels take megabytes.
   */
  acknowledge?: boolean;
  /** Absolute path of a module that the service thread loads: see `HandlerModule`. */
  handler?: string;
  /**
   * `'message'` (default): peers' messages come whole, up to `maxMessageBytes`. `'fragments'`: piece by piece as they arrive,
   * of any length, without being held.
   */
  receive?: ReceiveMode;
}

/** A channel's limits, complete. */
export interface ChannelPolicy {
  slow: SlowPolicy;
  maxLagBytes: number;
  maxLagMessages: number;
  maxLagMs: number;
  maxStallMs: number;
  gapMessage: string | undefined;
  acknowledge: boolean;
  handler: string | undefined;
  receive: ReceiveMode;
}

export const CHANNEL_NUMBERS = {
  maxLagBytes: [4 * MiB, 1, NO_LIMIT],
  maxLagMessages: [NO_LIMIT, 1, NO_LIMIT],
  maxLagMs: [10_000, 1, MAX_MS],
  maxStallMs: [10_000, 1, MAX_MS],
} as const;

const CHANNEL_KEYS = [
  ...Object.keys(CHANNEL_NUMBERS),
  'slow',
  'gapMessage',
  'acknowledge',
  'handler',
  'receive',
];

/** @throws {TypeError | RangeError} as `resolveHubOptions` */
export function resolveChannels(given: { [name: string]: ChannelOptions } | undefined): {
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
      `channels is ${Array.isArray(given) ? 'an array' : shown(given)}: it must be an object, with options by name: { ticks: {} }`,
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
  const slow = oneOf(`${where}slow`, options.slow, SLOW_POLICIES);
  const receive = oneOf(`${where}receive`, options.receive, RECEIVE_MODES);
  const acknowledge = flag(`${where}acknowledge`, options.acknowledge, true);
  const { handler, gapMessage } = options;
  if (handler !== undefined && (typeof handler !== 'string' || !isAbsolute(handler))) {
    throw new TypeError(`${where}handler is ${shown(handler)}: it must be the absolute path of a module`);
  }
  checkGapMessage(where, gapMessage, slow);
  return { slow, gapMessage, acknowledge, handler, receive, ...numbers(where, options, CHANNEL_NUMBERS) };
}

/** The longest gap message, in bytes: it is sent to peers that have little room. */
export const MAX_GAP_MESSAGE_BYTES = 1024;

function checkGapMessage(where: string, gapMessage: unknown, slow: SlowPolicy): void {
  if (gapMessage === undefined) return;
  if (typeof gapMessage !== 'string' || gapMessage === '')
    throw new TypeError(
      `${where}gapMessage is ${JSON.stringify(gapMessage)}: it must be a text such as '{"missed":{missed}}'`,
    );
  const bytes = Buffer.byteLength(gapMessage);
  if (bytes > MAX_GAP_MESSAGE_BYTES)
    throw new RangeError(`${where}gapMessage has ${bytes} bytes: the longest is ${MAX_GAP_MESSAGE_BYTES}`);
  if (slow !== 'skip' && slow !== 'conflate')
    throw new RangeError(
      `${where}gapMessage is given, but slow is '${slow}': only peers under 'skip' and 'conflate' miss messages`,
    );
}
