// A handler module: functions that run in the service thread when something happens to a connection, as the protocol
// callbacks of libwebsockets do. Here a peer of `lobby` says which rooms it wants; the application posts to the rooms.
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const handler = fileURLToPath(new URL('./handler-module.mjs', import.meta.url));
const hub = await createHub({ channels: { lobby: { handler }, tea: {}, coffee: {} } });
const peer = new WebSocket(`${hub.url}/lobby`);
const messages = on(peer, 'message'); // keeps what comes until it is asked for
await show('on connecting');

peer.send('join tea');
await show('join tea');
peer.send('join gin');
await show('join gin');

hub.post('coffee', 'the coffee is ready');
hub.post('tea', 'the tea is ready');
await show('posts to both rooms');

peer.send('leave tea');
await show('leave tea');
await hub.close();

async function show(what) {
  const { value } = await messages.next();
  console.log(`${what}: ${value[0]}`);
}
