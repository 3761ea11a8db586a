import type { WebSocket } from 'ws';
import { type LoadOptions, type LoadResult, loadTest } from '../../src/main/load';
import { endAll, startHub } from '../support/hubs';
import { inQuiet } from '../support/in-quiet';
import { startLoadServer } from '../support/load-server';

/** 20 messages of warm-up and 80 that count. */
const SHORT: LoadOptions = {
  clients: 5,
  workers: 2,
  ratePerSecond: 200,
  warmupMs: 100,
  durationMs: 400,
  settleMs: 0,
  seed: 7,
};
const run = (options: LoadOptions) => loadTest({ ...SHORT, ...options });

function messagesOf({ totals, reconciliation }: LoadResult) {
  const { expected, received, lost, addsUp } = reconciliation;
  return { published: totals.published, expected, received, lost, addsUp };
}

afterEach(endAll);

describe('a load test', () => {
  it('broadcast: every client gets every message, and only those of the window are measured', async () => {
    const { url } = await startLoadServer('broadcast');
    const result = await run({ url, publishers: 3 });
    expect(messagesOf(result)).toEqual({
      published: 100,
      expected: 500,
      received: 500,
      lost: 0,
      addsUp: true,
    });
    expect(result.totals).toMatchObject({
      scheduled: 100,
      publishedMeasured: 80,
      receivedMeasured: 400,
      opened: 5,
    });
    expect(result.totals).toMatchObject({ targetPerSecond: 200, publishedPerSecond: 200, achieved: 1 });
    expect(result.latency.response.count).toBe(400);
    expect(result.latency.scheduleLag.count).toBe(80);
    expect(result.run.ended).toBe('complete');
    expect(result.errors).toEqual([]);
  });

  it('echo: every client gets its own messages, and no others', async () => {
    const { url } = await startLoadServer('echo');
    const result = await run({ url, mode: 'echo' });
    expect(messagesOf(result)).toEqual({
      published: 100,
      expected: 100,
      received: 100,
      lost: 0,
      addsUp: true,
    });
    expect(result.latency.response.count).toBe(80);
  });

  it('echo of somebody else’s messages is no echo', async () => {
    const { url } = await startLoadServer('broadcast');
    const result = await run({ url, mode: 'echo' });
    expect(result.reconciliation).toMatchObject({ received: 100, foreign: 400 });
    expect(result.reconciliation.samples.join()).toContain('which it should not get');
  });

  it('fan-in: every client sends, and nothing is expected back', async () => {
    const server = await startLoadServer('sink');
    const result = await run({ url: server.url, mode: 'fan-in' });
    expect(messagesOf(result)).toMatchObject({ published: 100, received: 0, lost: 0 });
    expect(server.received).toBe(100);
    expect(result.latency.response.count).toBe(0);
    expect(result.latency.scheduleLag.count).toBe(80);
  });

  it('idle: clients connect and stay, and nothing is sent', async () => {
    await inQuiet(async () => {
      const server = await startLoadServer('sink');
      const result = await run({ url: server.url, mode: 'idle', ratePerSecond: 0 });
      expect(result.totals).toMatchObject({
        opened: 5,
        published: 0,
        scheduled: 0,
        lostConnections: 0,
        left: 5,
      });
      const tookMs = Date.parse(result.run.endedAt) - Date.parse(result.run.startedAt);
      expect(tookMs).toBeGreaterThanOrEqual(SHORT.warmupMs! + SHORT.durationMs!);
      expect(result.verdict.valid).toBe(true);
    });
  });

  it('connect: clients come at the connect rate, and leave as soon as they are there', async () => {
    const server = await startLoadServer('sink');
    const result = await run({ url: server.url, mode: 'connect', ratePerSecond: 0, clients: 40 });
    expect(result.totals).toMatchObject({ opened: 40, left: 40, connectFailed: 0 });
    expect(result.latency.connect.count).toBe(40);
    expect(server.accepted).toBe(40);
  });

  it('reconnect: all are cut twice and come back, and what they could not get is not lost', async () => {
    const server = await startLoadServer('broadcast');
    const result = await run({ url: server.url, mode: 'reconnect', durationMs: 1_500 });
    const { opened, left, lostConnections } = result.totals;
    // Who has not come back by the second time is not cut then.
    expect(opened).toBeGreaterThanOrEqual(10);
    expect({ left, lostConnections }).toEqual({ left: opened, lostConnections: 0 });
    expect(messagesOf(result)).toMatchObject({ published: 320, lost: 0, addsUp: true });
    expect(server.accepted).toBe(opened + 1);
  });

  it('churn: some leave and as many come', async () => {
    const server = await startLoadServer('broadcast');
    const result = await run({ url: server.url, mode: 'churn', churnPerSecond: 20 });
    const { opened, left, lostConnections } = result.totals;
    expect(opened).toBeGreaterThan(5);
    expect({ left, lostConnections }).toEqual({ left: opened, lostConnections: 0 });
    expect(messagesOf(result)).toMatchObject({ published: 100, lost: 0, addsUp: true });
  });

  it('ends after exactly so many messages of the window', async () => {
    const { url } = await startLoadServer('broadcast');
    const result = await run({ url, maxMessages: 33, durationMs: 10_000 });
    expect(messagesOf(result)).toEqual({
      published: 53,
      expected: 265,
      received: 265,
      lost: 0,
      addsUp: true,
    });
    expect(result.totals.publishedMeasured).toBe(33);
  });

  it('follows stages, a spike among them', async () => {
    const { url } = await startLoadServer('broadcast');
    const stages = [
      { durationMs: 200, ratePerSecond: 100 },
      { durationMs: 100, ratePerSecond: 1_000 },
      { durationMs: 200, ratePerSecond: 0, ramp: true },
    ];
    const result = await run({ url, stages, ratePerSecond: undefined, durationMs: undefined });
    expect(result.totals).toMatchObject({ scheduled: 10 + 20 + 100 + 100, published: 230, received: 1_150 });
  });

  it('loads a hub of ours as it loads any server', async () => {
    const hub = await startHub({ channels: { load: {} } });
    hub.on('message', (_from, data) => void hub.post('load', data));
    const result = await run({ url: `${hub.url}/load` });
    expect(messagesOf(result)).toEqual({
      published: 100,
      expected: 500,
      received: 500,
      lost: 0,
      addsUp: true,
    });
  });

  it('sends text, and sizes that differ', async () => {
    const { url } = await startLoadServer('echo');
    const result = await run({
      url,
      mode: 'echo',
      payload: { text: true },
      sizeBytes: { min: 64, max: 20_000 },
    });
    expect(messagesOf(result)).toMatchObject({ received: 100, addsUp: true });
    expect(result.totals.publishedBytes).toBe(result.totals.receivedBytes);
    expect(result.totals.publishedBytes).toBeGreaterThan(100 * 64);
  });
});

