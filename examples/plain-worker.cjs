// A producer in a plain `new Worker`, in CommonJS. Shows the three answers of `post`, and that what a thread posted is sent
// also when the thread ends, or is ended, right behind it.
const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

if (isMainThread) main();
else produce();

async function main() {
  const { createHub } = require('ringcast');
  const { WebSocket } = require('ws');

  const hub = await createHub();
  const peer = new WebSocket(`${hub.url}/lines`);
  let received = 0;
  peer.on('message', () => received++);
  await once(peer, 'open');

  // The handle is plain data: under any name, for any number of threads.
  const worker = new Worker(__filename, { workerData: { handle: hub.producerHandle(), lines: 10_000 } });
  const [answers] = await once(worker, 'message');
  await worker.terminate();

  await hub.close(); // drains, flushes, then closes the peers
  if (peer.readyState !== WebSocket.CLOSED) await once(peer, 'close');
  console.log(
    `the worker posted ${answers.posted} lines; ${answers.waited} times the ring was full and it waited`,
  );
  console.log(`the peer received ${received}`);
}

function produce() {
  const { attachProducer } = require('ringcast/producer'); // loads neither sockets nor pools
  const producer = attachProducer(workerData.handle);
  const answers = { posted: 0, waited: 0 };
  for (let line = 1; line <= workerData.lines; line++) {
    const text = `line ${line}: ${'-'.repeat(200)}`;
    let answer = producer.post('lines', text); // never blocks
    if (answer === 'full') {
      answers.waited++;
      answer = producer.postWait('lines', text, { timeoutMs: 5_000 }); // blocks this thread until there is room
    }
    if (answer !== 'posted') break; // 'closed': the hub is gone
    answers.posted++;
  }
  parentPort.postMessage(answers);
}
