import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import { createHub, type Hub, type HubOptions } from '../../src/main';
import { answerOf, endAll, startHub, startWorker, until, whenOver } from '../support/hubs';
import { handshake, nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

async function listen<T extends http.Server>(server: T, where: number | string = 0): Promise<T> {
  if (typeof where === 'number') server.listen(where, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  whenOver(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

const plainServer = () => listen(http.createServer((_request, response) => response.end('the application')));
const portOf = (server: http.Server) => (server.address() as AddressInfo).port;

async function get(port: number): Promise<string> {
  const [response] = await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response');
  return (await response.toArray()).join('');
}

async function answerTo(port: number, target: string) {
  const peer = new RawPeer(port);
  peer.socket.write(handshake(target));
  return await peer.answer();
}

describe('a hub that is attached to a server', () => {
  it('serves its peers beside the application, and leaves the server as it was when it closes', async () => {
    const server = await plainServer();
    const before = server.eventNames().map((name) => [name, server.listenerCount(name)]);
    const hub = await startHub({ server, path: '/live' });
    expect([hub.url, hub.port]).toEqual([`ws://127.0.0.1:${portOf(server)}/live`, portOf(server)]);
    const told = nextConnection(hub);
    const peer = await WsPeer.open(`${hub.url}/ticks`);
    expect(await told).toMatchObject({ channel: 'ticks', remoteAddress: '127.0.0.1' });
    expect(await get(hub.port)).toBe('the application');
    expect(hub.post('ticks', 'one')).toBe('posted');
    await peer.received(1);
    expect(await answerTo(hub.port, '/elsewhere')).toMatchObject({ status: 404, body: 'nothing here' });
    const { port } = hub;
    await hub.close();
    expect(await peer.closed).toEqual({ code: 1001, reason: 'the hub closes' });
    expect(server.eventNames().map((name) => [name, server.listenerCount(name)])).toEqual(before);
    expect(await get(port)).toBe('the application');
  });

  it('touches no socket of a path that is somebody else’s', async () => {
    const server = await plainServer();
    const hub = await startHub({ server, path: '/live' });
    const other = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/other')
        other.handleUpgrade(request, socket, head, (ws) => ws.send('the other one'));
    });
    const peer = await WsPeer.open(`ws://127.0.0.1:${hub.port}/other`);
    expect((await peer.received(1))[0].data.toString()).toBe('the other one');
    const ours = await WsPeer.open(`${hub.url}/ticks`);
    const stranger = new RawPeer(hub.port);
    stranger.socket.write(handshake('/third'));
    hub.post('ticks', 'after the stranger');
    await ours.received(1);
    await get(hub.port);
    expect([stranger.socket.destroyed, stranger.frames.length]).toEqual([false, 0]); // left to the other listener, which ignores it
    await hub.close();
    expect((await WsPeer.open(`ws://127.0.0.1:${portOf(server)}/other`)).ws.readyState).toBe(1);
    peer.ws.send('still open');
    expect(peer.ws.readyState).toBe(1);
  });

  it('below the whole server leaves channels that it does not have to other listeners', async () => {
    const server = await plainServer();
    const hub = await startHub({ server, channels: { ticks: {} } });
    expect((await answerTo(hub.port, '/hot-reload')).status).toBe(404);
    const other = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/hot-reload' || request.headers['sec-websocket-protocol'] === 'hot')
        other.handleUpgrade(request, socket, head, (ws) => ws.send('reload'));
    });
    const base = `ws://127.0.0.1:${hub.port}`;
    expect((await (await WsPeer.open(`${base}/hot-reload`)).received(1))[0].data.toString()).toBe('reload');
    expect((await (await WsPeer.open(base, ['hot'])).received(1))[0].data.toString()).toBe('reload');
    await WsPeer.open(`${hub.url}/ticks`);
    await WsPeer.open(hub.url, ['ticks']);
    expect((await hub.stats()).connections).toBe(2);
  });

  it('shares the server with other hubs: the longest path has a request, and no two have the same', async () => {
    const server = await plainServer();
    const [outer, inner] = [
      await startHub({ server, path: '/a' }),
      await startHub({ server, path: '/a/inner' }),
    ];
    await WsPeer.open(`${outer.url}/x`);
    await WsPeer.open(`${outer.url}/innermost`);
    await WsPeer.open(`${inner.url}/x`);
    await WsPeer.open(inner.url);
    const channels = async (hub: Hub) => (await hub.connections()).map(({ channel }) => channel);
    expect([await channels(outer), await channels(inner)]).toEqual([
      ['x', 'innermost'],
      ['x', 'default'],
    ]);
    expect((await answerTo(outer.port, '/b')).status).toBe(404);
    const workerMessages = process.listenerCount('workerMessage');
    await expect(createHub({ server, path: '/a/' })).rejects.toThrow('path is "/a/": another hub');
    expect(process.listenerCount('workerMessage')).toBe(workerMessages);
    await inner.close();
    await WsPeer.open(`${outer.url}/inner/x`);
    expect(await channels(outer)).toContain('inner/x');
  });

  it('works over an https server, and over one that listens on a path or not yet', async () => {
    const pem = (name: string) => readFileSync(path.join(__dirname, '..', 'support', name));
    const cert = pem('test-cert.pem');
    const secure = await listen(https.createServer({ key: pem('test-key.pem'), cert }));
    const hub = await startHub({ server: secure });
    expect(hub.url).toBe(`wss://127.0.0.1:${portOf(secure)}`);
    const peer = await WsPeer.open(`${hub.url}/ticks`, [], { ca: cert });
    hub.post('ticks', Buffer.alloc(100_000, 7));
    expect((await peer.received(1))[0].data.equals(Buffer.alloc(100_000, 7))).toBe(true);

    const folder = mkdtempSync(path.join(tmpdir(), 'attach-'));
    whenOver(() => rmSync(folder, { recursive: true }));
    const local = http.createServer();
    const early = await startHub({ server: local, path: '/live' });
    expect(early.port).toBe(0);
    await listen(local, path.join(folder, 's'));
    expect([early.port, early.url]).toEqual([0, `ws+unix:${folder}/s:/live`]);
    const near = await WsPeer.open(`${early.url}/ticks`);
    early.post('ticks', 'near');
    expect((await near.received(1))[0].data.toString()).toBe('near');
  });

  it('adopts sockets that came over another server of the thread', async () => {
    const hub = await startHub({ server: await plainServer(), path: '/live' });
    const answers: boolean[] = [];
    const elsewhere = await plainServer();
    elsewhere.on('upgrade', async (request, socket, head) => {
      answers.push(await hub.adopt(socket, head, request));
    });
    const peer = await WsPeer.open(`ws://127.0.0.1:${portOf(elsewhere)}/live/ticks`);
    hub.post('ticks', 'adopted');
    expect((await peer.received(1))[0].data.toString()).toBe('adopted');
    expect((await answerTo(portOf(elsewhere), '/ticks')).status).toBe(404);
    expect(answers).toEqual([true, false]);
    const apart = await startHub();
    await expect(apart.adopt(peer as never, Buffer.alloc(0), {} as never)).rejects.toThrow(
      'hub.adopt() needs the service in this thread',
    );
  });

  it('counts its own peers once, and refuses those past its limit with 503', async () => {
    const hub = await startHub({ server: await plainServer(), maxConnections: 40 });
    const inUse = async () => (await hub.stats()).capacity.inUse;
    const before = await inUse();
    await Promise.all(Array.from({ length: 40 }, () => WsPeer.open(hub.url)));
    // The other ends of the 40 connections are in this process too: they are in use by somebody else, and no more.
    await until(async () => (await inUse()) >= before + 40, 'it has looked again');
    expect(await inUse()).toBeLessThan(before + 60);
    expect(await answerTo(hub.port, '/')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await hub.stats()).capacity.connections).toBe(40);
  });

  it('runs in a worker thread that has a server, with producers in others', async () => {
    const host = startWorker('wire/workers/host.ts', {});
    const { url, handle } = await answerOf<{ url: string; handle: unknown }>(host);
    const peer = await WsPeer.open(`${url}/ticks`);
    const producer = startWorker('wire/workers/producer.ts', {
      workerData: { ringcast: handle, task: { kind: 'on demand', channel: 'ticks' } },
    });
    expect(await answerOf(producer)).toBe('attached');
    const answer = answerOf(producer);
    producer.postMessage(3);
    expect(await answer).toMatchObject({ posted: 3 });
    await peer.received(3);
    await producer.terminate();
    host.postMessage('how many producers?');
    await until(async () => {
      host.postMessage('how many producers?');
      return (await answerOf(host)) === 1;
    }, 'the lane of the thread that ended came back');
    host.postMessage('close');
    expect(await peer.closed).toEqual({ code: 1001, reason: 'the hub closes' });
    await once(host, 'exit');
  });

  it('leaves nothing behind, however often', async () => {
    const server = await plainServer();
    const listeners = () => [process.listenerCount('workerMessage'), server.listenerCount('upgrade')];
    const before = listeners();
    for (let round = 0; round < 50; round++) {
      const hub = await createHub({ server, ring: { laneBytes: 4_096 } });
      const peer = await WsPeer.open(`${hub.url}/ticks`);
      hub.post('ticks', 'x');
      await peer.received(1);
      await hub.close();
    }
    expect(listeners()).toEqual(before);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort')).toEqual([]);
  });

  it('gets an error for options that do not go with a server', async () => {
    const server = http.createServer();
    const bad: [HubOptions, string][] = [
      [{ server, port: 80 }, 'port goes with a hub that listens'],
      [{ server, host: 'x' }, 'host goes with a hub that listens'],
      [{ server, serviceThread: true }, 'serviceThread is true: the sockets of server belong to this thread'],
      [{ server: {} as never }, 'server is object: it must be an http.Server'],
    ];
    for (const [options, message] of bad) await expect(createHub(options)).rejects.toThrow(message);
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});
