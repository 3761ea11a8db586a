// Producers in piscina pools: one that the hub makes, and one that you make yourself.
import { once } from 'node:events';
import { Piscina } from 'piscina';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const filename = new URL('./producer-pool-task.mjs', import.meta.url).href;
const hub = await createHub();
const peer = new WebSocket(`${hub.url}/primes`);
let received = 0;
peer.on('message', () => received++);
await once(peer, 'open');

// The handle is in place, and the pool ends with the hub.
const pool = hub.createProducerPool({ filename, maxThreads: 2 });
const found = await Promise.all(
  [0, 1, 2, 3].map((part) => pool.run({ from: part * 1000, to: (part + 1) * 1000 })),
);
console.log(`the hub's pool posted ${found.join(' + ')} primes`);

// Your own: the handle goes into workerData under the name `ringcast`.
const own = new Piscina({ filename, maxThreads: 2, workerData: { ringcast: hub.producerHandle() } });
const more = await own.run({ from: 4000, to: 5000 });
console.log(`your own pool posted ${more} primes`);
await own.destroy();

await hub.close();
if (peer.readyState !== WebSocket.CLOSED) await once(peer, 'close');
console.log(`the peer received ${received}`);
