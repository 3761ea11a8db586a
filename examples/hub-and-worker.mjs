// A hub, and a worker thread that posts to it: everything there is to begin with.
// Runs until Ctrl-C. Watch it from another terminal with the command that it prints.
import { isMainThread, Worker } from 'node:worker_threads';
import { attachProducer, createHub } from 'ringcast';

if (isMainThread) {
  const hub = await createHub();
  console.log(`npx ringcast tail ${hub.url}/ticks`);
  new Worker(new URL(import.meta.url), { workerData: { ringcast: hub.producerHandle() } });
  process.once('SIGINT', () => hub.close());
} else {
  const producer = attachProducer();
  const timer = setInterval(() => {
    if (producer.post('ticks', `It is ${new Date().toISOString()}`) === 'closed') clearInterval(timer);
  }, 1000);
}
