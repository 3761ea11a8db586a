/** The door over real sockets: origins, limits by address and by second, deadlines, bytes that are no handshake, TLS. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import type { Hub, HubOptions } from '../../src/main';
import { sendMutatedHellos, sendMutatedRequests, witness } from '../support/bad-handshakes';
import { endAll, startHub as startAnyHub, until } from '../support/hubs';
import { handshake, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

/** In this thread: what is not caught fails the test. */
const startHub = (options: HubOptions = {}): Promise<Hub> =>
  startAnyHub({ serviceThread: false, ...options });

const pem = (name: string) => readFileSync(path.join(__dirname, '..', 'support', name));
const TLS = { key: pem('test-key.pem'), cert: pem('test-cert.pem') };

async function statusOf(hub: Hub, headers: string[] = []): Promise<number> {
  const peer = new RawPeer(hub.port);
  peer.socket.write(handshake('/', headers));
  return (await peer.answer()).status;
}

const withOrigin = (hub: Hub, origin: string, ...more: string[]) =>
  statusOf(hub, [`Origin: ${origin}`, ...more]);

/** A peer from another address of this machine. */
async function answerFrom(
  hub: Hub,
  localAddress: string,
  headers: string[] = [],
): Promise<{ socket: net.Socket; head: string }> {
  const socket = net.connect({ port: hub.port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.write(handshake('/', headers));
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return { socket, head: bytes.toString('latin1') };
}

describe('pages of browsers', () => {
  it('may connect to the host that they are from, and those without an origin are no pages', async () => {
    const hub = await startHub();
    expect(await withOrigin(hub, 'http://localhost')).toBe(101); // the header Host says localhost
    expect(await withOrigin(hub, 'https://localhost')).toBe(101);
    expect(await statusOf(hub)).toBe(101);
    for (const foreign of [
      'http://localhost:5173',
      'https://localhost.evil.com',
      'null',
      'file://',
      'http://127.0.0.1',
      '',
    ])
      expect([foreign, await withOrigin(hub, foreign)]).toEqual([foreign, 403]);
    expect(await statusOf(hub, ['Origin: http://localhost', 'Origin: http://evil.com'])).toBe(403);
    expect(await statusOf(hub, ['Sec-WebSocket-Origin: http://evil.com'])).toBe(403);
    expect((await hub.stats()).rejections.origin).toBe(8);
    await expect(WsPeer.open(hub.url, [], { origin: 'https://evil.com' })).rejects.toThrow('403');
  });

  it('may be those of a list, exactly, or all; and the list changes while the hub runs', async () => {
    const hub = await startHub({ origins: ['https://app.example.com', 'null'], requireOrigin: true });
    expect(await withOrigin(hub, 'https://APP.example.com:443')).toBe(101);
    expect(await withOrigin(hub, 'null')).toBe(101);
    for (const foreign of [
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.evil.com',
      'http://localhost',
    ])
      expect([foreign, await withOrigin(hub, foreign)]).toEqual([foreign, 403]);
    expect(await statusOf(hub)).toBe(403);
    expect((await hub.reconfigure({ origins: ['same-host'] })).applied.sort()).toEqual([
      'origins',
      'requireOrigin',
    ]);
    expect([await withOrigin(hub, 'http://localhost'), await statusOf(hub)]).toEqual([101, 101]);
    await hub.reconfigure({ origins: 'any' });
    expect(await withOrigin(hub, 'https://evil.com')).toBe(101);
  });

  it('behind a proxy are compared with the host that the proxy was asked for, if it is trusted', async () => {
    const forwarded = ['X-Forwarded-Host: app.example.com'];
    const trusting = await startHub({ trustedProxies: ['127.0.0.0/8'] });
    expect(await withOrigin(trusting, 'https://app.example.com', ...forwarded)).toBe(101);
    const other = await startHub();
    expect(await withOrigin(other, 'https://app.example.com', ...forwarded)).toBe(403);
  });
});

describe('limits by address', () => {
  it('refuse exactly what is too much of each, and let in again when there is room', async () => {
    const hub = await startHub({ maxConnectionsPerAddress: 10 });
    const addresses = Array.from({ length: 8 }, (_, at) => `127.0.0.${at + 2}`);
    const answers = await Promise.all(
      addresses.flatMap((address) => Array.from({ length: 22 }, () => answerFrom(hub, address))),
    );
    const refused = answers.filter(({ head }) => head.startsWith('HTTP/1.1 503'));
    expect([answers.length - refused.length, refused.length]).toEqual([80, 96]);
    expect(refused[0].head).toMatch(/Retry-After: 1\r\n[\s\S]*too many connections from this address$/);
    expect(await hub.stats()).toMatchObject({ connections: 80, addresses: 8, rejections: { address: 96 } });
    expect((await answerFrom(hub, '127.0.0.2', ['X-Forwarded-For: 9.9.9.9'])).head).toMatch(
      /^HTTP\/1\.1 503/,
    );
    for (const { socket } of answers) socket.destroy();
    await until(async () => (await hub.stats()).addresses === 0, 'all are gone');
    expect((await answerFrom(hub, '127.0.0.2')).head).toMatch(/^HTTP\/1\.1 101/);
  });

  it('count the clients of a trusted proxy, and not the proxy', async () => {
    const hub = await startHub({ maxConnectionsPerAddress: 1, trustedProxies: ['127.0.0.1'] });
    const client = (address: string) => statusOf(hub, [`X-Forwarded-For: 6.6.6.6, ${address}`]);
    expect([await client('192.0.2.1'), await client('192.0.2.2'), await client('192.0.2.1')]).toEqual([
      101, 101, 503,
    ]);
    expect((await hub.connections()).map(({ remoteAddress }) => remoteAddress).sort()).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ]);
  });

  it('say when to come again to who comes too fast', async () => {
    const hub = await startHub({ maxHandshakesPerSecondPerAddress: 2 });
    const heads = await Promise.all(
      Array.from({ length: 8 }, async () => (await answerFrom(hub, '127.0.0.3')).head),
    );
    expect(heads.filter((head) => head.startsWith('HTTP/1.1 101')).length).toBeGreaterThanOrEqual(2);
    expect(
      heads.filter((head) =>
        /^HTTP\/1\.1 503[\s\S]*Retry-After: 1\r\n[\s\S]*too many handshakes a second$/.test(head),
      ).length,
    ).toBe((await hub.stats()).rejections.rate);
    expect((await answerFrom(hub, '127.0.0.4')).head).toMatch(/^HTTP\/1\.1 101/);
  });
});

