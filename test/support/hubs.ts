/** Hubs, threads and sockets for tests, ended when the test is over, however it went. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { createHub, type Hub, type HubOptions } from '../../src/main';

const open: (() => unknown)[] = [];

/** Ends what is still open. Give it to `afterEach`. */
export async function endAll(): Promise<void> {
  const ends = open.splice(0).reverse();
  const results = await Promise.allSettled(ends.map(async (end) => end()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** `end` is called when the test is over. */
export function whenOver(end: () => unknown): void {
  open.push(end);
}

export async function startHub(options?: HubOptions): Promise<Hub> {
  const hub = await createHub(options);
  whenOver(() => hub.close({ deadlineMs: 0 }));
  return hub;
}

/** Starts a thread from a TypeScript file beside the tests. */
export function startWorker(file: string, options: WorkerOptions): Worker {
  const worker = new Worker(path.resolve(__dirname, '..', file), {
    execArgv: ['-r', 'ts-node/register/transpile-only'],
    ...options,
  });
  whenOver(() => worker.terminate());
  return worker;
}

/** The next thing that a thread says; rejects if it fails instead. */
export async function answerOf<T>(worker: Worker): Promise<T> {
  const [answer] = await once(worker, 'message');
  return answer as T;
}

/** Resolves once `holds` answers true. It is asked again and again: for what no event tells. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not so within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
