/** Hubs in processes with a small descriptor limit. They run from the build. */
import path from 'node:path';
import tls from 'node:tls';
import { endAll, until, whenOver } from '../support/hubs';
import { LIMIT, SmallHub } from '../support/small-hub';
import { handshake, RawPeer } from '../support/ws-peer';

afterEach(endAll);

const CROWD = 300;
const CERTIFICATE = {
  key: path.join(__dirname, '../support/test-key.pem'),
  cert: path.join(__dirname, '../support/test-cert.pem'),
};

const ALERT = 'tlsv1 alert internal error';

interface Knock {
  peer: RawPeer;
  status: number;
  retryAfter: string | undefined;
}

async function knock(port: number): Promise<Knock> {
  const peer = new RawPeer(port);
  peer.socket.write(handshake('/ticks'));
  const { status, headers } = await peer.answer();
  return { peer, status, retryAfter: headers['retry-after'] };
}

/** So many peers at once. Each gets an open socket, or 503 and when to try again; whatever else happens fails the test. */
async function crowd(port: number, count: number): Promise<{ seated: RawPeer[]; refused: number }> {
  const knocks = await Promise.all(Array.from({ length: count }, () => knock(port)));
  const seated = knocks.filter(({ status }) => status === 101).map(({ peer }) => peer);
  const refused = knocks.filter(({ status, retryAfter }) => status === 503 && retryAfter === '1').length;
  expect(seated.length + refused).toBe(count);
  return { seated, refused };
}

async function allReceive(hub: SmallHub, peers: RawPeer[], text: string): Promise<void> {
  expect(await hub.ask('post', text)).toBe('posted');
  const seen = await Promise.all(
    peers.map((peer) => peer.until((frames) => frames.some(({ payload }) => payload.toString() === text))),
  );
  expect(seen).toHaveLength(peers.length);
}