describe('a peer that does not come to the point', () => {
  it('is ended in time: silent, dripping, or with half a request, 100 of each', async () => {
    const hub = await startHub({ handshakeTimeoutMs: 700 });
    const request = handshake('/');
    const peers = Array.from({ length: 300 }, () => new RawPeer(hub.port));
    const dripping = peers.filter((_, at) => at % 3 === 1);
    let drops = 0;
    const timer = setInterval(() => {
      const drop = request[drops++];
      for (const { socket } of dripping) if (socket.writable) socket.write(drop);
    }, 50);
    for (const peer of peers.filter((_, at) => at % 3 === 2)) peer.socket.write(request.slice(0, -4));
    const statuses = await Promise.all(peers.map(async (peer) => (await peer.answer()).status));
    clearInterval(timer);
    await Promise.all(peers.map((peer) => peer.ended));
    expect(new Set(statuses)).toEqual(new Set([408]));
    expect((await hub.stats()).rejections.timeout).toBe(300);
    await witness(hub.url);
  });

  it('is ended in time also before its TLS handshake, and within it', async () => {
    const hub = await startHub({ tls: TLS, handshakeTimeoutMs: 500 });
    const silent = Array.from({ length: 20 }, () => new RawPeer(hub.port));
    const sealed = tls.connect({ port: hub.port, host: '127.0.0.1', rejectUnauthorized: false });
    sealed.on('error', () => {});
    await Promise.all([...silent.map((peer) => peer.ended), once(sealed, 'close')]);
    expect((await hub.stats()).rejections.timeout).toBe(21);
    await witness(hub.url);
  });

  it('is not blamed for what the hub did not read: it was busy for longer than the deadline', async () => {
    const hub = await startHub({ handshakeTimeoutMs: 500 });
    const early = new RawPeer(hub.port);
    await once(early.socket, 'connect');
    early.socket.write(handshake('/').slice(0, 30));
    await new Promise((resolve) => setImmediate(resolve));
    const until = performance.now() + 1_500;
    while (performance.now() < until); // this thread is the hub's, and the peer's
    early.socket.write(handshake('/').slice(30));
    expect((await early.answer()).status).toBe(101);
  });
});

