/** The log of real threads, and what becomes of it when they flood it, are terminated, or nobody takes their lines. */
import type { Worker } from 'node:worker_threads';
import { type LogRecord, log, logStats, setLogLevel } from '../../src/shared/log';
import { nextMessage, Threads, until } from '../support/threads';
import type { LoggerTask } from './workers/logger';

const threads = new Threads();
let lines: LogRecord[] = [];
beforeEach(() => {
  lines = [];
  setLogLevel('notice', (line) => lines.push(line));
});
afterEach(() => threads.endAll());
afterAll(() => {
  setLogLevel('none', () => {});
  threads.removeFiles();
});

const messages = (of?: string) =>
  lines.filter(({ thread }) => of === undefined || thread === of).map(({ message }) => message);
const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, line) => `${name} ${line}`);
const come = (count: number) => until(() => lines.length >= count, `${count} lines come`);

async function startLogger(): Promise<Worker> {
  const worker = threads.start('logger', undefined);
  await nextMessage(worker);
  return worker;
}

function tell(worker: Worker, task: LoggerTask): Promise<unknown> {
  worker.postMessage(task);
  return nextMessage(worker);
}

describe('the log of many threads', () => {
  it('comes together in one emitter, tagged with thread and connection, each thread in its order', async () => {
    const workers = await Promise.all([1, 2, 3, 4].map(() => startLogger()));
    log.notice('from the main thread', { connection: 5 });
    await Promise.all(
      workers.map((worker, at) => tell(worker, { kind: 'lines', name: `t${at}`, count: 200 })),
    );
    await come(801);
    expect(lines[0]).toEqual({
      time: expect.any(Number),
      level: 'notice',
      thread: 'main',
      connection: 5,
      message: 'from the main thread',
    });
    for (const [at, { threadId }] of workers.entries()) {
      const thread = `thread ${threadId}`;
      expect(messages(thread)).toEqual(numbered(`t${at}`, 200));
      expect(lines.filter((line) => line.thread === thread).map(({ connection }) => connection)).toEqual(
        Array.from({ length: 200 }, (_, line) => line),
      );
    }
  });

  it('keeps the order across threads: a call that returned before another began comes before it', async () => {
    const count = 3;
    const rounds = 300;
    const words = new Int32Array(new SharedArrayBuffer(4));
    const workers = await Promise.all(Array.from({ length: count - 1 }, () => startLogger()));
    const answers = workers.map((worker, turn) =>
      tell(worker, { kind: 'relay', turn, threads: count, rounds, words }),
    );
    // The main thread takes its turns too, without ever coming to its event loop.
    for (let round = 0; round < rounds; round++) {
      const turn = round * count + count - 1;
      for (let now = Atomics.load(words, 0); now !== turn; now = Atomics.load(words, 0))
        Atomics.wait(words, 0, now);
      log.notice(`turn ${turn}`);
      Atomics.store(words, 0, turn + 1);
      Atomics.notify(words, 0);
    }
    expect(messages()).toEqual(Array.from({ length: count * rounds }, (_, turn) => `turn ${turn}`));
    await Promise.all(answers);
  });

  it('has every line of a thread that was terminated right after its last call', async () => {
    for (let round = 0; round < 5; round++) {
      lines = [];
      const words = new Int32Array(new SharedArrayBuffer(4));
      const task: LoggerTask = { kind: 'until terminated', count: 100, words };
      const worker = threads.start('logger', task);
      Atomics.wait(words, 0, 0); // the main thread, too, does nothing but wait until it is said
      await worker.terminate();
      await come(100);
      expect(messages()).toEqual(numbered('last words', 100));
    }
  });

  it('loses lines rather than to hold up a thread when nobody takes them, counts them, and says so', async () => {
    const worker = await startLogger();
    const before = logStats();
    const answer = tell(worker, { kind: 'lines', name: 'flood', count: 5_000, padding: 100 });
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    for (const deadline = Date.now() + 60_000; logStats().lost === before.lost && Date.now() < deadline; )
      Atomics.wait(sleep, 0, 0, 10); // the main thread is busy: its event loop stands still
    expect(await answer).toBe('done');
    const floods = () => lines.filter(({ message }) => message.startsWith('flood'));
    await until(
      () => floods().length + logStats().lost - before.lost === 5_000,
      'every line is emitted or counted as lost',
    );
    const told = () =>
      messages().filter((message) => /^[\d,]+ lines of other threads were lost/.test(message));
    await until(
      () =>
        told().reduce((sum, text) => sum + Number(text.split(' ')[0].replaceAll(',', '')), 0) ===
        logStats().lost - before.lost,
      'it tells how many were lost',
    );
    expect(floods().map(({ connection }) => connection)).toEqual(
      floods()
        .map(({ connection }) => connection)
        .sort((a = 0, b = 0) => a - b),
    );
  });

  it('takes its levels from one place: a change is seen in every thread at once', async () => {
    const [one, other] = [await startLogger(), await startLogger()];
    setLogLevel('err');
    await tell(one, { kind: 'lines', name: 'off', count: 5 });
    expect(await tell(other, { kind: 'level', levels: 'debug' })).toBe('done');
    await tell(one, { kind: 'lines', name: 'on', count: 5 });
    log.debug('here too');
    await come(6);
    expect(messages()).toEqual([...numbered('on', 5), 'here too']);
  });

  it('has one emitter: another thread cannot bring its own, and is told where to', async () => {
    expect(await tell(await startLogger(), { kind: 'emitter' })).toMatch(
      /^emit was given in thread \d+, but lines are emitted in the thread that has the hub: call setLogLevel/,
    );
  });
});
