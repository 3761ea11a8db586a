// A hub beside an Express application: one server, one port. Only what is below /live is the hub's.
import { once } from 'node:events';
import express from 'express';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const app = express();
app.use(express.text());
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const hub = await createHub({ server, path: '/live' });

// A request of the application becomes a message for every peer.
app.post('/orders', (request, response) => {
  response.json({ answer: hub.post('orders', request.body) });
});

const peer = new WebSocket(`${hub.url}/orders`);
await once(peer, 'open');
const heard = once(peer, 'message');
const { port } = server.address();
const headers = { 'Content-Type': 'text/plain' };
const response = await fetch(`http://127.0.0.1:${port}/orders`, {
  method: 'POST',
  body: 'two teas',
  headers,
});
console.log('the application answers', await response.text());
console.log(`the peer hears "${(await heard)[0]}"`);

// The hub first: it says goodbye to its peers. Then the server, which would wait for their sockets.
await hub.close();
console.log('the server listens still:', server.listening);
server.close();
server.closeAllConnections();
