/** Worker threads of a test: started from compiled files, and none left behind, also when the test fails. */
import { once } from 'node:events';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type Compiled, compile } from './compiled';

export class Threads {
  #compiled: Compiled | undefined;
  readonly #workers = new Set<Worker>();
  /** Errors of threads that were not meant to fail. */
  readonly failures: unknown[] = [];

  /** @param mayFail whether an uncaught error of the thread is what the test is about */
  start(name: string, workerData: unknown, options: WorkerOptions & { mayFail?: boolean } = {}): Worker {
    this.#compiled ??= compile();
    const { mayFail, ...rest } = options;
    const worker = new Worker(this.#compiled.worker(name), { workerData, ...rest });
    this.#workers.add(worker);
    worker.on('exit', () => this.#workers.delete(worker));
    worker.on('error', (error) => {
      if (!mayFail) this.failures.push(error);
    });
    return worker;
  }

  /** Call after each test. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
    this.#workers.clear();
    const failures = this.failures.splice(0);
    if (failures.length > 0) throw failures[0];
  }

  /** Call after all tests. */
  removeFiles(): void {
    this.#compiled?.remove();
    this.#compiled = undefined;
  }
}

/** The next message of a thread; rejects if the thread ends first. */
export async function nextMessage<T>(worker: Worker): Promise<T> {
  const abort = new AbortController();
  try {
    return await Promise.race([
      once(worker, 'message', { signal: abort.signal }).then(([message]) => message as T),
      once(worker, 'exit', { signal: abort.signal }).then(([code]) => {
        throw new Error(`the thread ended (code ${code}) instead of sending a message`);
      }),
    ]);
  } finally {
    abort.abort();
  }
}

/** Waits until `holds`: for what only shared memory tells. */
export async function until(holds: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