describe('a hub that may open 100 descriptors', () => {
  it('gives each of 300 peers an open socket or a 503, and fans out to those it has', async () => {
    const hub = await SmallHub.start();
    const room = await hub.room();
    const { seated, refused } = await crowd(hub.port, CROWD);
    expect(seated.length).toBeGreaterThan(room / 2);
    expect(seated.length).toBeLessThanOrEqual(room);
    await allReceive(hub, seated, 'to those who sit');
    const { connections, rejected } = await hub.stats();
    expect([connections, rejected]).toEqual([seated.length, refused]);
  });

  it('fills every seat, and gives it again when its peer has left', async () => {
    const hub = await SmallHub.start();
    for (const round of ['first', 'second']) {
      const seated: RawPeer[] = [];
      await until(async () => {
        seated.push(...(await crowd(hub.port, 20)).seated);
        return seated.length >= (await hub.room());
      }, 'every seat is taken');
      expect(seated.length).toBe(await hub.room());
      expect((await knock(hub.port)).status).toBe(503);
      await allReceive(hub, seated, round);
      for (const [at, peer] of seated.entries()) {
        if (at % 2 === 0) peer.reset();
        else peer.socket.destroy();
      }
      await until(async () => (await hub.stats()).connections === 0, 'all have left');
    }
  });

  it('notices what its program opens, and closes, later', async () => {
    const hub = await SmallHub.start();
    const before = (await hub.stats()).capacity;
    await hub.ask('open', 20);
    await until(async () => (await hub.stats()).capacity.inUse >= before.inUse + 20, 'the 20 are noticed');
    const room = await hub.room();
    expect(room).toBeLessThanOrEqual((before.connections as number) - 15); // fewer are held for threads, too
    const { seated } = await crowd(hub.port, CROWD);
    expect(seated.length).toBeLessThanOrEqual(room);
    expect(await hub.ask('open', 5)).toBe(25); // the program's share of the reserve is still there
    await hub.ask('close');
    await until(async () => (await hub.room()) > room, 'they are noticed to be closed');
    await until(async () => (await crowd(hub.port, 1)).seated.length === 1, 'there is a seat again');
    await allReceive(hub, seated, 'still here');
  });

  it('refuses with 503 also when its program has taken every descriptor', async () => {
    const hub = await SmallHub.start();
    const { seated } = await crowd(hub.port, 5);
    await hub.ask('open', LIMIT);
    await until(async () => (await hub.room()) === 0, 'there is no room');
    const { refused } = await crowd(hub.port, 50);
    expect(refused).toBe(50);
    await allReceive(hub, seated, 'without a free descriptor');
    await hub.ask('close');
    await until(async () => (await crowd(hub.port, 1)).seated.length === 1, 'there is a seat again');
  });

  it('is not deaf while 300 peers say nothing, and closes none of them without an answer', async () => {
    const hub = await SmallHub.start();
    const [early] = (await crowd(hub.port, 1)).seated;
    const silent = Array.from({ length: CROWD }, () => new RawPeer(hub.port));
    const answers = Promise.all(silent.map((peer) => peer.answer()));
    await until(async () => (await hub.stats()).rejected > 0, 'the sockets are all taken');
    const spoken: RawPeer[] = [];
    await until(async () => {
      spoken.push(...(await crowd(hub.port, 1)).seated);
      return spoken.length === 10;
    }, 'ten of those who speak get in');
    await allReceive(hub, [early, ...spoken], 'among the silent');
    const statuses = new Set((await answers).map(({ status }) => status));
    expect([...statuses].sort()).toEqual([408, 503]);
    expect((await hub.stats()).connections).toBe(11);
  });

  it('over TLS gives each of 300 peers an open socket, a 503 or an alert, and keeps those it has', async () => {
    const hub = await SmallHub.start({ tls: CERTIFICATE });
    const { seated, others } = await tlsCrowd(hub.port);
    expect(others.filter((answer) => answer !== '503' && answer !== ALERT)).toEqual([]);
    expect(seated.length).toBeGreaterThan(10);
    const again = await tlsCrowd(hub.port);
    expect(again.others.filter((answer) => answer !== '503' && answer !== ALERT)).toEqual([]);
    await until(
      async () => (await hub.stats()).connections === seated.length + again.seated.length,
      'all are counted',
    );
    expect([...seated, ...again.seated].filter((socket) => socket.destroyed)).toEqual([]);
  });

  it('keeps to maxConnections and maxDescriptors where they are lower, and warns where they are higher', async () => {
    const few = await SmallHub.start({ maxConnections: 7 });
    expect((await few.stats()).capacity.connections).toBe(7);
    expect((await crowd(few.port, 50)).seated.length).toBe(7);
    expect(few.program.stderr).toContain('room for 7 connections by maxConnections (100 descriptors - ');

    const lower = await SmallHub.start({ maxDescriptors: 60 });
    const { limit, connections } = (await lower.stats()).capacity;
    expect(limit).toBe(60);
    expect((await crowd(lower.port, CROWD)).seated.length).toBeLessThanOrEqual(connections as number);

    const higher = await SmallHub.start({ maxConnections: 5_000, maxDescriptors: 10_000 });
    expect((await higher.stats()).capacity.limit).toBe(LIMIT);
    expect(higher.program.stderr).toContain(
      'warn maxDescriptors is 10000, but this process may open 100 descriptors, and that counts: raise',
    );
    expect(higher.program.stderr).toMatch(
      /warn maxConnections is 5000, but there is room for \d+ connections/,
    );
  });

  it('says at the start how it came to its capacity', async () => {
    const hub = await SmallHub.start();
    const [, ...numbers] =
      /notice room for (\d+) connections: (\d+) descriptors - (\d+) in use - (\d+) for threads - (\d+) in reserve\n/.exec(
        hub.program.stderr,
      )!;
    const [room, limit, inUse, threads, reserve] = numbers.map(Number);
    expect(limit - inUse - threads - reserve).toBe(room);
    expect(limit).toBe(LIMIT);
  });
});

/** Peers over TLS: those who sit, and what the others were told. */
async function tlsCrowd(port: number): Promise<{ seated: tls.TLSSocket[]; others: string[] }> {
  const seated: tls.TLSSocket[] = [];
  const others: string[] = [];
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      whenOver(() => socket.destroy());
      socket.write(handshake('/ticks'));
      socket.once('data', (bytes) => {
        const status = String(bytes).split(' ')[1];
        if (status === '101') seated.push(socket);
        else others.push(status);
        resolve();
      });
      socket.on('error', (error) => {
        others.push(error.message.includes(ALERT) ? ALERT : error.message);
        resolve();
      });
      socket.once('end', () => reject(new Error('the connection ended without a word')));
    });
  await Promise.all(Array.from({ length: CROWD }, one));
  return { seated, others };
}