describe('a load test that does not go well', () => {
  it('tells lost connections, and what they missed, apart from what the server lost', async () => {
    let second: WebSocket | undefined;
    let messages = 0;
    const { url } = await startLoadServer('broadcast', (ws, nth) => {
      if (nth === 2) second = ws;
      ws.on('message', () => {
        if (++messages === 20) second?.close(1013, 'too slow');
      });
    });
    const result = await run({ url, drainTimeoutMs: 100, publishers: 1, workers: 1 });
    expect(result.totals.lostConnections + result.totals.unsent).toBeGreaterThan(0);
    expect(result.errors).toContainEqual({
      phase: 'close',
      code: 'close 1013',
      count: 1,
      sample: expect.stringContaining('too slow'),
    });
    expect(result.reconciliation).toMatchObject({ lost: 0, addsUp: true });
  });

  it('says that nobody could connect, and why', async () => {
    const server = await startLoadServer('sink');
    await new Promise((resolve) => server.server.close(resolve));
    const result = await run({ url: server.url, connectAttempts: 2, drainTimeoutMs: 0 });
    expect(result.totals).toMatchObject({ opened: 0, connectFailed: 5, connectRetried: 6, unsent: 0 });
    expect(result.verdict).toMatchObject({
      valid: false,
      reasons: expect.arrayContaining(['none of 5 clients could connect']),
    });
    expect(result.errors[0]).toMatchObject({ phase: 'connect', code: 'ECONNREFUSED' });
  });

  it('keeps slow peers apart from those that behave', async () => {
    const { url } = await startLoadServer('broadcast');
    const result = await run({
      url,
      clients: 10,
      slow: [{ clients: 2, name: '20%:never-read', behaviour: { kind: 'never-read' } }],
      drainTimeoutMs: 60_000,
    });
    expect(result.groups).toMatchObject([
      { name: 'fast', clients: 8, received: 800, lost: 0, disconnected: 0 },
      { name: '20%:never-read', clients: 2, disconnected: 0 },
    ]);
    expect(result.latency.response.count).toBe(640);
    expect(result.reconciliation).toMatchObject({ expected: 1_000, lost: 0, addsUp: true });
    expect(result.run.phases.find(({ name }) => name === 'drain')!.ms).toBeLessThan(30_000);
  });
});
