import { CloseCode } from '../../../../src/shared/close-codes';
import { ConnectError } from '../../../../src/workers/load/connect-error';
import {
  type Arrival,
  type ConnectLimits,
  Connector,
  type ConnectorEvents,
} from '../../../../src/workers/load/connector';
import type { Peer, PeerEvents } from '../../../../src/workers/load/peer';

/** Connections that come about, or not, when the test says so. */
class World {
  readonly told: string[] = [];
  readonly dialled: { number: number; peer: Peer; atMs: number }[] = [];
  readonly connector: Connector;
  onDial: (arrival: Arrival) => void = () => {};
  readonly #events: ConnectorEvents = {
    opened: (peer, _timings, connectNs) =>
      this.told.push(`opened ${peer.number} after ${Math.round(connectNs / 1e6)} ms`),
    message: () => this.told.push('message'),
    writable: () => this.told.push('writable'),
    closed: (peer, code) => this.told.push(`closed ${peer.number} ${code}`),
    retried: ({ number }, error) => this.told.push(`retried ${number}: ${error.message}`),
    gaveUp: ({ number }, error) => this.told.push(`gave up ${number}: ${error.message}`),
  };

  constructor(limits: Partial<ConnectLimits> = {}) {
    this.connector = new Connector(
      (arrival, events) => this.#dial(arrival, events),
      { ratePerSecond: 1000, concurrency: 100, attempts: 1, timeoutMs: 1000, ...limits },
      this.#events,
      () => 0.5,
    );
  }

  open(number: number): void {
    this.connector.opened(this.#peer(number), { tcpNs: 1, tlsNs: 0, upgradeNs: 1 });
  }

  fail(number: number, error: Error | undefined = new Error('no'), code: number = CloseCode.ABNORMAL): void {
    this.connector.closed(this.#peer(number), code, '', error);
  }

  #peer(number: number): Peer {
    return this.dialled.filter((one) => one.number === number).at(-1)!.peer;
  }

  #dial(arrival: Arrival, events: PeerEvents): Peer {
    this.onDial(arrival);
    const peer = { ...arrival } as Peer;
    peer.terminate = () => events.closed(peer, CloseCode.ABNORMAL, '', undefined);
    this.dialled.push({ number: arrival.number, peer, atMs: performance.now() });
    return peer;
  }
}

const AT_ONCE = Number.POSITIVE_INFINITY;
const client = (number: number): Arrival => ({ number, publisher: false, slowGroup: -1 });
const clients = (count: number): Arrival[] => Array.from({ length: count }, (_, number) => client(number));
/** Whether a promise is settled by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

beforeEach(() => jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => jest.useRealTimers());

test('lets clients go at the rate, no faster', () => {
  const world = new World({ ratePerSecond: 100, concurrency: 1000 });
  void world.connector.connect(clients(300));
  expect(world.dialled).toHaveLength(1);
  jest.advanceTimersByTime(1000);
  expect(world.dialled.length).toBeGreaterThanOrEqual(100);
  expect(world.dialled.length).toBeLessThanOrEqual(101);
  expect(world.connector.waiting).toBe(300 - world.dialled.length);
});

test('has no more under way than the window allows, and goes on as soon as one is done', () => {
  const world = new World({ ratePerSecond: AT_ONCE, concurrency: 3 });
  void world.connector.connect(clients(5));
  expect(world.dialled.map(({ number }) => number)).toEqual([0, 1, 2]);
  world.open(1);
  expect(world.dialled.at(-1)?.number).toBe(3);
  world.fail(0);
  expect(world.dialled.at(-1)?.number).toBe(4);
});

test('is done when every client is open or given up', async () => {
  const world = new World({ ratePerSecond: AT_ONCE });
  const done = world.connector.connect(clients(2));
  world.open(0);
  expect(await isDone(done)).toBe(false);
  world.fail(1);
  expect(await isDone(done)).toBe(true);
  expect(world.told).toEqual(['opened 0 after 0 ms', 'gave up 1: no']);
});

test('tries again after a failure, and counts the latency from the first attempt', () => {
  const world = new World({ attempts: 3 });
  void world.connector.connect([client(7)]);
  world.fail(7);
  expect(world.told).toEqual(['retried 7: no']);
  expect(world.connector.waiting).toBe(1);
  jest.advanceTimersByTime(25);
  world.fail(7);
  jest.advanceTimersByTime(50);
  world.open(7);
  expect(world.told).toEqual(['retried 7: no', 'retried 7: no', 'opened 7 after 75 ms']);
});

test('comes again no sooner than the server asks', () => {
  const world = new World({ attempts: 2 });
  void world.connector.connect([client(0)]);
  world.fail(0, new ConnectError('HTTP 503', 'busy', 2000));
  jest.advanceTimersByTime(2000);
  expect(world.dialled).toHaveLength(1);
  jest.advanceTimersByTime(25);
  expect(world.dialled).toHaveLength(2);
});

test('gives an attempt up at the timeout', async () => {
  const world = new World({ timeoutMs: 300 });
  const done = world.connector.connect([client(0)]);
  jest.advanceTimersByTime(300);
  expect(await isDone(done)).toBe(true);
  expect(world.told).toEqual(['gave up 0: no open connection within 300 ms (--connect-timeout)']);
});

test('tells with which code the server closed before the client was ready', () => {
  const world = new World();
  void world.connector.connect([client(0)]);
  world.connector.closed(world.dialled[0].peer, 4003, 'not you', undefined);
  expect(world.told).toEqual(['gave up 0: the server closed with 4003 before the client was ready: not you']);
});

test('what cannot even be dialled is a failed attempt, however many there are', async () => {
  const world = new World({ concurrency: 1 });
  world.onDial = () => {
    throw new TypeError('no such address');
  };
  const done = world.connector.connect(clients(10_000), { atOnce: true });
  expect(await isDone(done)).toBe(true);
  expect(world.told).toHaveLength(10_000);
  expect(world.told[0]).toBe('gave up 0: no such address');
});

test('an open connection is told of as it is, and its end as an end', () => {
  const world = new World();
  void world.connector.connect([client(0)]);
  world.open(0);
  world.fail(0, undefined, 1001);
  expect(world.told.at(-1)).toBe('closed 0 1001');
});

test('those that come at once wait for room, not for the rate', () => {
  const world = new World({ ratePerSecond: 1, concurrency: 3 });
  void world.connector.connect(clients(10), { atOnce: true });
  expect(world.dialled).toHaveLength(3);
  for (let number = 0; number < 7; number++) world.open(number);
  expect(world.dialled).toHaveLength(10);
});

test('leaves nothing when it is aborted: who waits, who rests, who is under way', async () => {
  const world = new World({ ratePerSecond: AT_ONCE, concurrency: 2, attempts: 2 });
  const done = world.connector.connect(clients(5));
  world.fail(0);
  world.connector.abort();
  expect(await isDone(done)).toBe(true);
  expect(await isDone(world.connector.connect([client(9)]))).toBe(true);
  expect([world.connector.waiting, world.connector.connecting, jest.getTimerCount()]).toEqual([0, 0, 0]);
  const dialled = world.dialled.length;
  jest.advanceTimersByTime(60_000);
  expect(world.dialled).toHaveLength(dialled);
  expect(world.told).toEqual(['retried 0: no']);
});
