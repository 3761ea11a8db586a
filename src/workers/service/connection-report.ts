/** What `hub.connections()` tells of one connection. Thread: the service's. */
import type { ConnectionReport, ConnectionState } from '../../shared/control';
import type { Connection } from './connection';

/** @param nowMs by the clock that peers are judged by */
export function reportConnection(connection: Connection, nowMs: number): ConnectionReport {
  const { all, roundTrip, unacknowledgedSinceMs } = connection.life.acknowledgements;
  const { lagBytes: unsentBytes, lagMessages: unsentMessages, late } = connection;
  const asked = connection.home.policy.acknowledge;
  const unacknowledgedMs = Math.max(0, nowMs - unacknowledgedSinceMs);
  return {
    ...connection.summary,
    channels: connection.channels,
    connectedAt: connection.connectedAt,
    lagBytes: unsentBytes + all.unacknowledgedBytes,
    lagMessages: unsentMessages + all.unacknowledgedMessages,
    lagMs: Math.max(unsentMs(connection, nowMs), unacknowledgedMs),
    unsentBytes,
    unsentMessages,
    acknowledgedBytes: asked ? all.acknowledgedBytes : null,
    acknowledgedMessages: asked ? all.acknowledgedMessages : null,
    roundTripMs: roundTrip.lastMs ?? null,
    minRoundTripMs: roundTrip.minMs ?? null,
    state: slowState(connection) ?? (late ? 'late' : 'ok'),
  };
}

/** What one of its channels does about it, if any does. */
function slowState({ subscriptions }: Connection): ConnectionState | undefined {
  for (const { slow } of subscriptions) if (slow !== undefined) return slow.state;
  return undefined;
}

/** Age of the oldest message of its channels that is not handed to its socket. */
function unsentMs({ subscriptions }: Connection, nowMs: number): number {
  let mostMs = 0;
  for (const subscription of subscriptions) mostMs = Math.max(mostMs, subscription.lagMs(nowMs));
  return mostMs;
}
