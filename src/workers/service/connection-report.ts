/** What `hub.connections()` tells of one connection. Thread: the service's. */
import type { ConnectionReport, ConnectionState } from '../../shared/control';
import type { Connection } from './connection';

/** @param nowMs by the clock that peers are judged by */
export function reportConnection(connection: Connection, nowMs: number): ConnectionReport {
  const { all, roundTrip, unacknowledgedSinceMs } = connection.life.acknowledgements;
  const { lagBytes: unsentBytes, lagMessages: unsentMessages, late } = connection;
  const unacknowledgedMs = Math.max(0, nowMs - unacknowledgedSinceMs);
  return {
    ...connection.summary,
    channels: connection.channels,
    connectedAt: connection.connectedAt,
    lagBytes: unsentBytes + all.unacknowledgedBytes,
    lagMessages: unsentMessages + all.unacknowledgedMessages,
    lagMs: Math.max(connection.unsentMs(nowMs), unacknowledgedMs),
    unsentBytes,
    unsentMessages,
    acknowledgedBytes: connection.acknowledges ? all.acknowledgedBytes : null,
    acknowledgedMessages: connection.acknowledges ? all.acknowledgedMessages : null,
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
