import { once } from 'node:events';
import type { DisconnectInfo } from '../../src/main';
import { readMessages } from '../support/frames';
import { answerOf, endAll, startHub, startWorker, until } from '../support/hubs';
import { Random } from '../support/random';
import { nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const MiB = 1024 * 1024;
/** More than the kernel's buffers hold for a peer that does not read. */
const MESSAGE_MIB = 32;

const texts = (peer: RawPeer) =>
  peer.frames.map(({ opcode, payload, final }) => `${opcode === 0 ? '+' : ''}${payload}${final ? '' : '…'}`);

describe('messages to one peer in fragments', () => {
  it('of any length reach the library ws as one message, with what was posted meanwhile behind it', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await WsPeer.open(hub.url);
    const { id } = await coming;
    const payload = Buffer.concat(Array(20).fill(new Random(1).bytes(500_000)));
    expect(hub.post('default', 'before')).toBe('posted');
    const message = hub.beginMessage(id);
    expect(await message.write(payload.subarray(0, 3))).toBe(true);
    expect(hub.post('default', 'behind')).toBe('posted');
    expect(await message.write(payload.subarray(3, 2_000_000))).toBe(true);
    expect(await message.end(payload.subarray(2_000_000))).toBe(true);
    const seen = await peer.received(3);
    expect([`${seen[0].data}`, seen[1].data.equals(payload), seen[1].binary, `${seen[2].data}`]).toEqual([
      'before',
      true,
      true,
      'behind',
    ]);
    const { addressed, sent, pending } = await hub.stats();
    expect([addressed, sent, pending]).toEqual([3, 3, 0]);
  });

  it('keep their place among the posts of their thread, and let pongs pass', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    const message = hub.beginMessage(id, { text: true });
    const written = message.write('a');
    expect(hub.post('default', 'behind')).toBe('posted');
    expect(await written).toBe(true);
    peer.send(9, 'ping');
    await peer.until(({ length }) => length === 2);
    expect(await message.end('b')).toBe(true);
    await peer.until(({ length }) => length === 4);
    expect(texts(peer)).toEqual(['a…', 'ping', '+b', 'behind']);
    const whole = hub.beginMessage(id, { text: true });
    expect(await whole.end('in one')).toBe(true);
    await peer.until(({ length }) => length === 5);
    expect(texts(peer)[4]).toBe('in one');
  });

  it('come from any thread that posts, one behind the other', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    const senders = [5, 9].map((parts) =>
      startWorker('wire/workers/fragment-sender.ts', {
        workerData: { ringcast: hub.producerHandle(), id, parts, finish: true },
      }),
    );
    await Promise.all(senders.map((worker) => answerOf(worker)));
    await until(() => readMessages(peer.frames).length === 2, 'two messages came');
    const expected = [5, 9].map(
      (parts) => `${Array.from({ length: parts }, (_, at) => `part ${at} `).join('')}end`,
    );
    expect(
      readMessages(peer.frames)
        .map(({ payload }) => payload.toString())
        .sort(),
    ).toEqual(expected.sort());
  });

  it('whose thread is killed within them cost the connection, with 1011', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    const worker = startWorker('wire/workers/fragment-sender.ts', {
      workerData: { ringcast: hub.producerHandle(), id, parts: 3, finish: false },
    });
    await answerOf(worker);
    const gone = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
    await worker.terminate();
    expect((await gone)[0]).toMatchObject({ code: 1011, reason: 'the sender of a message ended within it' });
    expect(peer.closeFrame?.code).toBe(1011);
    const { addressed, sent, abandoned, pending } = await hub.stats();
    expect([addressed, sent, abandoned, pending]).toEqual([1, 0, 1, 0]);
  });

  it('that get no further fragment cost the connection after maxFragmentGapMs', async () => {
    const hub = await startHub({ maxFragmentGapMs: 400 });
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    const message = hub.beginMessage(id);
    expect(await message.write(Buffer.from('half'))).toBe(true);
    await peer.until((frames) => frames.some(({ opcode }) => opcode === 8));
    expect(peer.closeFrame).toEqual({ code: 1011, reason: 'no further fragment of a message for 400 ms' });
    expect(await message.write(Buffer.from('too late'))).toBe(false);
    expect(await message.end()).toBe(false);
  });

  it('answer false when the connection is gone, and fail once the hub is closed', async () => {
    const hub = await startHub();
    expect(await hub.beginMessage(4_711).write(Buffer.from('x'))).toBe(false);
    expect(() => hub.beginMessage(-1)).toThrow('connection id is -1');
    await hub.close();
    await expect(hub.beginMessage(1).write(Buffer.from('x'))).rejects.toMatchObject({
      code: 'RINGCAST_E_CLOSED',
    });
  });

  it('do not hold up the end of the hub', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    expect(await hub.beginMessage(id).write(Buffer.from('half'))).toBe(true);
    await hub.close();
    await peer.ended;
    expect(peer.closeFrame?.code).toBe(1001);
  });

  it('wait for a peer that does not read, without filling memory', async () => {
    const hub = await startHub();
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port);
    const { id } = await coming;
    peer.socket.pause();
    let written = 0;
    const message = hub.beginMessage(id);
    const done = (async () => {
      for (; written < MESSAGE_MIB; written++) await message.write(Buffer.alloc(MiB, written));
      return message.end();
    })();
    let last = -1;
    await until(async () => {
      const stalled = written === last && written > 0;
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return stalled;
    }, 'the sender waits');
    const [{ unsentBytes: lagBytes }] = await hub.connections();
    expect(written).toBeLessThan(MESSAGE_MIB);
    expect(lagBytes).toBeLessThanOrEqual(5 * 64 * 1024);
    peer.socket.resume();
    expect(await done).toBe(true);
    await peer.until((frames) => frames.at(-1)?.final === true);
    expect(peer.frames.map(({ opcode }) => opcode).join('')).toMatch(/^20+$/);
    expect(peer.frames.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(MESSAGE_MIB * MiB);
  });
});
