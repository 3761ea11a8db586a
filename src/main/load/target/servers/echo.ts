/**
 * `echo`: a hub whose application gives every message back to its sender, text as text and bytes as bytes: through the ring and
 * the log of a channel, as whatever an application sends.
 *
 * Thread: the main one of the server's process.
 */
import type { LoadPlan } from '../../../../shared/load/plan';
import type { RunningServer, ServerAddress } from '../running-server';
import { startHubServer } from './hub';

const MiB = 2 ** 20;
/** The longest message that it gives back. */
export const MAX_ECHO_BYTES = 16 * MiB;
/** Channels, and so connections, at once. */
export const MAX_ECHO_CONNECTIONS = 16_384;
/** A peer that reads nothing for so long is cut; one that only reads slowly is waited for. */
const MAX_STALL_MS = 60_000;

export function startEcho(address: ServerAddress, plan?: LoadPlan): Promise<RunningServer> {
  return startHubServer(address, plan, 'echo', {
    channels: { '*': { slow: 'wait', maxStallMs: MAX_STALL_MS } },
    ring: { laneBytes: 4 * MAX_ECHO_BYTES, maxProducers: 1 },
    maxChannels: MAX_ECHO_CONNECTIONS + 1, // one is what handshakes name
    maxConnections: MAX_ECHO_CONNECTIONS,
    maxMessageBytes: MAX_ECHO_BYTES,
    maxFragments: 0,
  });
}
