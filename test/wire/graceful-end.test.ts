/** How `close` can be told to end a hub, and what a hub says of itself meanwhile. */
import path from 'node:path';
import { endAll, HUB_MODES, startHub, until } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const FAILING = path.join(__dirname, 'handlers', 'failing.js');
const WELL = { live: true, ready: true, reason: undefined };
/** A hub ends so much later than its deadline at the most. */
const SLACK_MS = 1_000;

describe.each(HUB_MODES)('a hub that closes, $name', ({ startHub }) => {
  it('tells its peers that it restarts, if it is told so', async () => {
    const hub = await startHub();
    const peer = await WsPeer.open(hub.url);
    await hub.close({ restart: true });
    expect(await peer.closed).toEqual({ code: 1012, reason: 'the hub restarts' });
  });

  it('spreads its close frames evenly, as the option says or the call', async () => {
    const hub = await startHub({ closeSpreadMs: 60_000 });
    const peers = await Promise.all(Array.from({ length: 4 }, () => WsPeer.open(hub.url)));
    const times: number[] = [];
    const closed = peers.map(({ closed }) => closed.then(() => times.push(performance.now())));
    await hub.close({ spreadMs: 600 });
    await Promise.all(closed);
    expect(times[3] - times[0]).toBeGreaterThan(500);
  });

  it('is alive and not ready while it closes, and neither when it is closed', async () => {
    const hub = await startHub();
    expect([hub.ready, await hub.health()]).toEqual([true, WELL]);
    const mute = await RawPeer.open(hub.port);
    mute.socket.pause();
    const closed = hub.close();
    expect([hub.ready, await hub.health()]).toEqual([false, { live: true, ready: false, reason: 'closing' }]);
    await closed;
    expect(await hub.health()).toEqual({ live: false, ready: false, reason: 'closed' });
  });

  it('refuses a spread that is longer than its deadline, and goes on', async () => {
    const hub = await startHub();
    await expect(hub.close({ deadlineMs: 10, spreadMs: 11 })).rejects.toThrow(
      'spreadMs is 11: it must be from 0 to deadlineMs, which is 10',
    );
    await expect(hub.close({ spreadMs: -1 })).rejects.toThrow('spreadMs is -1: it must be 0 or more');
    await expect(hub.close({ restart: 1 as never })).rejects.toThrow(
      'restart is 1: it must be true or false',
    );
    expect([hub.ready, hub.post('default', 'x')]).toEqual([true, 'posted']);
  });
});

describe('a hub with a service thread', () => {
  const failing = { channels: { '*': { handler: FAILING } }, logLevel: 0 };

  it('closes while its service thread is started again', async () => {
    const hub = await startHub({ ...failing, closeDeadlineMs: 20_000 });
    const peer = await WsPeer.open(hub.url);
    peer.ws.send('exit');
    expect((await peer.closed).code).toBe(1006);
    await until(() => !hub.ready, 'the hub knows that it has no service thread');
    expect(await hub.health()).toEqual({ live: true, ready: false, reason: 'restarting' });
    await hub.close();
    expect([hub.ready, hub.post('default', 'x')]).toEqual([false, 'closed']);
    expect((await hub.stats()).pending).toBe(0);
  });

  it('ends in time with a service thread that is stuck', async () => {
    const hub = await startHub({ ...failing, serviceHangMs: 0 });
    const peer = await WsPeer.open(hub.url);
    peer.ws.send('hang');
    await until(async () => !(await hub.health(200)).live, 'the service thread is stuck');
    const began = performance.now();
    await hub.close({ deadlineMs: 500 });
    // The machine may be busy; without the end of the thread it would never come.
    expect(performance.now() - began).toBeLessThan(500 + SLACK_MS + 5_000);
    expect((await peer.closed).code).toBe(1006);
  });
});
