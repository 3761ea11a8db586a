import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Server, type Socket } from 'socket.io';
import type { ConnectPlan } from '../../src/shared/load/plan';
import { endAll, until, whenOver } from '../support/hubs';
import { dialerFor, openPeer, PeerNotes, startWsServer } from '../support/load-peers';
import { removeFolders, temporaryFolder } from '../support/temporary';

afterEach(async () => {
  await endAll();
  removeFolders();
});

async function startSocketIo(options: object = {}): Promise<{ io: Server; url: string }> {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'], ...options });
  whenOver(() => io.close());
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { io, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/` };
}

const KINDS: Partial<ConnectPlan>[] = [
  { client: 'sink', adapter: 'socket.io' },
  { client: 'ws', adapter: 'socket.io' },
];

describe.each(KINDS)('Socket.IO by a client of kind $client', (changes) => {
  test('texts and bytes go both ways, in a namespace too', async () => {
    const { io, url } = await startSocketIo();
    const echo = (socket: Socket): void => {
      socket.on('message', (data) => socket.emit('message', data));
    };
    io.on('connection', echo);
    io.of('/admin').on('connection', echo);
    for (const place of [url, `${url}admin`]) {
      const { peer, notes } = await openPeer(place, changes);
      peer.send(Buffer.from('say "grüß\\dich"\n'), true);
      peer.send(Buffer.from([0, 1, 254, 255]), false);
      await notes.until(() => notes.messages.length === 2);
      expect(notes.messages).toMatchObject([
        { binary: false, data: Buffer.from('say "grüß\\dich"\n') },
        { binary: true, data: Buffer.from([0, 1, 254, 255]) },
      ]);
    }
  });

  test('is open only once the server let it into the namespace, and lives through its pings', async () => {
    const { io, url } = await startSocketIo({ pingInterval: 30 });
    let pongs = 0;
    io.on('connection', (socket) =>
      socket.conn.on('packet', ({ type }) => {
        if (type === 'pong' && ++pongs === 3) socket.emit('message', 'late');
      }),
    );
    const { notes } = await openPeer(url, changes);
    await notes.until(() => notes.messages.length === 1);
    expect([notes.texts, notes.ends]).toEqual([['late'], []]);
  });

  test('a server that lets nobody in is a refusal with its reason', async () => {
    const { io, url } = await startSocketIo();
    io.use((_socket, next) => next(new Error('members only')));
    await expect(openPeer(url, changes)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'the server refused: {"message":"members only"}',
    });
  });
});

function script(body: string): string {
  const file = path.join(temporaryFolder(), 'adapter.cjs');
  writeFileSync(file, body);
  return file;
}

test('a script of the user speaks for the client: it says hello, waits for leave, unwraps and wraps', async () => {
  const heard: string[] = [];
  const { url } = await startWsServer((ws) => {
    ws.on('message', (data) => {
      heard.push(data.toString());
      if (data.toString() === 'hello 0') for (const text of ['welcome', '<one>', '<two>']) ws.send(text);
    });
  });
  const adapter = script(
    `exports.adapter = {
    name: 'brackets',
    url: (url) => new URL('/door', url),
    open: (session) => [{ data: 'hello ' + session.client }],
    wrap: (payload) => [{ data: '<' + Buffer.from(payload) + '>' }],
    message: (bytes) => bytes[0] === 60 ? { payload: bytes.subarray(1, -1) } : { control: true, ready: true },
  };`,
  );
  const { peer, notes } = await openPeer(url, { adapter });
  peer.send(Buffer.from('three'), true);
  await notes.until(() => notes.messages.length === 2);
  await until(() => heard.length === 2, 'the server has both');
  expect([notes.texts, heard]).toEqual([
    ['one', 'two'],
    ['hello 0', '<three>'],
  ]);
});

test('a script that throws ends its connection, with its name in the error', async () => {
  const { url } = await startWsServer((ws) => ws.send('x'));
  const adapter = script(
    `exports.adapter = { name: 'mine', message() { throw new RangeError('too far'); } }`,
  );
  await expect(openPeer(url, { adapter })).rejects.toMatchObject({
    code: 'ADAPTER',
    message: 'the adapter mine threw RangeError: too far',
  });
});

test('a heartbeat is sent as long as the connection is there', async () => {
  const beats: string[] = [];
  const { url } = await startWsServer((ws) => ws.on('message', (data) => beats.push(data.toString())));
  const adapter = script(`exports.adapter = { name: 'beating', wrap: (payload) => [{ data: payload }],
    heartbeat: { everyMs: 10, messages: (session) => [{ data: 'beat ' + session.client }] } }`);
  const notes = new PeerNotes();
  const dialer = await dialerFor(url, { adapter });
  const peers = [dialer.dial(0, false, -1, notes), dialer.dial(1, false, -1, notes)];
  await until(() => beats.filter((beat) => beat === 'beat 0').length >= 2, 'the first beats');
  await until(() => beats.filter((beat) => beat === 'beat 1').length >= 2, 'the second beats');
  for (const peer of peers) peer.terminate();
  await notes.until(() => notes.ends.length === 2);
  expect(notes.opens).toHaveLength(2);
});
