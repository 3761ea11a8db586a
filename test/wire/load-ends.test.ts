import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadEvent, type LoadOptions, LoadOptionsError, loadTest } from '../../src/main/load';
import { endAll, until } from '../support/hubs';
import { startLoadServer } from '../support/load-server';
import { removeFolders, temporaryFolder } from '../support/temporary';

const LONG: LoadOptions = {
  clients: 4,
  workers: 1,
  ratePerSecond: 200,
  warmupMs: 300,
  durationMs: 60_000,
  settleMs: 300,
};

type Phase = Extract<LoadEvent, { type: 'phase' }>['name'];

afterEach(endAll);
afterEach(removeFolders);

describe('a load test that is ended early', () => {
  it.each<Phase>(['prepare', 'connect', 'settle', 'warm-up', 'measure'])(
    'in phase %s: answers what it has, and leaves nothing behind',
    async (phase) => {
      const server = await startLoadServer('broadcast');
      const controller = new AbortController();
      const onEvent = (event: LoadEvent) => {
        if (event.type === 'phase' && event.name === phase) setTimeout(() => controller.abort(), 20);
      };
      const result = await loadTest({ ...LONG, url: server.url, signal: controller.signal, onEvent });
      expect(result.run.ended).toBe('interrupted');
      expect(result.run.phases.map(({ name }) => name)).toContain(phase);
      expect(result.reconciliation).toMatchObject({ addsUp: true, duplicated: 0 });
      await until(() => server.open === 0, 'all connections are gone');
    },
  );

  it('while it drains: what has not come is told as lost', async () => {
    const server = await startLoadServer('sink');
    const controller = new AbortController();
    const onEvent = (event: LoadEvent) => {
      if (event.type === 'phase' && event.name === 'drain') controller.abort();
    };
    const options = { ...LONG, url: server.url, warmupMs: 0, durationMs: 500, drainTimeoutMs: 60_000 };
    const result = await loadTest({ ...options, signal: controller.signal, onEvent });
    expect(result.run.ended).toBe('interrupted');
    // A thread that is late has not sent all that the schedule has.
    const expected = result.totals.published * LONG.clients!;
    expect(expected).toBeGreaterThan(0);
    expect(result.reconciliation).toMatchObject({ expected, received: 0, lost: expected, addsUp: true });
    await until(() => server.open === 0, 'all connections are gone');
  });

  it('before it began: starts nothing', async () => {
    const server = await startLoadServer('sink');
    const result = await loadTest({ ...LONG, url: server.url, signal: AbortSignal.abort() });
    expect([result.run.ended, server.accepted]).toEqual(['interrupted', 0]);
  });

  it('by a threshold that fails too long', async () => {
    const server = await startLoadServer('broadcast');
    const thresholds = ['response.p50 < 0.001ms'];
    const result = await loadTest({ ...LONG, url: server.url, thresholds, abortOnFailMs: 0 });
    expect(result.run.ended).toBe('threshold');
    expect(result.thresholds).toMatchObject([{ metric: 'response.p50', passed: false }]);
    await until(() => server.open === 0, 'all connections are gone');
  });

  it('by a load thread that dies: fails, with what was measured until then', async () => {
    const server = await startLoadServer('broadcast');
    const script = join(temporaryFolder(), 'deadly.cjs');
    writeFileSync(
      script,
      `let opened = 0;
       exports.adapter = { name: 'deadly', open() { if (++opened === 4) setTimeout(() => { throw new Error('boom') }, 1000); } };`,
    );
    const result = await loadTest({ ...LONG, url: server.url, adapter: script });
    expect(result.run.ended).toBe('failed');
    expect(result.verdict.valid).toBe(false);
    expect(result.verdict.reasons.join()).toContain('boom');
    await until(() => server.open === 0, 'all connections are gone');
  });
});

describe('a load test that cannot be', () => {
  it('is refused with all its faults before anything starts', async () => {
    const server = await startLoadServer('sink');
    const events: LoadEvent[] = [];
    const options: LoadOptions = {
      url: server.url,
      clients: -1,
      thresholds: ['respones.p99 < 50ms'],
      onEvent: (event) => events.push(event),
    };
    const error = await loadTest(options).catch((reason) => reason);
    expect(error).toBeInstanceOf(LoadOptionsError);
    expect((error as LoadOptionsError).faults.map(({ option }) => option)).toEqual(['clients', 'thresholds']);
    expect([events, server.accepted]).toEqual([[], 0]);
  });

  it('is refused where this machine cannot make it, with the command that repairs that', async () => {
    const options: LoadOptions = {
      clients: 1_000_000,
      url: 'ws://10.255.255.1/',
      sourceAddresses: ['127.0.0.1'],
    };
    const error = (await loadTest(options).catch((reason) => reason)) as LoadOptionsError;
    expect(error).toBeInstanceOf(LoadOptionsError);
    expect(error.faults.map(({ option }) => option)).toEqual(['clients']);
    expect(error.message).toContain('Repair: sudo sysctl -w net.ipv4.ip_local_port_range');
  });

  it('says what an adapter lacks that cannot be loaded', async () => {
    const server = await startLoadServer('sink');
    const script = join(temporaryFolder(), 'empty.cjs');
    writeFileSync(script, '');
    await expect(loadTest({ ...LONG, url: server.url, adapter: script })).rejects.toThrow(/empty\.cjs/);
    expect(server.accepted).toBe(0);
  });
});
