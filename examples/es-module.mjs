// From ES modules: the hub in one, the producer's thread in another. The handle goes by `postMessage` this time, and
// `postTracked` tells what became of a message.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const hub = await createHub({ channels: { orders: { slow: 'wait' } } });
const peers = [1, 2, 3].map((number) => {
  const peer = new WebSocket(`${hub.url}/orders`);
  peer.on('message', (data) => console.log(`peer ${number} received ${data}`));
  return peer;
});
await Promise.all(peers.map((peer) => once(peer, 'open')));

const worker = new Worker(new URL('./es-module-worker.mjs', import.meta.url));
worker.postMessage(hub.producerHandle());
const [settlement] = await once(worker, 'message');
console.log(`addressed to ${settlement.addressed} peers, in the socket of ${settlement.sent}`);

await hub.close();
