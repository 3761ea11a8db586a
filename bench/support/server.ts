/**
 * A server under test, in its own process: a producer thread, and a service thread that fans out.
 *
 *     server.ts ringcast | ws-loop
 */
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createHub } from '../../src/main';
import type { ProducerHandle } from '../../src/shared/producer';
import { cpuMs, threadStartedBy } from './cpu';
import type { ProducerStart } from './producer-thread';
import type { ServerAnswer, ServerOrder } from './protocol';

const TYPESCRIPT = ['-r', 'ts-node/register/transpile-only'];
const state = new SharedArrayBuffer(12);
const words = new Int32Array(state);

async function startRingcast() {
  // Lossless, so that the receivers set the pace and nobody is cut; they answer pings, but may be late.
  const { result: hub, thread } = await threadStartedBy(() =>
    createHub({ pingIntervalMs: 0, channels: { bench: { slow: 'wait', maxStallMs: 60_000 } } }),
  );
  startProducer({ way: 'ringcast', ringcast: hub.producerHandle() as ProducerHandle, state });
  return { port: hub.port, thread, end: () => hub.close({ deadlineMs: 1000 }) };
}

async function startWsLoop() {
  const { port1, port2 } = new MessageChannel();
  const start = (): Promise<{ worker: Worker; port: number }> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(path.join(__dirname, 'ws-loop.ts'), {
        workerData: { port: port2, state },
        transferList: [port2],
        execArgv: TYPESCRIPT,
      });
      worker.once('message', (port: number) => resolve({ worker, port }));
      worker.once('error', reject);
    });
  const { result, thread } = await threadStartedBy(start);
  startProducer({ way: 'postMessage', port: port1, state });
  return { port: result.port, thread, end: () => result.worker.terminate() };
}

function startProducer(start: ProducerStart): void {
  const worker = new Worker(path.join(__dirname, 'producer-thread.ts'), {
    workerData: start,
    transferList: start.port === undefined ? [] : [start.port],
    execArgv: TYPESCRIPT,
  });
  worker.unref();
}

function answer(message: ServerAnswer): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const server = await (process.argv[2] === 'ringcast' ? startRingcast() : startWsLoop());
  process.on('message', (order: ServerOrder) => {
    if (order.type === 'run' || order.type === 'pause') {
      const rate = order.type === 'pause' ? 0 : order.ratePerSecond === 'saturate' ? -1 : order.ratePerSecond;
      Atomics.store(words, 0, rate);
      Atomics.notify(words, 0);
      if (order.type === 'pause') {
        const timer = setInterval(() => {
          if (Atomics.load(words, 2) === 0) return;
          clearInterval(timer);
          answer({ type: 'paused' });
        }, 10);
      }
    } else if (order.type === 'measure') {
      answer({ type: 'measured', serviceCpuMs: cpuMs(server.thread), rssBytes: process.memoryUsage.rss() });
    } else {
      void server.end().then(() => process.exit());
    }
  });
  answer({ type: 'listening', port: server.port });
}

void main();
