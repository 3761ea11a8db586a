// The log: lines of every thread, the service thread's too, in one place and in order. The emitter here prints without the
// time; without one, lines go to standard error.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createHub, log, setLogLevel } from 'ringcast';
import { WebSocket } from 'ws';

setLogLevel('notice', ({ level, thread, connection, message }) => {
  console.log(
    `${level} · ${thread}${connection === undefined ? '' : ` · connection ${connection}`} · ${message}`,
  );
});

log.notice('notice is on by default');
log.info('info is not: nobody sees this');

const hub = await createHub({ logLevel: 'info', channels: { news: {} } }); // now it is, in every thread
const worker = new Worker(fileURLToPath(new URL('./logging-worker.mjs', import.meta.url)), {
  workerData: { ringcast: hub.producerHandle() },
});
await once(worker, 'exit');

const peer = new WebSocket(`${hub.url}/news`);
await once(peer, 'open');
peer.close(1000, 'line\nbreaks are\u001b[31m escaped');
await once(peer, 'close');
await hub.close();
