import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Hub, HubOptions } from '../../src/main';
import { HubErrorCode } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { handshake, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

async function answerTo(hub: Hub, target: string, headers?: string[]) {
  const peer = new RawPeer(hub.port);
  peer.socket.write(handshake(target, headers));
  return await peer.answer();
}

async function channelOf(hub: Hub, target: string, protocols: string[] = []): Promise<string> {
  const peer = await WsPeer.open(`${hub.url}${target}`, protocols);
  const [{ channel }] = await hub.connections();
  peer.ws.terminate();
  await until(async () => (await hub.stats()).connections === 0, 'the peer is gone');
  return channel;
}

describe('handshakes', () => {
  it('put a peer on the channel that its path names, else its subprotocol, else the default one', async () => {
    const hub = await startHub({ channels: { '*': {}, constructor: {} } });
    expect(await channelOf(hub, '/')).toBe('default');
    expect(await channelOf(hub, '/ticks')).toBe('ticks');
    expect(await channelOf(hub, '/a/b/c?token=1')).toBe('a/b/c');
    expect(await channelOf(hub, '/a%2Fb%20%C3%A4')).toBe('a/b ä');
    expect(await channelOf(hub, '/__proto__')).toBe('__proto__');
    expect(await channelOf(hub, '/constructor')).toBe('constructor');
    expect(await channelOf(hub, '/', ['chat', 'other'])).toBe('chat');
    expect(await channelOf(hub, '/ticks', ['chat'])).toBe('ticks');
    expect((await WsPeer.open(`${hub.url}/`, ['chat'])).ws.protocol).toBe('chat');
    expect((await WsPeer.open(`${hub.url}/x`, ['chat'])).ws.protocol).toBe('chat');
    expect((await answerTo(hub, '/%E4%ZZ')).status).toBe(400);
    expect((await answerTo(hub, '/%ff')).status).toBe(400);
    expect((await answerTo(hub, `/${'x'.repeat(256)}`)).status).toBe(404);
    expect((await answerTo(hub, `/${'x'.repeat(255)}`)).status).toBe(101);
    expect((await answerTo(hub, '/*')).status).toBe(404);
    expect((await answerTo(hub, `http://127.0.0.1:${hub.port}/ticks?a`)).status).toBe(101);
    expect((await answerTo(hub, `http://127.0.0.1:${hub.port}`)).status).toBe(101);
  });

  it('are refused with 404 for a channel that the hub does not have, and take the first subprotocol that it has', async () => {
    const hub = await startHub({ path: '/live', channels: { ticks: {}, chat: {} } });
    expect(hub.url).toBe(`ws://127.0.0.1:${hub.port}/live`);
    expect(await channelOf(hub, '/ticks')).toBe('ticks');
    expect(await channelOf(hub, '', ['nothing', 'chat', 'ticks'])).toBe('chat');
    for (const target of [
      '/live/other',
      '/live',
      '/live/',
      '/ticks',
      '/livelong/ticks',
      '/',
      '/live/toString',
    ]) {
      expect([target, (await answerTo(hub, target)).status]).toEqual([target, 404]);
    }
    expect((await answerTo(hub, '/live', ['Sec-WebSocket-Protocol: a, b'])).status).toBe(404);
    expect((await hub.stats()).rejected).toBe(8);
  });

  it('are refused with 503 past maxConnections and past maxChannels, until there is room again', async () => {
    const hub = await startHub({ maxConnections: 3, maxChannels: 2, channels: { '*': {} } });
    const first = await WsPeer.open(`${hub.url}/a`);
    await WsPeer.open(`${hub.url}/b`);
    expect(await answerTo(hub, '/c')).toMatchObject({
      status: 503,
      body: 'too many channels',
      headers: { 'retry-after': '1' },
    });
    await WsPeer.open(`${hub.url}/b`);
    expect(await answerTo(hub, '/b')).toMatchObject({
      status: 503,
      body: 'too many connections',
      headers: { 'retry-after': '1' },
    });
    expect(() => hub.post('c', 'x')).toThrow(/no room for channel "c".*raise maxChannels/);
    first.ws.close();
    await until(async () => (await answerTo(hub, '/c')).status === 101, 'channel a is given back');
    const stats = await hub.stats();
    expect(stats.rejected).toBeGreaterThanOrEqual(2);
    expect(stats.channels.a).toBeUndefined();
  });

  it('are all that it answers: plain HTTP gets 426, nonsense an error', async () => {
    const hub = await startHub();
    const { status, headers, body } = await new Promise<{
      status?: number;
      headers: http.IncomingHttpHeaders;
      body: string;
    }>((resolve, reject) => {
      http
        .get(`http://127.0.0.1:${hub.port}/`, (response) => {
          response
            .setEncoding('utf8')
            .once('data', (body) =>
              resolve({ status: response.statusCode, headers: response.headers, body }),
            );
        })
        .on('error', reject);
    });
    expect([status, headers.upgrade, body]).toEqual([426, 'websocket', 'This is a WebSocket server.\n']);
    const nonsense = new RawPeer(hub.port);
    nonsense.socket.write('\0\0\r\n\r\n');
    expect((await nonsense.answer()).status).toBe(400);
    const noKey = new RawPeer(hub.port);
    noKey.socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    expect((await noKey.answer()).status).toBe(400);
    await WsPeer.open(hub.url);
  });

  it('survive peers that end or reset at every step', async () => {
    const hub = await startHub();
    const request = handshake('/ticks');
    const cuts = [0, 1, 20, 60, request.length - 2, request.length];
    const after = [
      Buffer.alloc(0),
      Buffer.from([0x81]),
      Buffer.from([0x81, 0x85, 1, 2, 3]),
      Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
    ];
    const steps: { bytes: Buffer }[] = [
      ...cuts.map((cut) => ({ bytes: Buffer.from(request.slice(0, cut)) })),
      ...after.map((more) => ({ bytes: Buffer.concat([Buffer.from(request), more]) })),
    ];
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        steps.map(async ({ bytes }, at) => {
          const peer = new RawPeer(hub.port);
          await new Promise((resolve) => peer.socket.once('connect', resolve));
          if (bytes.length > 0) await new Promise((resolve) => peer.socket.write(bytes, resolve));
          if (round % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
          if ((round + at) % 2 === 0) peer.reset();
          else peer.socket.destroy();
          await peer.ended;
        }),
      );
      hub.post('ticks', 'x'.repeat(100));
    }
    const witness = await WsPeer.open(`${hub.url}/ticks`);
    expect(hub.post('ticks', 'still here')).toBe('posted');
    expect((await witness.received(1))[0].data.toString()).toBe('still here');
    await until(async () => (await hub.stats()).connections === 1, 'only the witness is left');
    // The witness may have its message before the service knows that it is sent.
    await until(async () => (await hub.stats()).pending === 0, 'nothing is pending');
  });

  it('work over TLS, and a bad certificate is an error of createHub', async () => {
    const pem = (name: string) => readFileSync(path.join(__dirname, '..', 'support', name));
    const [key, cert] = [pem('test-key.pem'), pem('test-cert.pem')];
    const hub = await startHub({ tls: { key, cert: cert.toString() } });
    expect(hub.url).toBe(`wss://127.0.0.1:${hub.port}`);
    const peer = await WsPeer.open(`${hub.url}/ticks`, [], { ca: cert });
    expect(hub.post('ticks', 'over TLS')).toBe('posted');
    expect(hub.post('ticks', Buffer.alloc(100_000, 7))).toBe('posted');
    const seen = await peer.received(2);
    expect(seen[0]).toEqual({ data: Buffer.from('over TLS'), binary: false });
    expect(seen[1].binary && seen[1].data.equals(Buffer.alloc(100_000, 7))).toBe(true);
    await hub.close();
    expect(await peer.closed).toEqual({ code: 1001, reason: 'the hub closes' });
    await expect(startHub({ tls: { key: 'no key', cert } })).rejects.toMatchObject({
      code: HubErrorCode.LISTEN_FAILED,
      message: expect.stringMatching(/^tls\.key and tls\.cert cannot be used: error:/),
    });
  });

  it('cannot be had twice on one port: LISTEN_FAILED tells why', async () => {
    const hub = await startHub();
    const second: HubOptions = { port: hub.port };
    await expect(startHub(second)).rejects.toMatchObject({
      name: 'HubError',
      code: HubErrorCode.LISTEN_FAILED,
      message: expect.stringContaining(`127.0.0.1:${hub.port}`),
      cause: { code: 'EADDRINUSE' },
    });
    await WsPeer.open(hub.url);
  });
});
