/** A producer thread that posts what it is told, tracked, and says what became of it. */
import { parentPort } from 'node:worker_threads';
import { attachProducer } from '../../../src/shared/producer';

const producer = attachProducer();

parentPort?.on('message', async (text: string) => {
  const { result, settled } = producer.postTracked('chat', text);
  parentPort?.postMessage(result);
  const outcome = await settled.catch(({ code }: { code: string }) => code);
  parentPort?.postMessage(outcome);
});
parentPort?.postMessage('attached');
