/** A load thread's entry: connects it to the main thread of its process, and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadAnswer, LoadOrder, LoadThreadStart } from '../../shared/load/thread-protocol';
import { LoadThread } from './load-thread';

const port = parentPort!;
const tell = (answer: LoadAnswer): void => port.postMessage(answer);

/** What goes wrong ends the thread, and so the generator: it would count wrong ever after. */
function fail(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

async function start(): Promise<void> {
  const thread = await LoadThread.create(workerData as LoadThreadStart, tell);
  port.on('message', (order: LoadOrder) => {
    thread.carryOut(order).then(() => {
      tell({ type: 'done', order: order.type });
      if (order.type === 'finish') port.close();
    }, fail);
  });
  tell({ type: 'ready' });
}

start().catch(fail);
