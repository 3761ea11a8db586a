import { once } from 'node:events';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import {
  type DisconnectInfo,
  type Hub,
  HubErrorCode,
  type HubOptions,
  type RestartInfo,
} from '../../src/main';
import { answerOf, endAll, startHub, startWorker, until } from '../support/hubs';
import { WsPeer } from '../support/ws-peer';

afterEach(endAll);

const HANDLER = path.join(__dirname, 'handlers', 'failing.js');
/** A hang is seen soon: the loop leaves a beat four times a second. */
const HANG_MS = 1_000;

async function startFailing(options: HubOptions = {}): Promise<Hub> {
  const hub = await startHub({
    channels: { '*': { handler: HANDLER } },
    serviceHangMs: HANG_MS,
    logLevel: 0,
    ...options,
  });
  await hub.connections();
  return hub;
}

async function restartOf(hub: Hub): Promise<RestartInfo> {
  const [info] = await once(hub, 'restart');
  return info as RestartInfo;
}

async function startProducer(hub: Hub): Promise<Worker> {
  const thread = startWorker('wire/workers/tracked-producer.ts', {
    workerData: { ringcast: hub.producerHandle() },
  });
  expect(await answerOf(thread)).toBe('attached');
  return thread;
}

/** What a producer thread says of one post: its result, and what became of it. */
async function post(thread: Worker, text: string): Promise<{ result: unknown; outcome: Promise<unknown> }> {
  const result = answerOf(thread);
  thread.postMessage(text);
  return { result: await result, outcome: answerOf(thread) };
}

async function lanes(hub: Hub): Promise<number> {
  return (await hub.stats()).producers.length;
}

describe('a service thread that ends by a fault', () => {
  it.each([
    ['throw', { message: 'thrown later' }],
    ['exit', { code: HubErrorCode.SERVICE_GONE, message: 'it was told to exit, with code 3' }],
    ['hang', { code: HubErrorCode.SERVICE_HUNG, message: expect.stringContaining('did not go round for') }],
  ])(
    '(%s) is started again on its port: peers come back, producers go on, figures add up',
    async (fault, cause) => {
      const hub = await startFailing();
      const { port } = hub;
      const peer = await WsPeer.open(`${hub.url}/chat`);
      peer.ws.send('count');
      await peer.received(1);
      const [{ id }] = await hub.connections();
      expect(hub.post('chat', 'before')).toBe('posted');
      await peer.received(2);
      const disconnected = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
      const restarted = restartOf(hub);
      peer.ws.send(fault);
      expect((await peer.closed).code).toBe(1006);
      expect(hub.post('chat', 'nobody is there')).toBe('posted');
      expect((await disconnected)[0]).toMatchObject({ id, code: 1006, reason: 'the service thread ended' });
      const info = await restarted;
      expect(info).toMatchObject({ cause, restarts: 1 });
      expect([hub.port, hub.ready]).toEqual([port, true]);
      const again = await WsPeer.open(`${hub.url}/chat`);
      expect((await hub.connections())[0].id).toBeGreaterThan(id);
      expect(await hub.send(id, 'for the one that is gone')).toBe(false);
      again.ws.send('count');
      expect((await again.received(1))[0].data.toString()).toBe('1'); // the module was loaded afresh
      expect(hub.post('chat', 'after')).toBe('posted');
      expect((await again.received(2))[1].data.toString()).toBe('after');
      await until(async () => (await hub.stats()).pending === 0, 'nothing pends');
      const stats = await hub.stats();
      expect(stats).toMatchObject({ connections: 1, accepted: 2, serviceRestarts: 1, posted: stats.drained });
      expect(stats.channels.chat).toMatchObject({ posted: 3, subscribers: 1 });
      expect(stats.addressed).toBe(stats.sent + stats.skipped + stats.conflated + stats.abandoned);
    },
  );

  it('leaves the records that it had not taken to the next one, which tells what became of them', async () => {
    const hub = await startFailing({
      channels: { '*': { handler: HANDLER, maxLagBytes: 64 * 1024 * 1024, maxLagMs: 600_000 } },
    });
    const peer = await WsPeer.open(`${hub.url}/chat`);
    const thread = await startProducer(hub);
    peer.ws.pause(); // what it is sent from now on fills its socket, and then has no outcome
    for (let more = 0; more < 20; more++)
      expect(hub.producer.postWait('chat', 'y'.repeat(400_000))).toBe('posted');
    const taken = await post(thread, 'taken');
    await until(async () => (await hub.stats()).drained === 21, 'all of it is taken');
    const restarted = restartOf(hub);
    peer.ws.send('hang');
    await until(async () => (await hub.stats()).received === 1, 'it hangs');
    const left = hub.producer.postTracked('chat', 'left in the lane');
    const call = hub.heartbeat(60_000);
    await restarted;
    expect(await left.settled).toMatchObject({ addressed: 0 });
    await call; // it waited for the next one
    expect(await hub.connections()).toEqual([]);
    expect(await taken.outcome).toBe(HubErrorCode.SERVICE_RESTARTED);
    expect((await hub.stats()).pending).toBe(0);
    peer.ws.terminate();
  });

  it('learns of every end of a producer: of one that died without it, and of one that outlives it', async () => {
    const hub = await startFailing();
    const peer = await WsPeer.open(`${hub.url}/chat`);
    const [killed, alive] = [await startProducer(hub), await startProducer(hub)];
    expect(await lanes(hub)).toBe(3);
    const restarted = restartOf(hub);
    peer.ws.send('hang');
    await until(async () => (await hub.stats()).received === 1, 'it hangs');
    await killed.terminate();
    await restarted;
    await until(async () => (await lanes(hub)) === 2, 'the lane of the one that was killed is free');
    const { result, outcome } = await post(alive, 'to nobody');
    expect([result, await outcome]).toEqual(['posted', expect.objectContaining({ addressed: 0 })]);
    await alive.terminate();
    await until(async () => (await lanes(hub)) === 1, 'the other lane is free, too');
  });

  it('too often is given up: every post answers closed, every call says why', async () => {
    const hub = await startFailing({ maxServiceRestarts: 1 });
    const given = once(hub, 'error');
    const first = await WsPeer.open(`${hub.url}/chat`);
    const restarted = restartOf(hub);
    first.ws.send('exit');
    await restarted;
    const second = await WsPeer.open(`${hub.url}/chat`);
    second.ws.send('throw');
    const [error] = await given;
    expect(error).toMatchObject({
      code: HubErrorCode.SERVICE_GONE,
      message: expect.stringMatching(/started again 1 times within 60 s.*thrown later; mend the cause/),
      cause: { message: 'thrown later' },
    });
    expect([hub.ready, hub.post('chat', 'x')]).toEqual([false, 'closed']);
    await expect(hub.connections()).rejects.toMatchObject({ code: HubErrorCode.SERVICE_GONE });
    await hub.close();
  });

  it('does not keep a hub from its end', async () => {
    const hub = await startFailing();
    const peer = await WsPeer.open(`${hub.url}/chat`);
    const ended = once(hub, 'disconnect');
    peer.ws.send('exit');
    await ended;
    expect(hub.ready).toBe(false);
    await hub.close();
    expect(await hub.health()).toMatchObject({ live: false, reason: 'closed' });
  });
});