describe('bytes that are no handshake', () => {
  it('are answered with an error or nothing, and harm nobody: 1,000 requests, 200 ClientHellos', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', note);
    const [plain, sealed] = [await startHub({ trustedProxies: ['127.0.0.1'] }), await startHub({ tls: TLS })];
    const answers = await sendMutatedRequests(plain.port, { count: 1_000, seed, each: 250 }, () =>
      witness(plain.url),
    );
    const hellos = await sendMutatedHellos(sealed.port, { count: 200, seed });
    await witness(sealed.url);
    await until(async () => (await plain.stats()).connections === 0, 'nobody is left');
    process.off('uncaughtException', note);
    expect({ seed, uncaught }).toEqual({ seed, uncaught: [] });
    const sum = (counts: object) => Object.values(counts).reduce((total, count) => total + count, 0);
    expect([sum(answers), sum(hellos)]).toEqual([1_000, 200]);
    expect(answers['400']).toBeGreaterThan(100); // the mutations reached the parser
  });

  it('past maxHeaderBytes are answered with 431', async () => {
    const hub = await startHub({ maxHeaderBytes: 2_048 });
    expect(await statusOf(hub, [`X: ${'x'.repeat(1_000)}`])).toBe(101);
    expect(await statusOf(hub, [`X: ${'x'.repeat(3_000)}`])).toBe(431);
    await hub.reconfigure({ maxHeaderBytes: 8_192 });
    expect(await statusOf(hub, [`X: ${'x'.repeat(3_000)}`])).toBe(101);
    expect((await hub.stats()).rejections.malformed).toBe(1);
  });
});

describe('TLS', () => {
  it('is 1.2 or newer, or newer still where the options say so', async () => {
    const versionOf = async (hub: Hub, maxVersion: tls.SecureVersion): Promise<string | null> => {
      const socket = tls.connect({
        port: hub.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion,
        ciphers: 'DEFAULT:@SECLEVEL=0',
      });
      const outcome = await Promise.race([
        once(socket, 'secureConnect').then(() => socket.getProtocol()),
        new Promise<null>((resolve) => socket.once('error', () => resolve(null))),
      ]);
      socket.destroy();
      return outcome;
    };
    const hub = await startHub({ tls: TLS });
    expect([
      await versionOf(hub, 'TLSv1.1'),
      await versionOf(hub, 'TLSv1.2'),
      await versionOf(hub, 'TLSv1.3'),
    ]).toEqual([null, 'TLSv1.2', 'TLSv1.3']);
    const strict = await startHub({ tls: { ...TLS, minVersion: 'TLSv1.3' } });
    expect([await versionOf(strict, 'TLSv1.2'), await versionOf(strict, 'TLSv1.3')]).toEqual([
      null,
      'TLSv1.3',
    ]);
    await expect(startHub({ tls: { ...TLS, minVersion: 'TLSv1.1' as 'TLSv1.2' } })).rejects.toThrow(
      "tls.minVersion is \"TLSv1.1\": it must be 'TLSv1.2' or 'TLSv1.3'",
    );
    await expect(startHub({ tls: { key: TLS.key, cert: pem('second-cert.pem') } })).rejects.toMatchObject({
      code: 'RINGCAST_E_LISTEN_FAILED',
      message: expect.stringMatching(/^tls\.key and tls\.cert cannot be used: /),
    });
  });
});
