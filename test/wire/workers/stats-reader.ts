/** Says when it is ready; at the word, reads the hub's counters and leaves two of them in shared memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ProducerHandle, readStats } from '../../../src/shared/producer';

const { ringcast, words } = workerData as { ringcast: ProducerHandle; words: Int32Array };
parentPort?.postMessage('ready');
Atomics.wait(words, 0, 0);
const { posted, channels } = readStats(ringcast);
Atomics.store(words, 1, posted);
Atomics.store(words, 2, channels.ticks.sent);
Atomics.store(words, 0, 2);
Atomics.notify(words, 0);
