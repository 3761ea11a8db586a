/** A thread that this one started for the load: its orders, their answers, and its end. Thread: the one that started it. */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { workerArguments } from '../launch-arguments';

/** An order that is not answered in this time means that the thread hangs. A saturated one is late, but not that late. */
export const ORDER_DEADLINE_MS = 60_000;

export function startLoadWorker(file: 'thread' | 'pacer', name: string, workerData: unknown): Worker {
  const extension = path.extname(__filename);
  return new Worker(path.join(__dirname, '..', '..', 'workers', 'load', `${file}${extension}`), {
    name,
    workerData,
    ...workerArguments(),
  });
}

/** Resolves when a worker is gone, however that came. */
export function endOf(worker: Worker): Promise<Error | undefined> {
  let thrown: Error | undefined;
  worker.on('error', (error) => {
    thrown = error as Error;
  });
  return new Promise((resolve) => worker.once('exit', () => resolve(thrown)));
}
