/** Sends one message in fragments to the connection that it is told of: whole, or a part of it before it dies. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachProducer } from '../../../src/shared/producer';

const { ringcast, id, parts, finish } = workerData;
const producer = attachProducer(ringcast);
const message = producer.beginMessage(id, { text: true });

async function send(): Promise<void> {
  for (let part = 0; part < parts; part++) {
    if (!(await message.write(`part ${part} `))) throw new Error('the connection is gone');
  }
  if (finish) {
    await message.end('end');
    producer.close();
  }
  parentPort?.postMessage('sent');
  if (!finish) setInterval(() => {}, 60_000); // lives, until it is killed
}

void send();
