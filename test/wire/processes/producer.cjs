// A process with a connected producer, as it is built. It does what it is told by its parent, and answers.
const { createHash } = require('node:crypto');
const { Worker } = require('node:worker_threads');
const { connectProducer } = require('../../../dist/main/producer.js');

let producer;
let threads = [];
const settled = new Map();
const states = [];

/** A payload that says of itself whether it is whole: its number, noise, and a digest of both. */
function checked(name, number, bytes) {
  const body = Buffer.alloc(bytes, `${name}:${number} `);
  return Buffer.concat([Buffer.from(`${name}:${number}\n`), createHash('md5').update(body).digest(), body]);
}

const acts = {
  async connect(options) {
    const onStateChange = (state, reason) => states.push([state, reason?.code]);
    producer = await connectProducer({ ...options, onStateChange });
    return { pid: process.pid, maxPayloadBytes: producer.maxPayloadBytes };
  },
  /** Posts `name:from` to `name:to - 1` as text, waiting for room. */
  postAll({ channel, name, from, to }) {
    for (let number = from; number < to; number++) {
      const result = producer.postWait(channel, `${name}:${number}`);
      if (result !== 'posted') return { posted: number - from, result };
    }
    return { posted: to - from, result: 'posted' };
  },
  /** The same with a rest between, so that this process stays awake to everything else. */
  async postSlowly({ channel, name, from, to, batch, restMs }) {
    for (let number = from; number < to; number++) {
      const result = await producer.postAsync(channel, `${name}:${number}`);
      if (result !== 'posted') return { posted: number - from, result };
      if (number % batch === 0) await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    return { posted: to - from, result: 'posted' };
  },
  /** Posts without waiting, until the first answer that is not `'posted'`. */
  postUntilRefused({ channel, bytes }) {
    const payload = Buffer.alloc(bytes, 'x');
    for (let posted = 0; ; posted++) {
      const result = producer.post(channel, payload);
      if (result !== 'posted') return { posted, result };
    }
  },
  /** Posts `attempts` times without waiting. @returns how often each answer came, and how this process grew */
  insist({ channel, bytes, attempts }) {
    const payload = Buffer.alloc(bytes, 'x');
    const answers = { posted: 0, full: 0, closed: 0 };
    const before = process.memoryUsage.rss();
    for (let attempt = 0; attempt < attempts; attempt++) answers[producer.post(channel, payload)]++;
    return { answers, grownBytes: process.memoryUsage.rss() - before };
  },
  /** Posts large messages for ever; only its death ends that. */
  flood({ channel, name, bytes }) {
    setImmediate(() => {
      for (let number = 0; ; number++)
        producer.postWait(channel, checked(name, number, bytes[number % bytes.length]));
    });
  },
  post({ channel, text, key }) {
    return producer.post(channel, text, { key });
  },
  postBinary({ channel, bytes }) {
    return producer.post(channel, Buffer.from(bytes, 'base64'));
  },
  postWait({ channel, text, timeoutMs }) {
    return producer.postWait(channel, text, { timeoutMs });
  },
  postAsync({ channel, text, timeoutMs }) {
    return producer.postAsync(channel, text, { timeoutMs });
  },
  async refusalOf({ channel, text }) {
    try {
      return producer.post(channel, text);
    } catch (error) {
      return { name: error.name, code: error.code, message: error.message };
    }
  },
  tracked({ channel, text, id }) {
    const post = producer.postTracked(channel, text);
    settled.set(id, post.settled);
    return post.result;
  },
  async settled({ id }) {
    try {
      return await settled.get(id);
    } catch (error) {
      return { code: error.code };
    }
  },
  /** Two further threads, and this one, post in turns: each only when the post before has returned. */
  async takeTurns({ channel, rounds }) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const code = `
      const { workerData } = require('node:worker_threads');
      const { attachProducer } = require(${JSON.stringify(require.resolve('../../../dist/main/producer.js'))});
      const { handle, words, rounds, turn, channel } = workerData;
      const producer = attachProducer(handle);
      for (let n = turn; n < rounds * 2; n += 2) {
        for (let now; (now = Atomics.load(words, 0)) !== n; ) Atomics.wait(words, 0, now);
        if (producer.postWait(channel, 'turn:' + n) !== 'posted') throw new Error('not posted');
        Atomics.store(words, 0, n + 1);
        Atomics.notify(words, 0);
      }
      producer.close();`;
    threads = [0, 1].map(
      (turn) =>
        new Worker(code, {
          eval: true,
          workerData: { handle: producer.handle, words, rounds, turn, channel },
        }),
    );
    await Promise.all(
      threads.map(
        (thread) => new Promise((resolve, reject) => thread.on('exit', resolve).on('error', reject)),
      ),
    );
  },
  /** A further thread waits for room. @returns when it waits */
  async waitInThread({ channel }) {
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { attachProducer } = require(${JSON.stringify(require.resolve('../../../dist/main/producer.js'))});
      const producer = attachProducer(workerData.handle);
      while (producer.post(workerData.channel, Buffer.alloc(1000)) === 'posted');
      parentPort.postMessage('waits');
      parentPort.postMessage(producer.postWait(workerData.channel, Buffer.alloc(1000), { timeoutMs: 60000 }));`;
    const thread = new Worker(code, { eval: true, workerData: { handle: producer.handle, channel } });
    await new Promise((resolve) => thread.once('message', resolve));
    settled.set('thread', new Promise((resolve) => thread.once('message', resolve)));
  },
  stats: () => producer.stats(),
  states: () => states,
  close: (options) => producer.close(options),
  /** Ends as a program does that has nothing more to do. */
  rest() {
    setImmediate(() => process.disconnect());
  },
};

process.on('message', async ({ id, act, input }) => {
  let answer;
  try {
    answer = { id, result: await acts[act](input) };
  } catch (error) {
    answer = { id, error: { name: error.name, code: error.code, message: error.message } };
  }
  if (process.connected) process.send(answer);
});
