/** What may wait for a peer that is behind, whatever the engine does about it. */
import type { Subscription } from '../../src/workers/service/subscription';
import type { ModelPeer } from './simulation-model';

/**
 * Call it before a turn. What comes in the turn for a peer that is being written to goes past no limit, but for what is being
 * written, and the newest message.
 *
 * @param reached notes the states that were seen
 * @returns to be called behind the turn; throws if something went past
 */
export function limitCheck(peers: readonly ModelPeer[], reached: { [state: string]: boolean }): () => void {
  const checks: (() => void)[] = [];
  for (const { connection, socket } of peers) {
    if (!socket.busy || socket.over) continue;
    for (const subscription of connection.subscriptions) {
      const { log, policy } = subscription.channel;
      const { sequence } = log;
      if (!['skip', 'conflate'].includes(policy.slow) || !subscription.live) continue;
      checks.push(() => {
        if (log.sequence === sequence || socket.over || subscription.closed) return;
        reached[subscription.slow?.state ?? 'all'] = true;
        checkLimits(subscription);
      });
    }
  }
  return () => {
    for (const check of checks) check();
  };
}

function checkLimits({ channel, slow, reader, lagBytes, lagMessages }: Subscription): void {
  const { maxLagMessages, maxLagBytes } = channel.policy;
  const writing = reader.writingBytes > 0 ? reader.writingToSequence - reader.sequence : 0;
  const within =
    slow === undefined || !reader.parked
      ? lagMessages <= maxLagMessages && lagBytes <= maxLagBytes
      : slow.state === 'skipping'
        ? lagMessages - writing <= 1
        : lagBytes - reader.writingBytes <= maxLagBytes + 64 * 1024; // a batch that is being written
  if (!within)
    throw new Error(`${channel.name} has ${lagMessages} messages, ${lagBytes} bytes left, ${slow?.state}`);
}
