/** A process of its own: uses a hub, closes it, and must then end by itself. */
import { WebSocket } from 'ws';
import { createHub } from '../../../src/main';

void (async () => {
  const hub = await createHub();
  hub.on('message', () => {});
  const peer = new WebSocket(hub.url);
  await new Promise((resolve) => peer.once('open', resolve));
  const message = new Promise((resolve) => peer.once('message', resolve));
  const { settled } = hub.producer.postTracked('default', 'hello');
  await message;
  const closed = new Promise((resolve) => peer.once('close', resolve));
  const { sent } = await settled;
  await hub.close();
  await closed;
  setImmediate(() => {
    const left = process.getActiveResourcesInfo().filter((name) => !/Immediate|TTYWrap|PipeWrap/.test(name));
    process.stdout.write(JSON.stringify({ sent, left }));
  });
})();
