/** The relay thread's entry: puts the parts together, and nothing else. */
import { parentPort, workerData } from 'node:worker_threads';
import type { RelayOrder, RelayStart } from '../../shared/foreign/relay-start';
import { joinLog } from '../../shared/log';
import { Relay } from './relay';

const start = workerData as RelayStart;
joinLog(start.log, 'relay');
const relay = new Relay(
  start,
  (message) => parentPort?.postMessage(message),
  () => parentPort?.close(), // nothing else keeps this thread alive
);
parentPort?.on('message', ({ deadlineMs }: RelayOrder) => relay.close(deadlineMs));
