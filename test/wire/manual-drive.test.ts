import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createHub, type Hub, HubErrorCode, type HubOptions } from '../../src/main';
import { endAll, startDrivenHub, until, whenOver } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

/** A hub that nothing turns but the test, until it is over. */
async function startStill(options: HubOptions = {}): Promise<Hub> {
  const hub = await createHub({ ...options, drive: 'manual' });
  whenOver(() => closeDriven(hub));
  return hub;
}

async function closeDriven(hub: Hub): Promise<void> {
  const timer = setInterval(() => hub.service(), 5);
  await hub.close({ deadlineMs: 0 });
  clearInterval(timer);
}

/** The event loop goes round, so that sockets and doorbells have had their turn. */
async function rounds(count = 5): Promise<void> {
  for (let round = 0; round < count; round++) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a hub that is driven by the application', () => {
  it('does nothing between two calls of service: no message goes out, no event is told, no ping is sent', async () => {
    const hub = await startStill({ pingIntervalMs: 1, pongTimeoutMs: 60_000 });
    const told: string[] = [];
    hub.on('connection', () => told.push('connection'));
    hub.on('message', (_info, data) => told.push(`${data}`));
    const peer = await RawPeer.open(hub.port, '/ticks');
    peer.send(1, 'hello');
    hub.post('ticks', 'one');
    await rounds(300); // longer than the interval at which quiet peers are looked for
    expect([told, peer.frames.length + peer.pings.length, (await hub.stats()).drained]).toEqual([[], 0, 0]);
    expect(hub.service().worked).toBeGreaterThan(0);
    await until(() => told.length === 2, 'events come with the service, not after it', 0);
    expect(told).toEqual(['connection', 'hello']);
    await rounds(); // the write is done
    hub.service();
    const frames = await peer.until(({ length }) => length === 1);
    expect(frames.map(({ opcode, payload }) => [opcode, `${payload}`])).toEqual([[1, 'one']]);
    expect(peer.pings.length).toBeGreaterThan(0);
  });

  it('sets no timers and no immediates', async () => {
    const set: string[] = [];
    const hook = createHook({
      init: (_id, type) => {
        if ((type === 'Timeout' || type === 'Immediate') && new Error().stack?.includes('/src/'))
          set.push(type);
      },
    });
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 50;
    hook.enable();
    whenOver(() => {
      hook.disable();
      Error.stackTraceLimit = limit;
    });
    const hub = await startStill();
    hub.on('message', () => {});
    const peer = await RawPeer.open(hub.port, '/ticks');
    for (let round = 0; round < 20; round++) {
      peer.send(1, 'hello');
      hub.post('ticks', 'one');
      await rounds();
      hub.service();
    }
    await peer.until(({ length }) => length === 20);
    expect(set).toEqual([]);
    setImmediate(() => {}).unref(); // the hook works: this is of this file, and not of src
    setTimeoutOf(hub);
    expect(set).toEqual(['Timeout']);
  });

  it('keeps to its budgets: so many records a call, and the rest later', async () => {
    const hub = await startStill();
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    hub.service();
    for (let number = 0; number < 1_000; number++) expect(hub.post('ticks', `${number}`)).toBe('posted');
    const drained = async () => (await hub.stats()).drained;
    expect(hub.service({ maxRecords: 10 }).pending).toBe(true);
    expect(await drained()).toBe(10);
    hub.service({ maxRecords: 0 });
    expect(await drained()).toBe(10);
    hub.service({ budgetMs: 0 });
    expect(await drained()).toBe(266); // the least step that looks at the clock
    while (hub.service({ budgetMs: 1_000 }).pending);
    expect(await drained()).toBe(1_000);
    await until(() => {
      hub.service();
      return peer.seen.length === 1_000;
    }, 'all is sent');
    expect(peer.texts).toEqual(Array.from({ length: 1_000 }, (_, number) => `${number}`));
  });

  it('tells by onWork that there is something to do: once between two calls, with an empty stack, and not while it is serviced', async () => {
    let calls = 0;
    let hub: Hub | undefined;
    let servicing = false;
    hub = await createHub({
      drive: 'manual',
      onWork: () => {
        expect([servicing, hub !== undefined]).toEqual([false, true]);
        calls++;
      },
    });
    const started = hub;
    whenOver(() => closeDriven(started));
    const service = () => {
      servicing = true;
      const report = started.service();
      servicing = false;
      return report;
    };
    await until(() => calls === 1, 'the first turn is due');
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    await rounds();
    expect(calls).toBe(1);
    await until(() => !service().pending, 'nothing is pending');
    calls = 0;
    await rounds(20);
    expect(calls).toBe(0);
    hub.post('ticks', 'one');
    hub.post('ticks', 'two');
    await until(() => calls > 0, 'the doorbell rang');
    await rounds();
    expect(calls).toBe(1);
    service();
    await peer.received(2);
  });

  it('may be serviced from onWork and from its events, and not from the callbacks of its poll array', async () => {
    const answers: unknown[] = [];
    let hub: Hub | undefined;
    const attempt = () => {
      if (hub === undefined) return; // the listener and the wake-up descriptor
      try {
        answers.push(hub.service());
      } catch (error) {
        answers.push((error as Error).message);
      }
    };
    hub = await createHub({
      drive: 'manual',
      onWork: () => hub?.service(),
      poll: { addPollFd: attempt, delPollFd: attempt, setModePollFd: attempt, clearModePollFd: attempt },
    });
    const started = hub;
    whenOver(() => closeDriven(started));
    const events: unknown[] = [];
    hub.on('connection', () => events.push(started.service().worked));
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    await until(() => events.length === 1, 'it is told of the connection');
    hub.post('ticks', 'one');
    await peer.received(1);
    expect(events).toEqual([expect.any(Number)]);
    expect(answers).toEqual(['the hub is in the middle of its work: its callbacks must not service it']);
  });

  it('says when it wants to be called again', async () => {
    const hub = await startStill();
    await until(() => !hub.service().pending, 'nothing is pending');
    const { nextDeadlineMs } = hub.service();
    expect(nextDeadlineMs).toBeGreaterThan(0);
    expect(nextDeadlineMs).toBeLessThanOrEqual(250);
    hub.post('ticks', 'one');
    expect(hub.service()).toMatchObject({ pending: true, nextDeadlineMs: 0 });
    const closed = hub.close();
    await until(() => hub.service().nextDeadlineMs === Number.POSITIVE_INFINITY, 'it is closed');
    await closed;
    expect(hub.service()).toEqual({ worked: 0, pending: false, nextDeadlineMs: Number.POSITIVE_INFINITY });
  });

  it('is ended by close also when nobody drives it any more', async () => {
    const hub = await createHub({ drive: 'manual' });
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    const gone = once(peer.ws, 'close');
    hub.post('ticks', 'never drained');
    await hub.close({ deadlineMs: 0 });
    await gone;
    await expect(WsPeer.open(hub.url)).rejects.toThrow();
    await expect(hub.connections()).rejects.toMatchObject({ code: HubErrorCode.CLOSED });
  });

  it('that cannot listen leaves nothing behind', async () => {
    const first = await startDrivenHub();
    const before = process.listenerCount('workerMessage');
    const fds: number[] = [];
    const poll = {
      addPollFd: (fd: number) => fds.push(fd),
      delPollFd: (fd: number) => fds.splice(fds.indexOf(fd), 1),
      setModePollFd: () => {},
      clearModePollFd: () => {},
    };
    await expect(createHub({ drive: 'manual', port: first.port, poll })).rejects.toMatchObject({
      code: HubErrorCode.LISTEN_FAILED,
    });
    expect([process.listenerCount('workerMessage'), fds]).toEqual([before, []]);
  });

  it('gets an error for options and calls that do not go together', async () => {
    const poll = { addPollFd: () => {} };
    const bad: [unknown, string][] = [
      [{ drive: 'self' }, `drive is "self": it must be 'auto' or 'manual'`],
      [{ onWork: () => {} }, "onWork is for drive: 'manual'"],
      [{ drive: 'manual', onWork: 5 }, 'onWork is number: it must be a function'],
      [{ drive: 'manual', poll }, 'poll.delPollFd must be a function'],
      [{ drive: 'manual', serviceThread: true }, 'serviceThread is true: drive'],
      [{ serviceThread: 'no' }, 'serviceThread is no: it must be true or false'],
    ];
    for (const [options, message] of bad)
      await expect(createHub(options as HubOptions)).rejects.toThrow(message);
    const hub = await startStill();
    expect(() => hub.service({ budgetMs: -1 })).toThrow('budgetMs is -1: it must be 0 or more');
    expect(() => hub.service({ maxRecords: 'all' as never })).toThrow(
      'maxRecords is all: it must be a number',
    );
    expect(() => hub.serviceFd(0, 1)).toThrow('hub.serviceFd() is for createHub({ drive, poll })');
    const auto = await createHub({ serviceThread: false });
    whenOver(() => auto.close());
    expect(() => auto.service()).toThrow('this hub turns itself');
    const peer = await WsPeer.open(`${auto.url}/ticks`);
    auto.post('ticks', 'in this thread, by itself');
    await peer.received(1);
  });
});

/** What the hub does not do by itself: a call that waits sets a timer. */
function setTimeoutOf(hub: Hub): void {
  void hub.close();
}
