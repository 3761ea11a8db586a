// What a small descriptor limit does: the program starts itself again as a hub that may open 70 descriptors, and then sends
// 100 peers there. Each gets an open socket or a 503 that says when to come again; nobody is dropped without a word.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createHub } from 'ringcast';
import { WebSocket } from 'ws';

const PEERS = 100;

if (process.argv[2] === 'hub') {
  const hub = await createHub();
  process.send({ url: hub.url, capacity: (await hub.stats()).capacity });
  process.once('disconnect', () => hub.close({ deadlineMs: 0 }));
} else {
  const command = 'ulimit -n 70; exec "$0" "$@"';
  const child = spawn('sh', ['-c', command, process.execPath, fileURLToPath(import.meta.url), 'hub'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [{ url, capacity }] = await once(child, 'message');
  console.log(`room for ${capacity.connections} of ${PEERS} peers`);

  const peers = await Promise.all(Array.from({ length: PEERS }, () => connect(url)));
  const open = peers.filter(({ socket }) => socket !== undefined);
  const refused = peers.filter(({ status, retryAfter }) => status === 503 && retryAfter === '1');
  console.log(`${open.length} are open, ${refused.length} were told to come again in 1 s (503)`);

  for (const { socket } of open) socket.close();
  await Promise.all(open.map(({ socket }) => once(socket, 'close')));
  const { socket } = await connect(url);
  console.log(`they left, and the next peer is ${socket === undefined ? 'refused' : 'open'}`);
  child.disconnect();
}

/** An open socket, or what the hub answered instead. */
function connect(url) {
  const socket = new WebSocket(`${url}/ticks`, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket }));
    socket.once('error', reject);
    socket.once('unexpected-response', (request, { statusCode, headers }) => {
      request.destroy();
      resolve({ status: statusCode, retryAfter: headers['retry-after'] });
    });
  });
}
