// A hub from the build with nothing else in its process but a producer of witness messages, told what to do over IPC.
const path = require('node:path');
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const dist = '../../../../dist/main';

/** Posts a numbered message with its time every so often, paced without an event loop. */
function produce() {
  const { attachProducer } = require(`${dist}/producer`);
  const producer = attachProducer();
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let number = 0; ; number++) {
    if (producer.post('witness', `${number} ${process.hrtime.bigint()}`) === 'closed') return;
    Atomics.wait(sleeper, 0, 0, workerData.periodMs);
  }
}

async function serve({ periodMs, options }) {
  const { createHub } = require(dist);
  const handler = path.join(__dirname, 'handler.cjs');
  const hub = await createHub({
    channels: {
      '*': {},
      witness: {},
      fragments: { receive: 'fragments' },
      handled: { handler },
      'handled-fragments': { receive: 'fragments', handler },
    },
    ...options,
  });
  // What is not wanted need not come: a flood must reach the application.
  let messages = 0;
  hub.on('message', () => messages++);
  hub.on('fragment', () => messages++);
  const heap = new BroadcastChannel('heap');
  const commands = {
    stats: async () => hub.stats(),
    heap: () =>
      new Promise((resolve) => {
        heap.onmessage = ({ data }) => typeof data === 'number' && resolve(data);
        heap.postMessage('how much');
      }),
  };
  process.on('message', async ({ number, name }) => {
    process.send({ number, answer: await commands[name]() });
  });
  process.on('disconnect', () => process.exit());
  new Worker(__filename, { workerData: { ringcast: hub.producerHandle(), periodMs } });
  process.send({ number: 0, answer: hub.port });
}

if (isMainThread) process.once('message', (start) => void serve(start));
else produce();
