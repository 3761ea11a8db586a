/** Starts threads from files of `workers/load`. Thread: any. */
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

const EXTENSION = path.extname(__filename);

/** From sources the entry is TypeScript, and so must be what it starts with. */
export const NODE_ARGUMENTS: readonly string[] =
  EXTENSION === '.ts' ? ['-r', 'ts-node/register/transpile-only'] : [];

/** @param name of the file, without its extension */
export function startLoadThread(name: string, options: WorkerOptions): Worker {
  return new Worker(loadThreadFile(name), {
    name: `ringcast ${name}`,
    ...(NODE_ARGUMENTS.length > 0 && { execArgv: [...NODE_ARGUMENTS] }),
    ...options,
  });
}

export function loadThreadFile(name: string): string {
  return path.join(__dirname, '..', '..', '..', 'workers', 'load', `${name}${EXTENSION}`);
}
