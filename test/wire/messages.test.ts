import { once } from 'node:events';
import type { Hub } from '../../src/main';
import { endAll, HUB_MODES, until } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

type Told = { channel: string; data: string | Uint8Array };

function listen(hub: Hub): Told[] {
  const told: Told[] = [];
  hub.on('message', ({ channel }, data) => told.push({ channel, data }));
  return told;
}

describe.each(HUB_MODES)('messages from peers, $name', ({ startHub }) => {
  it('reach the application in order: text as strings, binary as bytes, fragments put together', async () => {
    const hub = await startHub();
    const told = listen(hub);
    const peer = await RawPeer.open(hub.port, '/chat');
    peer.send(1, 'hällo');
    peer.send(2, Buffer.from([0, 1, 255]));
    peer.send(1, '');
    peer.send(2, Buffer.alloc(0));
    peer.send(1, 'one ', { final: false });
    peer.send(9, 'between');
    peer.send(0, 'two ', { final: false });
    peer.send(0, 'three');
    peer.send(2, Buffer.alloc(64 * 1024, 3));
    await until(() => told.length === 6, 'six messages');
    expect(told.slice(0, 5)).toEqual([
      { channel: 'chat', data: 'hällo' },
      { channel: 'chat', data: new Uint8Array([0, 1, 255]) },
      { channel: 'chat', data: '' },
      { channel: 'chat', data: new Uint8Array(0) },
      { channel: 'chat', data: 'one two three' },
    ]);
    expect(Buffer.from(told[5].data as Uint8Array).equals(Buffer.alloc(64 * 1024, 3))).toBe(true);
    const [pong] = await peer.until(({ length }) => length === 1);
    expect([pong.opcode, pong.payload.toString()]).toEqual([10, 'between']);
    expect(await hub.stats()).toMatchObject({ received: 6, receivedBytes: 6 + 3 + 13 + 64 * 1024 });
  });

  it('that break the rules close their connection with the code for it, and nobody else notices', async () => {
    const hub = await startHub({ maxMessageBytes: 1_024, maxFragments: 8 });
    const told = listen(hub);
    const witness = await WsPeer.open(hub.url);
    const fragments = (peer: RawPeer) => {
      for (let sent = 0; sent < 9; sent++) peer.send(sent === 0 ? 1 : 0, 'x', { final: false });
    };
    const faults: [string, number, (peer: RawPeer) => void][] = [
      ['longer than maxMessageBytes', 1009, (peer) => peer.send(2, Buffer.alloc(1_025))],
      ['of too many fragments', 1008, fragments],
      ['of text that is not UTF-8', 1007, (peer) => peer.send(1, Buffer.from([0xff]))],
      ['that is not masked', 1002, (peer) => peer.socket.write(Buffer.from([0x81, 0x01, 0x41]))],
      ['with a reserved bit', 1002, (peer) => peer.socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))],
    ];
    for (const [what, code, misbehave] of faults) {
      const peer = await RawPeer.open(hub.port);
      const gone = once(hub, 'disconnect');
      misbehave(peer);
      await peer.until((frames) => frames.at(-1)?.opcode === 8);
      expect([what, peer.closeFrame?.code]).toEqual([what, code]);
      await gone;
      expect(hub.post('default', what)).toBe('posted');
    }
    await witness.received(faults.length);
    expect(witness.texts).toEqual(faults.map(([what]) => what));
    expect(told).toEqual([]);
  });

  it('get their pongs between whole frames while messages flow', async () => {
    const hub = await startHub();
    const peer = await RawPeer.open(hub.port);
    const filler = 'x'.repeat(10_000);
    for (let number = 0; number < 200; number++) {
      expect(await hub.producer.postAsync('default', `${number}:${filler}`)).toBe('posted');
      peer.send(9, `ping ${number}`);
      if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const isLastPong = (payload: Buffer) => payload.toString() === 'ping 199';
    await peer.until((frames) => frames.some(({ opcode, payload }) => opcode === 10 && isLastPong(payload)));
    await peer.until((frames) => frames.filter(({ opcode }) => opcode === 1).length === 200);
    const texts = peer.frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => payload.toString());
    expect(texts).toEqual(Array.from({ length: 200 }, (_, number) => `${number}:${filler}`));
    const pongs = peer.frames
      .filter(({ opcode }) => opcode === 10)
      .map(({ payload }) => Number(payload.toString().slice(5)));
    expect(pongs).toEqual([...pongs].sort((a, b) => a - b));
  });

  it('wait in the peers while the application is busy: the queue is bounded, and nothing is lost', async () => {
    const hub = await startHub({ inboundHighWaterBytes: 64 * 1024 });
    const numbers = new Map<number, number[]>();
    hub.on('message', ({ id }, data) => numbers.get(id)?.push(Number((data as string).slice(0, 8))));
    hub.on('connection', ({ id }) => numbers.set(id, []));
    const peers = await Promise.all(Array.from({ length: 8 }, () => WsPeer.open(hub.url)));
    await until(() => numbers.size === 8, 'eight connections are told of');
    const each = 4_000;
    const filler = 'x'.repeat(1_000);
    for (const { ws } of peers) {
      for (let number = 0; number < each; number++) ws.send(`${String(number).padStart(8)}${filler}`);
    }
    await until(() => numbers.get(1)!.length > 0, 'the first message came');
    // This thread takes nothing now: what has come is at most what the high-water mark lets in.
    const never = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(never, 0, 0, 500);
    const before = (await hub.stats()).received;
    Atomics.wait(never, 0, 0, 700);
    const { received } = await hub.stats();
    expect(received).toBeLessThan(8 * each);
    expect(received - before).toBeLessThan(3_000);
    await until(() => [...numbers.values()].every(({ length }) => length === each), 'all messages came');
    const inOrder = Array.from({ length: each }, (_, number) => number);
    for (const seen of numbers.values()) expect(seen).toEqual(inOrder);
  });

  it('are dropped while nobody listens, and told as soon as somebody does', async () => {
    const hub = await startHub();
    const peer = await WsPeer.open(hub.url);
    peer.ws.send('into the void');
    await until(async () => (await hub.stats()).received === 1, 'it is received');
    const told = listen(hub);
    await hub.connections(); // behind the request to forward
    peer.ws.send('heard');
    await until(() => told.length === 1, 'it is told');
    expect(told).toEqual([{ channel: 'default', data: 'heard' }]);
  });
});
