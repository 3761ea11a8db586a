// Logs to syslog from four threads: this one, the service thread (by a handler module), and two producers.
// Arguments: the package's folder, the address. A number on standard input: each thread logs so many lines. Its end: close.
const path = require('node:path');
const readline = require('node:readline');
const { Worker } = require('node:worker_threads');

const [ringcast, address] = process.argv.slice(2);
const { createHub, emitSyslog, log, logStats, openSyslog, setLogLevel } = require(
  path.join(ringcast, 'dist/main/index.js'),
);

const PRODUCER = `
const { parentPort, workerData } = require('node:worker_threads');
const { attachProducer, log } = require(workerData.producer);
const producer = attachProducer();
let line = 0;
parentPort.on('message', (count) => {
  for (let i = 0; i < count; i++) log.warn(\`\${workerData.name} line \${++line} €\`, { connection: line });
  parentPort.postMessage('logged');
});
parentPort.postMessage('ready');
`;

async function main() {
  const syslog = openSyslog({ ident: 'ringcast-test', facility: 'local3', address });
  setLogLevel('info', emitSyslog);
  const hub = await createHub();
  const producer = path.join(ringcast, 'dist/shared/producer.js');
  const workers = [];
  for (const name of ['first', 'second']) {
    const workerData = { name, producer, ringcast: hub.producerHandle() };
    const worker = new Worker(PRODUCER, { eval: true, workerData });
    await new Promise((resolve) => worker.once('message', resolve));
    workers.push(worker);
  }
  console.log(`ready, ${syslog.transport}`);
  let line = 0;
  for await (const text of readline.createInterface({ input: process.stdin })) {
    const answers = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
    for (const worker of workers) worker.postMessage(Number(text));
    for (let i = 0; i < Number(text); i++) log.err(`main line ${++line}\nforged`);
    await Promise.all(answers);
    console.log(`logged ${line}`);
  }
  await hub.close();
  await Promise.all(workers.map((worker) => worker.terminate()));
  await syslog.close({ deadlineMs: 5_000 });
  console.log(JSON.stringify({ ...syslog.stats(), ...logStats() }));
}

void main();
