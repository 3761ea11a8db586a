// A program that logs, to be watched from outside. Its argument says what it does.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createHub, emitStderr, log, setLogLevel } from 'ringcast';
import { WebSocket } from 'ws';

const PRODUCER = `
const { parentPort, workerData } = require('node:worker_threads');
const { attachProducer, log } = require('ringcast/producer');
attachProducer();
for (let line = 0; line < workerData.lines; line++) log.notice('line ' + line);
for (let line = 0; line < workerData.repeated; line++) log.notice('again');
`;

/** A producer's thread that logs, and says in shared memory when it has. */
function startProducer(hub, options) {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { ringcast: hub.producerHandle(), lines: 0, repeated: 0, words, ...options };
  const code = `${PRODUCER} Atomics.store(workerData.words, 0, 1); Atomics.notify(workerData.words, 0);`;
  return { words, worker: new Worker(code, { eval: true, workerData }) };
}

const tasks = {
  /** Everything was logged, and nothing was read yet, when the process ends. */
  async exit() {
    const { words } = startProducer(await createHub(), { lines: 100 });
    Atomics.wait(words, 0, 0);
    for (let line = 0; line < 100; line++) log.err(`main ${line}`, { connection: 7 });
    process.exit(3);
  },

  async crash() {
    const { words } = startProducer(await createHub(), { lines: 100 });
    Atomics.wait(words, 0, 0);
    throw new Error('a crash');
  },

  async repeat() {
    const hub = await createHub();
    const { worker } = startProducer(hub, { repeated: 1_213 });
    await once(worker, 'exit');
    for (let line = 0; line < 100; line++) log.notice('main');
    await hub.close();
  },

  /** A few more than `MAX_LOGGING_THREADS`. */
  async 'many threads'() {
    let own = 0;
    setLogLevel('notice', () => own++);
    const log = fileURLToPath(new URL('../../../dist/shared/log/index.js', import.meta.url));
    for (let number = 0; number < 135; number++) {
      const code = `require(${JSON.stringify(log)}).log.notice('thread number ${number}')`;
      await once(new Worker(code, { eval: true }), 'exit');
    }
    process.on('exit', () => process.stdout.write(`${own} lines`));
  },

  async deliver() {
    let own = 0;
    setLogLevel('info', (record) => {
      if (record.message.startsWith('message ')) own++;
      emitStderr(record);
    });
    const hub = await createHub();
    const peer = new WebSocket(`${hub.url}/news`);
    await once(peer, 'open');
    let delivered = 0;
    peer.on('message', () => delivered++);
    for (let message = 0; message < 100; message++) {
      log.info(`message ${message}`);
      hub.post('news', `${message}`);
    }
    while (delivered < 100) await new Promise(setImmediate);
    setLogLevel('none');
    peer.terminate();
    await hub.close();
    process.stdout.write(JSON.stringify({ delivered, own }));
  },

  async flood() {
    for (let line = 0; line < 20_000; line++) log.err(`flood ${line} ${'x'.repeat(200)}`);
    process.stdout.write('still running');
    process.stdin.resume();
    await once(process.stdin, 'end');
  },
};

await tasks[process.argv[2]]();
