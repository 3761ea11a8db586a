import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import type { ConnectPlan } from '../../src/shared/load/plan';
import { FULL_BYTES } from '../../src/workers/load/raw-peer';
import { endAll, startHub, until } from '../support/hubs';
import { dialerFor, openPeer, PeerNotes, startRudeServer, startWsServer } from '../support/load-peers';

afterEach(endAll);

const pem = (name: string) => readFileSync(path.join(__dirname, '../support', name), 'utf8');
const TLS = { key: pem('test-key.pem'), cert: pem('test-cert.pem') };
const trusting = { insecure: false, ca: TLS.cert, cert: undefined, key: undefined };
const echo = (ws: WebSocket): void => {
  ws.on('message', (data, binary) => ws.send(data, { binary }));
};

/** What every kind of peer does, over either transport. */
const KINDS: [title: string, changes: Partial<ConnectPlan>, tls: typeof TLS | undefined][] = [
  ['a raw peer', {}, undefined],
  ['a raw peer over TLS', { tls: trusting }, TLS],
  ['a ws client', { client: 'ws' }, undefined],
  ['a ws client over TLS', { client: 'ws', tls: trusting }, TLS],
];

describe.each(KINDS)('%s', (_title, changes, tls) => {
  test('gets what the server sends, and the server what it sends, byte for byte', async () => {
    const { url } = await startWsServer(echo, {}, tls);
    const { peer, notes } = await openPeer(url, changes);
    const sizes = [0, 1, 31, 32, 33, 125, 126, 127, 128, 4_000, 65_535, 65_536, 200_000];
    const payloads = sizes.map((size) => randomBytes(size));
    const reused = Buffer.alloc(200_000);
    for (const payload of payloads) {
      payload.copy(reused);
      peer.send(reused.subarray(0, payload.length), false);
      reused.fill(0);
    }
    peer.send(Buffer.from('Grüße'), true);
    await notes.until(() => notes.messages.length === payloads.length + 1);
    expect(notes.messages.slice(0, -1).map(({ data }) => data.equals(payloads.shift()!))).not.toContain(
      false,
    );
    expect(notes.messages.at(-1)).toMatchObject({ binary: false, data: Buffer.from('Grüße') });
    expect(peer.wireBytes).toBeGreaterThan(2 * sizes.reduce((sum, size) => sum + size));
  });

  test('tells how long each step of its opening took, and that it is open', async () => {
    const { url } = await startWsServer(echo, {}, tls);
    const { peer, notes } = await openPeer(url, changes);
    const { tcpNs, tlsNs, upgradeNs } = notes.opens[0].timings;
    expect([tcpNs > 0, tlsNs > 0, upgradeNs > 0]).toEqual([true, tls !== undefined, true]);
    expect(peer.open).toBe(true);
  });

  test('answers a close with the same code, and tells it', async () => {
    const codes: number[] = [];
    const { url } = await startWsServer(
      (ws) => {
        ws.on('close', (code) => codes.push(code));
        ws.close(4001, 'enough');
      },
      {},
      tls,
    );
    const { peer, notes } = await openPeer(url, changes);
    expect(await notes.untilEnd()).toMatchObject({ code: 4001, reason: 'enough', error: undefined });
    await until(() => codes.length > 0, 'the server has its answer');
    expect([codes, peer.open, peer.send(Buffer.from('late'), true)]).toEqual([[4001], false, false]);
  });

  test('closes with a code and a reason, and tells what the server answered', async () => {
    const closes: [number, string][] = [];
    const { url } = await startWsServer(
      (ws) => ws.on('close', (code, reason) => closes.push([code, reason.toString()])),
      {},
      tls,
    );
    const { peer, notes } = await openPeer(url, changes);
    peer.close(4002, 'done');
    peer.close(4003, 'twice');
    expect(await notes.untilEnd()).toMatchObject({ code: 4002, error: undefined });
    await until(() => closes.length > 0, 'the server noticed');
    expect(closes).toEqual([[4002, 'done']]);
  });

  test('is over at once when it is terminated, and says so once', async () => {
    const closes: number[] = [];
    const { url } = await startWsServer((ws) => ws.on('close', (code) => closes.push(code)), {}, tls);
    const { peer, notes } = await openPeer(url, changes);
    peer.terminate();
    peer.terminate();
    expect(await notes.untilEnd()).toMatchObject({ code: 1006 });
    await until(() => closes.length > 0, 'the server noticed');
    expect([closes, notes.ends.length]).toEqual([[1006], 1]);
  });

  test('answers pings, and tells of pongs', async () => {
    const answers: string[] = [];
    const { url } = await startWsServer(
      (ws) => {
        ws.on('pong', (data) => answers.push(data.toString()));
        ws.ping('are you there?');
        ws.pong('unasked');
      },
      {},
      tls,
    );
    const { notes } = await openPeer(url, changes);
    await until(() => answers.length > 0, 'the server has its pong');
    expect([answers, notes.pings, notes.pongs]).toEqual([['are you there?'], 1, 1]);
  });

  test('says when its socket is full, and when it is no longer', async () => {
    let server: WebSocket | undefined;
    const { url } = await startWsServer(
      (ws) => {
        server = ws;
        ws.pause();
      },
      {},
      tls,
    );
    const { peer, notes } = await openPeer(url, changes);
    const payload = Buffer.alloc(60_000);
    let sent = 1;
    while (peer.send(payload, false)) {
      sent++;
      await new Promise(setImmediate);
    }
    expect(peer.queuedBytes).toBeGreaterThanOrEqual(FULL_BYTES);
    let received = 0;
    server!.on('message', () => received++);
    server!.resume();
    await notes.until(() => notes.writables > 0);
    await until(() => received === sent, 'what was queued has arrived');
    expect(peer.queuedBytes).toBe(0);
  });

  test('sends subprotocols, headers and its origin', async () => {
    const heads: string[] = [];
    const { url, server } = await startWsServer(echo, { handleProtocols: () => 'b' }, tls);
    server.on('connection', (_ws, { headers }) =>
      heads.push(`${headers['sec-websocket-protocol']} ${headers['x-test']} ${headers.origin}`),
    );
    await openPeer(url, {
      ...changes,
      subprotocols: ['a', 'b'],
      headers: { 'X-Test': 'yes' },
      origin: 'http://o.example',
    });
    expect(heads[0].replace(/,\s*/, ',')).toBe('a,b yes http://o.example');
  });

  test('a server that nobody is at is a refused connection', async () => {
    const { url, server } = await startWsServer(echo, {}, undefined);
    await new Promise((resolve) => server.close(resolve));
    await expect(openPeer(url.replace('ws:', tls ? 'wss:' : 'ws:'), changes)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

describe.each(['sink', 'ws'] as const)('a client of kind %s', (client) => {
  test('tells the status of a refusal, and when to come again', async () => {
    const { url } = await startRudeServer((socket) =>
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n'),
    );
    await expect(openPeer(url, { client })).rejects.toMatchObject({ code: 'HTTP 503', retryAfterMs: 3000 });
  });

  test('a server that hangs up before it answered', async () => {
    const { url } = await startRudeServer((socket) => socket.end());
    await expect(openPeer(url, { client })).rejects.toMatchObject({ code: 'CLOSED_EARLY' });
  });

  test('a server whose answer is not to be accepted', async () => {
    const { url } = await startRudeServer((socket) =>
      socket.write(
        'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n',
      ),
    );
    await expect(openPeer(url, { client })).rejects.toMatchObject({ code: 'BAD_UPGRADE' });
  });

  test('a server that speaks no HTTP, and waits for more, is not waited for', async () => {
    const { url } = await startRudeServer((socket) => socket.write('SSH-2.0-example\r\n'));
    await expect(openPeer(url, { client })).rejects.toMatchObject({ code: 'BAD_UPGRADE' });
  });

  test('a server that sends what is no frame is told why', async () => {
    const told: Buffer[] = [];
    const { url } = await startRudeServer((socket, head) => {
      socket.on('data', (bytes) => told.push(bytes as Buffer));
      socket.write(accept(head));
      socket.write(Buffer.from([0x83, 0x00]));
    });
    const { notes } = await openPeer(url, { client });
    expect((await notes.untilEnd()).error).toBeInstanceOf(Error);
    await until(() => Buffer.concat(told).length >= 8, 'the server has a close frame');
    const frame = Buffer.concat(told);
    expect(frame[0]).toBe(0x88);
    expect(((frame[6] ^ frame[2]) << 8) | (frame[7] ^ frame[3])).toBe(1002);
  });

  test('a certificate that nobody vouches for', async () => {
    const { url } = await startWsServer(echo, {}, TLS);
    await expect(openPeer(url, { client })).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED|CERT/),
    });
    const tls = { ...trusting, ca: undefined, insecure: true };
    expect((await openPeer(url, { client, tls })).peer.open).toBe(true);
  });

  test('shows its certificate to a server that demands one, and without it is not let in', async () => {
    const [key, cert] = [pem('second-key.pem'), pem('second-cert.pem')];
    const shown: object[] = [];
    const demanding = { ...TLS, ca: cert, requestCert: true, rejectUnauthorized: true };
    const { server, url } = await startWsServer(echo, {}, demanding);
    server.on('connection', (_ws, { socket }) =>
      shown.push((socket as TLSSocket).getPeerCertificate().subject),
    );
    await openPeer(url, { client, tls: { ...trusting, cert, key } });
    expect(shown).toEqual([{ CN: 'second.test' }]);
    await expect(openPeer(url, { client, tls: trusting })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    });
  });

  test('takes its source address in turn, and a wrong one is an error with a remedy', async () => {
    const from: (string | undefined)[] = [];
    const { url } = await startWsServer(echo);
    const { server, url: other } = await startWsServer(echo);
    server.on('connection', (_ws, { socket }) => from.push(socket.remoteAddress));
    const notes = new PeerNotes();
    const dialer = await dialerFor(other, { client, sourceAddresses: ['127.0.0.2', '127.0.0.3'] });
    const peers = [0, 1, 2].map((number) => dialer.dial(number, false, -1, notes));
    await notes.untilOpen(3);
    expect(from.sort()).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.3']);
    for (const peer of peers) peer.terminate();
    await expect(openPeer(url, { client, sourceAddresses: ['192.0.2.1'] })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: expect.stringContaining('ringcast doctor'),
    });
  });

  test('finds a server by its name, whichever of its addresses it has, and by an IPv6 address', async () => {
    const { port } = await startWsServer(echo);
    expect((await openPeer(`ws://localhost:${port}/`, { client })).peer.open).toBe(true);
    const six = await startWsServer(echo, { host: '::1' });
    expect((await openPeer(six.url, { client })).peer.open).toBe(true);
  });
});

