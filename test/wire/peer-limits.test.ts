import { once } from 'node:events';
import path from 'node:path';
import type { DisconnectInfo, Hub, HubOptions, ReceiveMode } from '../../src/main';
import { endAll, startHub } from '../support/hubs';
import { maskedFrame, nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterAll(endAll);

const [CONTINUE, TEXT, PING, PONG] = [0, 1, 9, 10];

/** How the connection that a flood came over ends: what the peer sees, and what the application is told. */
async function ends(hub: Hub, flood: Buffer): Promise<{ code?: number; told: DisconnectInfo }> {
  const ended = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
  const peer = await RawPeer.open(hub.port, '/flood');
  peer.socket.write(flood);
  const [[told]] = await Promise.all([ended, peer.ended]);
  return { code: peer.closeFrame?.code, told };
}

const times = (count: number, opcode: number, payload = 'x', final = true) =>
  Buffer.concat(Array.from({ length: count }, () => maskedFrame(opcode, payload, final)));

const FLOODS: [string, HubOptions, Buffer, string][] = [
  ['messages', { maxMessagesPerSecond: 10 }, times(60, TEXT), '10 messages'],
  ['bytes', { maxBytesPerSecond: 2_000 }, times(60, TEXT, 'x'.repeat(100)), '2000 bytes of messages'],
  ['pings', { maxControlFramesPerSecond: 50 }, times(300, PING), '50 control frames'],
  ['pongs', { maxControlFramesPerSecond: 50 }, times(300, PONG), '50 control frames'],
];

describe.each<ReceiveMode>(['message', 'fragments'])('with receive: %p a peer', (receive) => {
  const base: HubOptions = { peerBurstMs: 1_000, channels: { flood: { receive } } };
  let hub: Hub;

  beforeAll(async () => {
    hub = await startHub(base);
  });

  /** Sets the limits of the running hub to these. */
  const limit = (limits: HubOptions) => hub.reconfigure({ ...base, ...limits });

  test.each(FLOODS)('that floods us with %s gets 1008', async (_what, limits, flood, most) => {
    await limit(limits);
    const before = await hub.stats();
    const { code, told } = await ends(hub, flood);
    expect(code).toBe(1008);
    expect(told).toMatchObject({ code: 1008, reason: `more than ${most} per second` });
    expect((await hub.stats()).disconnectedFlooding - before.disconnectedFlooding).toBe(1);
  });

  test('that goes on after 1008 is read no further, and is gone', async () => {
    await limit({ maxMessagesPerSecond: 10 });
    const before = await hub.stats();
    const ended = once(hub, 'disconnect');
    const peer = await RawPeer.open(hub.port, '/flood');
    const chunk = times(4_000, TEXT);
    const write = () => {
      for (let more = true; more && !peer.socket.destroyed; ) more = peer.socket.write(chunk);
    };
    peer.socket.on('drain', write);
    write();
    await Promise.all([ended, peer.ended]);
    // What one read brings, and no more.
    expect((await hub.stats()).received - before.received).toBeLessThan(2 * 65_536);
    expect(peer.socket.bytesWritten).toBeLessThan(64 * 1024 * 1024); // it was cut, not listened to until it had enough
  });

  test('that keeps within them is never cut', async () => {
    await limit({ maxMessagesPerSecond: 60, maxBytesPerSecond: 60, maxControlFramesPerSecond: 60 });
    const before = await hub.stats();
    const peer = await RawPeer.open(hub.port, '/flood');
    peer.socket.write(Buffer.concat([times(60, TEXT), times(59, PING), maskedFrame(PING, 'last')]));
    await peer.until((frames) => frames.some(({ payload }) => payload.toString() === 'last'));
    expect((await hub.stats()).disconnectedFlooding).toBe(before.disconnectedFlooding);
  });

  if (receive === 'fragments')
    test('that sends empty fragments without end gets 1008', async () => {
      await limit({ maxControlFramesPerSecond: 50 });
      const flood = Buffer.concat([maskedFrame(TEXT, '', false), times(300, CONTINUE, '', false)]);
      expect((await ends(hub, flood)).code).toBe(1008);
    });
});

test('a connection gets no more channels than maxSubscriptions', async () => {
  const hub = await startHub({ maxSubscriptions: 2 });
  const connected = nextConnection(hub);
  const peer = await WsPeer.open(`${hub.url}/one`);
  const { id } = await connected;
  expect(await hub.subscribe(id, 'two')).toBe(true);
  expect(await hub.subscribe(id, 'three')).toBe(false);
  expect(await hub.subscribe(id, 'two')).toBe(true); // has it already
  hub.post('three', 'not for it');
  hub.post('two', 'for it');
  expect((await peer.received(1)).map(({ data }) => data.toString())).toEqual(['for it']);
});

test.each<ReceiveMode>(['message', 'fragments'])(
  'with receive: %p what one read brings is worked off in slices, between which others have their turn',
  async (receive) => {
    const handler = path.join(__dirname, 'handlers/busy.js');
    const hub = await startHub({ channels: { busy: { receive, handler } } });
    const peer = await RawPeer.open(hub.port, '/busy');
    const before = (await hub.stats()).turns;
    // 301 ms of work: 75 slices. A turn is what everybody else waits for.
    peer.socket.write(Buffer.concat([times(300, TEXT), maskedFrame(TEXT, 'last')]));
    await peer.until((frames) => frames.some(({ payload }) => `${payload}` === 'done'));
    expect((await hub.stats()).turns - before).toBeGreaterThan(20);
    expect((await hub.stats()).received).toBe(301);
  },
);
