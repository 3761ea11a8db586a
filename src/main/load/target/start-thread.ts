/** Starts threads from files of `workers/load`. Thread: any. */
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { workerArguments } from '../../launch-arguments';

const EXTENSION = path.extname(__filename);

/** @param name of the file, without its extension */
export function startLoadThread(name: string, options: WorkerOptions): Worker {
  return new Worker(loadThreadFile(name), {
    name: `ringcast ${name}`,
    ...workerArguments(),
    ...options,
  });
}

export function loadThreadFile(name: string): string {
  return path.join(__dirname, '..', '..', '..', 'workers', 'load', `${name}${EXTENSION}`);
}
