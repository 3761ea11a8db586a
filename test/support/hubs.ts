/** Hubs, threads and sockets for tests, ended when the test is over, however it went. */
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { createHub, type Hub, type HubOptions } from '../../src/main';
import './worker-messages';

const open: (() => unknown)[] = [];

/** Ends what is still open, one after the other, the last opened first. Give it to `afterEach`. */
export async function endAll(): Promise<void> {
  const failures: unknown[] = [];
  for (const end of open.splice(0).reverse()) {
    try {
      await end();
    } catch (failure) {
      failures.push(failure);
    }
  }
  if (failures.length > 0) throw failures[0];
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

/** A way in which a hub can run, for tests that hold in several. */
export interface HubMode {
  name: string;
  /** Whether the hub has a service thread, or shares the test's. */
  ownThread: boolean;
  /** Whether it listens by itself. */
  listens: boolean;
  startHub(options?: HubOptions): Promise<Hub>;
}

const IN_ITS_THREAD: HubMode = { name: 'in a service thread', ownThread: true, listens: true, startHub };
const ATTACHED: HubMode = {
  name: 'attached to a server',
  ownThread: false,
  listens: false,
  startHub: startAttachedHub,
};
const DRIVEN: HubMode = {
  name: 'driven by a loop',
  ownThread: false,
  listens: true,
  startHub: startDrivenHub,
};

/** For `describe.each`: what a hub guarantees it guarantees in each of them. */
export const HUB_MODES = [IN_ITS_THREAD, ATTACHED, DRIVEN];

/** A hub over a plain HTTP server of this thread. */
export async function startAttachedHub(options?: HubOptions): Promise<Hub> {
  const server = http.createServer((_request, response) => response.end('the application'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenOver(() => {
    server.close();
    server.closeAllConnections();
  });
  return startHub({ ...options, server });
}

/** A hub that a loop of this thread turns: when it says that there is work, and else every few milliseconds. */
export async function startDrivenHub(options?: HubOptions): Promise<Hub> {
  const go = (): void => {
    if (hub.service().pending) setImmediate(go);
  };
  const hub = await createHub({ ...options, drive: 'manual', onWork: () => setImmediate(go) });
  const timer = setInterval(go, 20);
  whenOver(async () => {
    await hub.close({ deadlineMs: 0 });
    clearInterval(timer);
  });
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
