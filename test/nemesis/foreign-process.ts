/** A producer in another process than the hub's. It may be killed at any time. */
import type { ConnectedProducer } from '../../src/main/producer';
import type { LedgerRow } from './history';
import { CHANNELS, encodeMessage, keyOf, sharedClockMs } from './message';

const { connectProducer } = require('../../dist/main/producer') as typeof import('../../src/main/producer');

const [socket, number] = process.argv.slice(2);
const me = Number(number);
const rows: LedgerRow[] = CHANNELS.map((_, channel) => ({
  producer: me,
  channel,
  accepted: 0,
  attempted: 0,
  acceptedMs: 0,
}));
let posting = true;

function post(producer: ConnectedProducer, row: LedgerRow): boolean {
  const { channel, accepted, acceptedMs: beforeMs } = row;
  const attemptedMs = sharedClockMs();
  const sequence = accepted + 1;
  row.attempted = sequence;
  const bytes = encodeMessage({ epoch: 0, channel, producer: me, sequence, attemptedMs, beforeMs });
  const options = CHANNELS[channel] === 'conflate' ? { key: keyOf(me, sequence) } : undefined;
  if (producer.post(CHANNELS[channel], bytes, options) !== 'posted') return false;
  row.accepted = sequence;
  row.acceptedMs = attemptedMs;
  return true;
}

async function main(): Promise<void> {
  const producer = await connectProducer({
    socket,
    waitForHub: true,
    timeoutMs: 30_000,
    maxReconnectDelayMs: 200,
  });
  process.on('message', (order: 'rest' | 'go') => {
    posting = order === 'go';
    if (!posting) process.send?.({ rows, stats: producer.stats() });
  });
  process.on('disconnect', () => process.exit(1));
  setInterval(() => {
    if (posting) for (const row of rows) for (let n = 0; n < 2 && post(producer, row); n++);
  }, 4);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
