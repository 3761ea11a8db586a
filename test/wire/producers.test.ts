import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { attachProducer, HubErrorCode } from '../../src/main';
import { answerOf, endAll, HUB_MODES, startWorker, until } from '../support/hubs';
import { WsPeer } from '../support/ws-peer';
import type { ProducerAnswer } from './workers/producer';

afterEach(endAll);

describe.each(HUB_MODES)('producers in other threads, $name', ({ startHub }) => {
  it('attach by workerData, are counted one by one, and give their lanes back when their threads are ended', async () => {
    const hub = await startHub({ ring: { maxProducers: 3 } });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const start = async () => {
      const task = { kind: 'on demand', channel: 'ticks' };
      const thread = startWorker('wire/workers/producer.ts', {
        workerData: { ringcast: hub.producerHandle(), task },
      });
      expect(await answerOf(thread)).toBe('attached');
      return thread;
    };
    const threads = [await start(), await start(), await start()];
    for (const [at, thread] of threads.entries()) {
      const answer = answerOf<ProducerAnswer>(thread);
      thread.postMessage((at + 1) * 10);
      expect((await answer).posted).toBe((at + 1) * 10);
    }
    await peer.received(60);
    const { producers } = await hub.stats();
    const byThread = new Map(producers.map(({ threadId, posted }) => [threadId, posted]));
    expect(threads.map(({ threadId }) => byThread.get(threadId))).toEqual([10, 20, 30]);
    await Promise.all(threads.map((thread) => thread.terminate()));
    await until(async () => (await hub.stats()).producers.length === 1, 'only the own producer is left');
    const again = await start();
    const answer = answerOf<ProducerAnswer>(again);
    again.postMessage(5);
    await answer;
    await peer.received(65);
    await until(async () => (await hub.stats()).pending === 0, 'nothing pends');
    const stats = await hub.stats();
    expect(stats).toMatchObject({
      posted: 65,
      drained: 65,
      addressed: 65,
      sent: 65,
      abandoned: 0,
      refused: 0,
    });
    expect(stats.channels.ticks).toMatchObject({
      posted: 65,
      addressed: 65,
      sent: 65,
      pending: 0,
      subscribers: 1,
    });
    expect(stats.producers.find(({ threadId }) => threadId === again.threadId)?.posted).toBe(5);
  });

  it('read the counters from shared memory, also while the main thread is blocked', async () => {
    const hub = await startHub();
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    hub.post('ticks', 'one');
    hub.post('ticks', 'two');
    await peer.received(2);
    await until(async () => (await hub.stats()).pending === 0, 'nothing pends');
    const words = new Int32Array(new SharedArrayBuffer(12));
    const workerData = { ringcast: hub.producerHandle(), words };
    await answerOf(startWorker('wire/workers/stats-reader.ts', { workerData }));
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    expect(Atomics.wait(words, 0, 1, 30_000)).not.toBe('timed-out'); // this thread is blocked meanwhile
    expect([words[1], words[2]]).toEqual([2, 2]);
  });

  it('of a pool find the handle by themselves, beside what else is in workerData', async () => {
    const hub = await startHub();
    const peer = await WsPeer.open(`${hub.url}/jobs`);
    const pool = hub.createProducerPool({
      filename: path.join(__dirname, 'workers', 'pool-task.ts'),
      execArgv: ['-r', 'ts-node/register/transpile-only'],
      workerData: { name: 'mine' },
      maxThreads: 2,
    });
    const texts = ['a', '', 'ü'];
    const answers = await Promise.all([
      pool.run({ channel: 'jobs', texts }),
      pool.run({ channel: 'jobs', texts }),
    ]);
    for (const { results, sent, own } of answers) {
      expect({ results, sent, name: own.name }).toEqual({
        results: ['posted', 'posted', 'posted'],
        sent: [1, 1, 1],
        name: 'mine',
      });
    }
    await peer.received(6);
    expect(peer.texts.sort()).toEqual(['', '', 'a', 'a', 'ü', 'ü']);
    expect(() => hub.createProducerPool({ workerData: 5 })).toThrow(
      'workerData of a producer pool must be an object',
    );
    await hub.close();
    expect(pool.threads).toEqual([]);
  });

  it('beyond the lanes of the ring are refused', async () => {
    const hub = await startHub({ ring: { maxProducers: 1 } });
    const one = attachProducer(hub.producerHandle());
    expect(() => attachProducer(hub.producerHandle())).toThrow(
      expect.objectContaining({ code: HubErrorCode.TOO_MANY_PRODUCERS }),
    );
    one.close();
    expect(one.post('x', 'y')).toBe('closed');
    await until(async () => (await hub.stats()).producers.length === 1, 'its lane is free');
    attachProducer(hub.producerHandle()).close();
  });
});

describe('a hub that is closed', () => {
  it('leaves nothing running: its process ends by itself', async () => {
    const file = path.join(__dirname, 'workers', 'quiet-exit.ts');
    const run = promisify(execFile)(process.execPath, ['-r', 'ts-node/register/transpile-only', file], {
      timeout: 50_000,
    });
    const { stdout } = await run;
    expect(JSON.parse(stdout)).toEqual({ sent: 1, left: [] });
  });
});
