// Two processes: one has the hub, the other posts to it through a private socket. What the other process posts is at the hub
// before it ends, and the hub may be restarted meanwhile.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHub } from 'ringcast';
import { connectProducer } from 'ringcast/producer';
import { WebSocket } from 'ws';

if (process.argv[2] === 'producer') await produce(process.argv[3]);
else await serve();

async function serve() {
  const folder = mkdtempSync(path.join(tmpdir(), 'ringcast-')); // of mode 0700; a service has /run/NAME
  const socket = path.join(folder, 'hub.sock');
  const hub = await createHub({ producers: { socket }, channels: { lines: { slow: 'wait' } } });

  let received = 0;
  const peer = new WebSocket(`${hub.url}/lines`);
  peer.on('message', () => received++);
  await once(peer, 'open');
  const closed = once(peer, 'close');

  const other = fork(fileURLToPath(import.meta.url), ['producer', socket]);
  await once(other, 'exit');
  await hub.close(); // what was posted is sent first
  await closed;
  console.log(`the peer received ${received}`);
  rmSync(folder, { recursive: true });
}

async function produce(socket) {
  const producer = await connectProducer({ socket });
  for (let number = 1; number <= 10_000; number++) {
    // 'full' while the hub is behind: postAsync waits for room, without blocking this thread.
    if (producer.post('lines', `line ${number}`) === 'full')
      await producer.postAsync('lines', `line ${number}`);
  }
  const { settled } = producer.postTracked('lines', 'the last one');
  console.log(`the last one went to ${(await settled).sent} peer`);
  const { acknowledged, lost } = await producer.close();
  console.log(`the hub has ${acknowledged}, lost are ${lost}`);
  process.disconnect();
}
