/** A worker thread with a server of its own, and a hub attached to it. */
import http from 'node:http';
import { parentPort } from 'node:worker_threads';
import { createHub } from '../../../src/main';
import { LogLevel, setLogLevel } from '../../../src/shared/log';

setLogLevel(LogLevel.ERR | LogLevel.WARN);

async function host(): Promise<void> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub = await createHub({ server, path: '/live' });
  parentPort?.postMessage({ url: hub.url, handle: hub.producerHandle() });
  parentPort?.on('message', async (what: string) => {
    if (what !== 'close') {
      parentPort?.postMessage((await hub.stats()).producers.length);
      return;
    }
    await hub.close();
    server.close();
    parentPort?.close();
  });
}

void host();
