/**
 * `echo`: a hub whose application gives every message back to its sender, text as text and bytes as bytes: through the ring and
 * the log of a channel, as whatever an application sends. Peers at `/fragments` are received in fragments.
 *
 * Thread: the main one of the server's process.
 */
import type { LoadPlan } from '../../../../shared/load/plan';
import { HUB_NUMBERS, type HubOptions } from '../../../../shared/options';
import type { EchoSettings, RunningServer, ServerAddress } from '../running-server';
import { startHubServer } from './hub';

const MiB = 2 ** 20;
/** The longest message that it gives back. */
export const MAX_ECHO_BYTES = 16 * MiB;
/** Channels, and so connections, at once. */
export const MAX_ECHO_CONNECTIONS = 16_384;
/** A peer that reads nothing for so long is cut; one that only reads slowly is waited for. */
const MAX_STALL_MS = 60_000;
/** The channel whose peers are received in fragments. */
export const FRAGMENTS_CHANNEL = 'fragments';

export function startEcho(
  address: ServerAddress,
  plan?: LoadPlan,
  { strict = false, compression = false }: EchoSettings = {},
): Promise<RunningServer> {
  const channel = { slow: 'wait', maxStallMs: MAX_STALL_MS } as const;
  return startHubServer(address, plan, 'echo', {
    channels: { '*': channel, [FRAGMENTS_CHANNEL]: { ...channel, receive: 'fragments' } },
    ring: { laneBytes: 4 * MAX_ECHO_BYTES, maxProducers: 1 },
    maxChannels: MAX_ECHO_CONNECTIONS + 2, // what handshakes name
    maxConnections: MAX_ECHO_CONNECTIONS,
    ...(strict ? STRICT : LIFTED),
    inboundCompression: compression,
    origins: 'any', // a page learns nothing here that it has not said
  });
}

const LIFTED = { maxMessageBytes: MAX_ECHO_BYTES, maxFragments: 0 } satisfies HubOptions;
/** What a hub has by itself. */
const STRICT = {
  maxMessageBytes: HUB_NUMBERS.maxMessageBytes[0],
  maxFragments: HUB_NUMBERS.maxFragments[0],
} satisfies HubOptions;
