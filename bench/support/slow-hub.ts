/** A hub with one policy for slow peers, in a process of its own: it posts what a peer sends to that peer's channel. */
import { createHub, type SlowPolicy } from '../../src/main';

const KEYS = 50;

async function main(): Promise<void> {
  const slow = process.argv[2] as SlowPolicy;
  const hub = await createHub({ channels: { '*': { slow } }, origins: 'any' });
  let posted = 0;
  hub.on('message', ({ channel }, data) => {
    hub.post(channel, data, slow === 'conflate' ? { key: String(posted++ % KEYS) } : undefined);
  });
  process.send?.({ url: hub.url });
  process.on('message', async (order) => {
    if (order !== 'end') return;
    const { skipped, conflated, disconnectedSlow, pending } = await hub.stats();
    process.send?.({ skipped, conflated, disconnectedSlow, pending });
    await hub.close({ deadlineMs: 0 });
    process.disconnect();
  });
}

void main();