function accept(head: string): string {
  const key = /Sec-WebSocket-Key: (.*)\r\n/i.exec(head)![1];
  const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`;
}

test('compression is off unless it is asked for, and then by the ws client', async () => {
  const offers: (string | undefined)[] = [];
  const { url, server } = await startWsServer(echo, { perMessageDeflate: true });
  server.on('connection', (_ws, { headers }) => offers.push(headers['sec-websocket-extensions']));
  await openPeer(url, { client: 'sink' });
  await openPeer(url, { client: 'ws' });
  const { peer, notes } = await openPeer(url, { client: 'ws', compression: true });
  expect(offers.map((offer) => offer?.split(';')[0])).toEqual([undefined, undefined, 'permessage-deflate']);
  const reused = Buffer.alloc(5000, 'a');
  peer.send(reused, true);
  reused.fill('b');
  await notes.until(() => notes.messages.length === 1);
  expect(notes.texts).toEqual(['a'.repeat(5000)]);
});

test('what comes in one packet with the answer to the upgrade is handed out, once the peer is told open', async () => {
  const { url } = await startRudeServer((socket, head) =>
    socket.write(Buffer.concat([Buffer.from(accept(head)), Buffer.from([0x81, 2, 0x68, 0x69, 0x81, 1])])),
  );
  const { notes } = await openPeer(url);
  await notes.until(() => notes.messages.length > 0);
  expect(notes.texts).toEqual(['hi']);
});

test('many messages sent in a turn leave in one write, and those of two peers stay apart', async () => {
  const reads: number[] = [];
  const { url } = await startRudeServer((socket, head) => {
    socket.write(accept(head));
    socket.on('data', (bytes) => reads.push((bytes as Buffer).length));
  });
  const notes = new PeerNotes();
  const dialer = await dialerFor(url);
  const peers = [dialer.dial(0, false, -1, notes), dialer.dial(1, false, -1, notes)];
  await notes.untilOpen(2);
  for (let i = 0; i < 50; i++) peers[0].send(Buffer.alloc(10), false);
  peers[1].send(Buffer.alloc(20), false);
  await until(() => reads.reduce((sum, length) => sum + length, 0) === 50 * 16 + 26, 'all arrived');
  expect(reads.sort((a, b) => a - b)).toEqual([26, 800]);
  for (const peer of peers) peer.terminate();
});

test('gets what a hub sends, and the time is that of the read', async () => {
  const hub = await startHub();
  const { notes } = await openPeer(`${hub.url}/ticks`);
  const beforeNs = Number(process.hrtime.bigint());
  for (let i = 0; i < 1000; i++) hub.post('ticks', `tick ${i}`);
  await notes.until(() => notes.messages.length === 1000);
  expect(notes.texts).toEqual(Array.from({ length: 1000 }, (_, i) => `tick ${i}`));
  const times = notes.messages.map(({ receivedNs }) => receivedNs);
  expect(times[0]).toBeGreaterThanOrEqual(beforeNs);
  expect(times.at(-1)).toBeLessThanOrEqual(Number(process.hrtime.bigint()));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

describe('a slow peer', () => {
  /** Sends so many bytes in messages of a thousand, and says how it ended. */
  const flood =
    (bytes: number, onClose: (code: number) => void = () => {}) =>
    (ws: WebSocket): void => {
      ws.on('close', onClose);
      for (let sent = 0; sent < bytes; sent += 1000) ws.send(Buffer.alloc(1000));
    };

  test('reads at its rate, while a fast one of the same thread has everything', async () => {
    const { url } = await startWsServer(flood(200_000));
    const slow = { kind: 'rate', bytesPerSecond: 100_000 } as const;
    const notes = new PeerNotes();
    const dialer = await dialerFor(url, {}, [{ name: 'slow', clients: 1, behaviour: slow }]);
    const peers = [dialer.dial(0, false, 0, notes), dialer.dial(1, false, -1, notes)];
    const of = (number: number) => notes.messages.filter(({ peer }) => peer === number);
    await notes.until(() => of(0).length === 200);
    expect(of(1)).toHaveLength(200);
    const [first, last] = [of(0)[0].receivedNs, of(0).at(-1)!.receivedNs];
    // 200 messages with their heads, less what it may read at once at either end.
    expect((last - first) / 1e6).toBeGreaterThan(1_900);
    expect(of(1).at(-1)!.receivedNs).toBeLessThan(last);
    for (const peer of peers) peer.terminate();
  });

  test('stalls for its time, again and again', async () => {
    const { url } = await startWsServer((ws) => {
      const timer = setInterval(() => ws.send('tick'), 5);
      ws.on('close', () => clearInterval(timer));
    });
    const { notes } = await openPeer(url, {}, { kind: 'stall', stallMs: 150, everyMs: 300 });
    const gaps = () => {
      const times = notes.messages.map(({ receivedNs }) => receivedNs / 1e6);
      return times.slice(1).filter((time, i) => time - times[i] > 100).length;
    };
    await notes.until(() => gaps() >= 2);
    expect(notes.messages.length).toBeGreaterThan(gaps() + 1);
  });

  test('that never reads gets nothing, and learns of its end when it is closed', async () => {
    const closes: number[] = [];
    const { url, server } = await startWsServer(flood(20_000_000, (code) => closes.push(code)));
    const { peer, notes } = await openPeer(url, {}, { kind: 'never-read' });
    const [ws] = server.clients;
    await until(() => ws.bufferedAmount > 0, 'its kernel takes no more');
    ws.terminate();
    await until(() => closes.length === 1, 'the server has cut it');
    expect([notes.messages.length, notes.ends.length]).toEqual([0, 0]);
    peer.close();
    expect(await notes.untilEnd()).toMatchObject({ code: 1006 });
    expect(notes.messages).toHaveLength(0);
  });

  test('that is half open reads, and answers neither pings nor a close', async () => {
    const heard: string[] = [];
    const { url, server } = await startWsServer((ws) => {
      ws.on('pong', () => heard.push('pong'));
      ws.ping();
      ws.send('last');
      ws.close(4000);
      ws.on('close', (code) => heard.push(`close ${code}`));
    });
    const { notes } = await openPeer(url, {}, { kind: 'half-open' });
    await notes.until(() => notes.messages.length === 1);
    setTimeout(() => [...server.clients][0].terminate(), 100); // it has the close by then, too
    expect(await notes.untilEnd()).toMatchObject({ code: 4000 });
    await until(() => heard.length > 0, 'the server has given up');
    expect([heard, notes.texts, notes.pings]).toEqual([['close 1006'], ['last'], 0]);
  });

  test('is cut at its time, by a reset', async () => {
    const codes: (string | undefined)[] = [];
    const { url } = await startRudeServer((socket, head) => {
      socket.on('error', (error) => codes.push((error as NodeJS.ErrnoException).code));
      socket.resume();
      socket.write(accept(head));
      socket.write(Buffer.from([0x82, 100, 1, 2, 3]));
    });
    const { peer, notes } = await openPeer(url, {}, { kind: 'cut', afterMs: 50 });
    expect(await notes.untilEnd()).toMatchObject({ code: 1006, error: undefined });
    expect(peer.wasCut).toBe(true);
    await until(() => codes.length > 0, 'the server has the reset');
    expect(codes).toEqual(['ECONNRESET']);
  });
});

test('a server that never ends the connection does not keep a peer that closes', async () => {
  const { url } = await startRudeServer((socket, head) => {
    socket.write(accept(head));
    socket.resume();
  });
  const { peer, notes } = await openPeer(url);
  peer.close();
  expect(await notes.untilEnd()).toMatchObject({ code: 1006, error: undefined });
}, 10_000);

test('sockets of a port that is not there leave nothing', async () => {
  const notes = new PeerNotes();
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const dialer = await dialerFor(`ws://127.0.0.1:${port}/`);
  const peer = dialer.dial(0, false, -1, notes);
  peer.terminate();
  expect(await notes.untilEnd()).toMatchObject({ code: 1006 });
  await new Promise((resolve) => server.close(resolve));
  expect(peer.open).toBe(false);
});
