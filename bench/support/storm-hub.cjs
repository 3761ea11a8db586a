// A hub from the build whose handler watches the event loop of the service thread, and a producer that posts without a rest.
const path = require('node:path');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

/** Posts so many messages a second, evenly. */
function produce() {
  const { attachProducer } = require('../../dist/main/producer');
  const producer = attachProducer();
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const payload = Buffer.alloc(workerData.bytes, 'x');
  for (;;) {
    if (producer.post('bench', payload) === 'closed') return;
    Atomics.wait(sleeper, 0, 0, 1_000 / workerData.ratePerSecond);
  }
}

async function serve({ ratePerSecond, bytes }) {
  const { createHub } = require('../../dist/main');
  const hub = await createHub({
    channels: { bench: {}, '*': {}, watch: { handler: path.join(__dirname, 'loop-watch.cjs') } },
    maxOutboundBytes: 2 ** 30,
  });
  const delays = new BroadcastChannel('loop-delay');
  const commands = {
    storm: async () => {
      new Worker(__filename, {
        workerData: { ringcast: hub.producerHandle(), ratePerSecond, bytes },
      });
      delays.postMessage('reset');
    },
    calm: async () => {
      delays.postMessage('reset');
    },
    delays: () =>
      new Promise((resolve) => {
        delays.onmessage = ({ data }) => typeof data === 'object' && resolve(data);
        delays.postMessage('report');
      }),
    stats: async () => hub.stats(),
  };
  process.on('message', async ({ name }) => process.send({ answer: await commands[name]() }));
  process.on('disconnect', () => process.exit());
  process.send({ answer: hub.port });
}

if (isMainThread) void serve(JSON.parse(process.argv[2]));
else produce();
