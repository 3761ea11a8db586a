// A chat: what a peer says goes to everybody on its channel. The application's thread takes part by hub.on('message').
import { once } from 'node:events';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const hub = await createHub();
hub.on('connection', ({ id, channel }) => hub.post(channel, `${id} came`));
hub.on('message', ({ id, channel }, text) => hub.post(channel, `${id}: ${text}`));
hub.on('disconnect', ({ id, channel }) => hub.post(channel, `${id} left`));

const first = await join('first');
const second = await join('second');
const answered = hears(first, '2: hello');
second.send('hello');
await answered;
const gone = hears(first, '2 left');
second.close();
await gone;
await hub.close();

/** A peer that prints what it hears. */
async function join(name) {
  const peer = new WebSocket(`${hub.url}/kitchen`);
  peer.on('message', (data) => console.log(`${name} hears "${data}"`));
  await once(peer, 'message'); // of its own coming
  return peer;
}

function hears(peer, text) {
  return new Promise((resolve) => peer.on('message', (data) => String(data) === text && resolve()));
}
