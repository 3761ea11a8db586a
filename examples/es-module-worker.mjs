// The producer's thread of es-module.mjs.
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { attachProducer } from 'ringcast/producer';

const [handle] = await once(parentPort, 'message');
const producer = attachProducer(handle);
const { result, settled } = producer.postTracked('orders', JSON.stringify({ order: 1, item: 'tea' }));
if (result === 'posted') parentPort.postMessage(await settled);
producer.close();
