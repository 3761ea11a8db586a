import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import {
  type ConnectionSummary,
  type DisconnectInfo,
  type FragmentInfo,
  type Hub,
  HubErrorCode,
  MessageReader,
} from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { deflateMessage, encodePeerFrame } from '../support/peer-stream';
import { Random } from '../support/random';
import { handshake, nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const HANDLER = path.join(__dirname, 'handlers', 'fragments.js');
const IN_HANDLER = { '*': { receive: 'fragments', handler: HANDLER } } as const;
const TO_APPLICATION = { '*': { receive: 'fragments' } } as const;

const frame = (opcode: number, payload: string | Buffer, final = true) =>
  encodePeerFrame({ opcode, payload: Buffer.from(payload as string), final });

interface Told extends FragmentInfo {
  text: string;
}

function listen(hub: Hub): Told[] {
  const told: Told[] = [];
  hub.on('message', () => {
    throw new Error('a message, where fragments are received');
  });
  hub.on('fragment', (_info, bytes, fragment) =>
    told.push({ text: Buffer.from(bytes).toString(), ...fragment }),
  );
  return told;
}

/** Sends and waits until the kernel has taken it. */
const write = (peer: RawPeer, bytes: Buffer) => new Promise((resolve) => peer.socket.write(bytes, resolve));
const textsOf = (peer: RawPeer) => peer.frames.map(({ payload }) => payload.toString());

describe('fragments, in a handler', () => {
  it('come as they arrive, inside a frame too, and no message with them', async () => {
    const hub = await startHub({ channels: IN_HANDLER });
    const peer = await RawPeer.open(hub.port);
    const bytes = frame(1, 'hello', false);
    await write(peer, bytes.subarray(0, 9));
    expect(await peer.until(({ length }) => length === 1)).toBeDefined();
    await write(peer, bytes.subarray(9));
    await peer.until(({ length }) => length === 2);
    await write(peer, Buffer.concat([frame(0, ''), frame(9, 'ping')]));
    await peer.until(({ length }) => length === 4);
    expect(textsOf(peer).sort()).toEqual(
      ['["hel",true,false,2,3]', '["lo",false,false,0,5]', '["",false,true,0,5]', 'ping'].sort(),
    );
    expect(await hub.stats()).toMatchObject({ received: 1, receivedBytes: 5 });
  });

  it('are not bound by maxMessageBytes and maxFragments', async () => {
    const hub = await startHub({ channels: IN_HANDLER, maxMessageBytes: 100, maxFragments: 2 });
    const peer = await RawPeer.open(hub.port);
    const payload = new Random(3).bytes(300_000);
    for (let at = 0; at < payload.length; at += 5_000)
      await write(
        peer,
        frame(at === 0 ? 2 : 0, payload.subarray(at, at + 5_000), at + 5_000 >= payload.length),
      );
    await peer.until(({ length }) => length === 1);
    expect(JSON.parse(textsOf(peer)[0])).toMatchObject({
      messageBytes: 300_000,
      digest: createHash('sha256').update(payload).digest('hex'),
    });
  });

  it('stop while it has paused the peer, within what had come already, and go on where they stopped', async () => {
    const hub = await startHub({ channels: IN_HANDLER });
    const peer = await RawPeer.open(hub.port);
    peer.socket.write(Buffer.concat([frame(1, 'pause'), frame(1, 'next'), frame(1, 'last')]));
    await peer.until(({ length }) => length === 4);
    expect(textsOf(peer)).toEqual([
      '["pause",true,true,0,5]',
      'resumed',
      '["next",true,true,0,4]',
      '["last",true,true,0,4]',
    ]);
  });

  it('that throws cost their connection, and what was behind them is not seen', async () => {
    const hub = await startHub({ channels: IN_HANDLER });
    const failed = once(hub, 'error');
    const errors: unknown[] = [];
    hub.on('error', (error) => errors.push(error));
    const peer = await RawPeer.open(hub.port);
    peer.socket.write(Buffer.concat([frame(1, 'throw'), frame(1, 'throw'), frame(1, 'unseen')]));
    await peer.until((frames) => frames.some(({ opcode }) => opcode === 8));
    expect(peer.closeFrame).toEqual({ code: 1011, reason: 'internal error' });
    expect((await failed)[0]).toMatchObject({ code: HubErrorCode.HANDLER_THREW });
    await peer.ended;
    expect([errors.length, textsOf(peer).filter((text) => text.includes('unseen'))]).toEqual([1, []]);
    const other = await RawPeer.open(hub.port);
    other.socket.write(frame(1, 'close'));
    await other.until((frames) => frames.some(({ opcode }) => opcode === 8));
    expect(other.closeFrame).toEqual({ code: 4_000, reason: 'as you like' });
  });

  it('come over TLS as well', async () => {
    const [key, cert] = ['test-key.pem', 'test-cert.pem'].map((name) =>
      readFileSync(path.join(__dirname, '../support', name)),
    );
    const hub = await startHub({ channels: IN_HANDLER, tls: { key, cert } });
    const peer = await WsPeer.open(hub.url, [], { rejectUnauthorized: false });
    const payload = new Random(4).bytes(500_000);
    peer.ws.send(payload);
    const [{ data }] = await peer.received(1);
    expect(JSON.parse(`${data}`).digest).toBe(createHash('sha256').update(payload).digest('hex'));
    peer.ws.close(4_001, 'bye');
    expect(await peer.closed).toEqual({ code: 4_001, reason: 'bye' });
  });

  it('may be answered by a message in fragments', async () => {
    const hub = await startHub({ channels: IN_HANDLER });
    const peer = await WsPeer.open(hub.url);
    peer.ws.send('upload');
    const [, { data }] = await peer.received(2);
    expect(
      data.equals(Buffer.concat(Array.from({ length: 40 }, (_, part) => Buffer.alloc(100_000, part)))),
    ).toBe(true);
  });
});

describe('fragments, in the application', () => {
  it('come with what they are, in order, between the other events', async () => {
    const hub = await startHub({ channels: TO_APPLICATION });
    const told = listen(hub);
    const peer = await RawPeer.open(hub.port);
    await write(peer, Buffer.concat([frame(1, 'one ', false), frame(9, ''), frame(0, ''), frame(2, '')]));
    const gone = once(hub, 'disconnect');
    peer.socket.end();
    await gone;
    const piece = { first: true, final: true, remaining: 0 };
    expect(told).toEqual([
      { text: 'one ', ...piece, final: false, binary: false, messageBytes: 4 },
      { text: '', ...piece, first: false, binary: false, messageBytes: 4 },
      { text: '', ...piece, binary: true, messageBytes: 0 },
    ]);
  });

  it('wait in the peer while the application is busy: memory is bounded, and nothing is lost', async () => {
    const hub = await startHub({ channels: TO_APPLICATION, inboundHighWaterBytes: 64 * 1024 });
    const hash = createHash('sha256');
    let complete = false;
    let pieces = 0;
    hub.on('fragment', (_info, bytes, { final, remaining }) => {
      hash.update(bytes);
      pieces++;
      complete = final && remaining === 0;
    });
    const peer = await RawPeer.open(hub.port);
    const payload = Buffer.concat(Array(64).fill(new Random(5).bytes(512 * 1024)));
    peer.socket.write(frame(2, payload));
    await until(() => pieces > 0, 'the first piece comes');
    const never = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(never, 0, 0, 300); // this thread takes nothing
    const before = (await hub.stats()).receivedBytes;
    Atomics.wait(never, 0, 0, 300);
    const { receivedBytes } = await hub.stats();
    expect(receivedBytes - before).toBeLessThan(512 * 1024);
    expect(receivedBytes).toBeLessThan(payload.length);
    await until(() => complete, 'the message is complete');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(payload).digest('hex'));
  });

  it('begin with a whole message for whoever begins to listen within one', async () => {
    const hub = await startHub({ channels: TO_APPLICATION });
    const peer = await RawPeer.open(hub.port);
    await write(peer, frame(1, 'unheard', false));
    await until(async () => (await hub.stats()).receivedBytes === 7, 'it is received');
    const told = listen(hub);
    await hub.connections(); // behind the request to forward
    await write(peer, Buffer.concat([frame(0, 'unheard too'), frame(1, 'heard')]));
    await until(() => told.length > 0, 'it is told');
    expect(told.map(({ text }) => text)).toEqual(['heard']);
  });

  it('stop and go on by hub.pause and hub.resume', async () => {
    const hub = await startHub({ channels: TO_APPLICATION });
    const told = listen(hub);
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    expect(await hub.pause(id)).toBe(true);
    await write(peer, frame(1, 'wait'));
    const witness = await RawPeer.open(hub.port);
    await write(witness, frame(1, 'seen'));
    await until(() => told.length > 0, 'the witness is heard');
    expect(told.map(({ text }) => text)).toEqual(['seen']);
    expect(await hub.resume(id)).toBe(true);
    await until(() => told.length > 1, 'the paused peer is heard');
    expect(told[1].text).toBe('wait');
    expect([await hub.pause(987_654), await hub.resume(987_654)]).toEqual([false, false]);
  });

  it('make a stream of messages with back-pressure', async () => {
    const hub = await startHub({ channels: TO_APPLICATION });
    const readers = new Map<number, MessageReader>();
    const digests: string[] = [];
    hub.on('connection', ({ id }: ConnectionSummary) => {
      const reader = new MessageReader({ pause: () => hub.pause(id), resume: () => hub.resume(id) });
      readers.set(id, reader);
      void (async () => {
        for await (const message of reader) {
          const hash = createHash('sha256');
          for await (const piece of message) {
            hash.update(piece);
            await new Promise(setImmediate); // slower than the peer
          }
          digests.push(hash.digest('hex'));
        }
      })();
    });
    hub.on('fragment', ({ id }, bytes, fragment) => readers.get(id)?.push(bytes, fragment));
    hub.on('disconnect', ({ id }: DisconnectInfo) => readers.get(id)?.end());
    const peer = await WsPeer.open(hub.url);
    const payloads = [1, 2, 3].map((seed) => Buffer.concat(Array(6).fill(new Random(seed).bytes(500_000))));
    for (const payload of payloads) peer.ws.send(payload);
    await until(() => digests.length === 3, 'three messages are read');
    expect(digests).toEqual(payloads.map((payload) => createHash('sha256').update(payload).digest('hex')));
  });
});

