/** The producer of both servers: the same payloads, the same pacing; only the way to the service thread differs. */
import { workerData } from 'node:worker_threads';
import { attachProducer, type ProducerHandle } from '../../src/shared/producer';
import { PAYLOAD_BYTES } from './protocol';

export interface ProducerStart {
  way: 'ringcast' | 'postMessage';
  ringcast?: ProducerHandle;
  /** `postMessage`: where the messages go. */
  port?: import('node:worker_threads').MessagePort;
  /** [0] rate per second, -1: saturate, 0: pause. [1] `postMessage`: messages that the service has taken. [2] paused */
  state: SharedArrayBuffer;
}

/** `postMessage` has no limit of its own: the service says how far it is, and the producer stays this close to it. */
const WINDOW = 512;

const { way, port, state } = workerData as ProducerStart;
const words = new Int32Array(state);
const payload = Buffer.alloc(PAYLOAD_BYTES, 'x');

const post: () => void = way === 'ringcast' ? postThroughRing() : postThroughPort();

function postThroughRing(): () => void {
  const producer = attachProducer();
  return () => {
    if (producer.postWait('bench', payload) !== 'posted') process.exit();
  };
}

function postThroughPort(): () => void {
  let posted = 0;
  return () => {
    posted++;
    port?.postMessage(new Uint8Array(payload)); // a copy, as the ring makes one
    for (;;) {
      const taken = Atomics.load(words, 1);
      if (posted - taken < WINDOW) return;
      Atomics.wait(words, 1, taken, 100);
    }
  };
}

for (;;) {
  const rate = Atomics.load(words, 0);
  if (rate === 0) {
    Atomics.store(words, 2, 1);
    Atomics.notify(words, 2);
    Atomics.wait(words, 0, 0);
    Atomics.store(words, 2, 0);
    continue;
  }
  if (rate > 0) {
    const period = 1000 / rate;
    const start = performance.now();
    for (let i = 0; Atomics.load(words, 0) === rate; i++) {
      const due = start + i * period;
      const early = due - performance.now();
      if (early > 0) Atomics.wait(words, 0, rate, early);
      payload.writeDoubleLE(Number(process.hrtime.bigint()), 0);
      post();
    }
  } else {
    while (Atomics.load(words, 0) === rate) {
      payload.writeDoubleLE(Number(process.hrtime.bigint()), 0);
      post();
    }
  }
}
