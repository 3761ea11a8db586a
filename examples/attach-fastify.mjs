// A hub beside a Fastify application, with an ES module that handles its peers' messages. It closes with the application.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const fastify = Fastify();
const handler = fileURLToPath(new URL('./handler-module.mjs', import.meta.url));
const hub = await createHub({
  server: fastify.server,
  path: '/live',
  channels: { lobby: { handler }, '*': {} },
});
fastify.addHook('preClose', () => hub.close()); // before Fastify waits for open sockets
fastify.get('/peers', async () => ({ peers: (await hub.stats()).connections }));
await fastify.listen({ port: 0, host: '127.0.0.1' });

const peer = new WebSocket(`${hub.url}/lobby`);
console.log(`on connecting: ${(await once(peer, 'message'))[0]}`);
peer.send('join tea');
console.log(`join tea: ${(await once(peer, 'message'))[0]}`);
hub.post('tea', 'the tea is ready');
console.log(`posts to the room: ${(await once(peer, 'message'))[0]}`);
console.log('the application says', (await fastify.inject('/peers')).body);

const closed = once(peer, 'close');
await fastify.close();
console.log(`the peer was closed with ${(await closed)[0]}`);