describe('life', () => {
  const QUICK = { channels: TO_APPLICATION, pingIntervalMs: 500, pongTimeoutMs: 2_000 };

  /** Sends `bytes` of a long frame every 50 ms until the connection ends, or `times` are over. */
  async function drip(peer: RawPeer, bytes: number, times: number): Promise<number> {
    peer.socket.write(Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    let sent = 0;
    while (sent < times && !peer.socket.destroyed) {
      peer.socket.write(Buffer.alloc(bytes));
      sent++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return sent;
  }

  it('is in the bytes of a long frame, within which no ping can be answered', async () => {
    const hub = await startHub(QUICK);
    listen(hub);
    const peer = await RawPeer.open(hub.port);
    await drip(peer, 2_000, 80);
    expect(peer.socket.destroyed).toBe(false);
    expect((await hub.stats()).receivedBytes).toBeGreaterThan(40_000);
  });

  it('is not in a trickle', async () => {
    const hub = await startHub(QUICK);
    const gone = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
    const peer = await RawPeer.open(hub.port);
    void drip(peer, 10, 400);
    expect((await gone)[0]).toMatchObject({ code: 1006 });
  });
});

describe('compressed messages', () => {
  async function open(hub: Hub): Promise<RawPeer> {
    const peer = new RawPeer(hub.port);
    peer.socket.write(
      handshake('/', ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']),
    );
    await peer.answer();
    return peer;
  }

  it('are agreed on only with inboundCompression', async () => {
    for (const channels of [TO_APPLICATION, {}]) {
      const hub = await startHub({ channels: { default: {}, ...channels } });
      const peer = new RawPeer(hub.port);
      peer.socket.write(handshake('/', ['Sec-WebSocket-Extensions: permessage-deflate']));
      expect((await peer.answer()).headers['sec-websocket-extensions']).toBeUndefined();
    }
  });

  it('of the library ws come through in both modes, and the hub sends none', async () => {
    for (const receive of ['message', 'fragments'] as const) {
      const hub = await startHub({ channels: { '*': { receive } }, inboundCompression: true });
      let bytes = 0;
      hub.on('message', (_info, data) => {
        bytes += data.length;
      });
      hub.on('fragment', (_info, data) => {
        bytes += data.length;
      });
      const peer = await WsPeer.open(hub.url, [], { perMessageDeflate: { threshold: 0 } });
      expect(peer.ws.extensions).toBe('permessage-deflate');
      for (let count = 0; count < 20; count++) peer.ws.send(Buffer.alloc(10_000, 'zeros'));
      await until(() => bytes === 200_000, 'all of it came');
      expect(hub.post('default', 'x'.repeat(5_000))).toBe('posted');
      expect((await peer.received(1))[0].data.toString()).toBe('x'.repeat(5_000));
    }
  });

  it('that inflate to much are cut in message mode, and flow in pieces in the other', async () => {
    const wire = deflateMessage(Buffer.alloc(20 * 1024 * 1024));
    const bomb = encodePeerFrame({ opcode: 2, payload: wire, final: true, rsv1: true });
    const whole = await startHub({ inboundCompression: true });
    const victim = await open(whole);
    victim.socket.write(bomb);
    await victim.until((frames) => frames.some(({ opcode }) => opcode === 8));
    expect(victim.closeFrame?.code).toBe(1009);
    const hub = await startHub({ channels: IN_HANDLER, inboundCompression: true });
    const peer = await open(hub);
    peer.socket.write(bomb);
    await peer.until(({ length }) => length === 1);
    const { messageBytes, largest, digest } = JSON.parse(textsOf(peer)[0]);
    expect(messageBytes).toBe(20 * 1024 * 1024);
    expect(largest).toBeLessThanOrEqual(32 * 1024);
    expect(digest).toBe(
      createHash('sha256')
        .update(Buffer.alloc(20 * 1024 * 1024))
        .digest('hex'),
    );
    expect(wire.length).toBeLessThan(deflateRawSync(Buffer.alloc(20 * 1024 * 1024)).length + 10);
  });
});
