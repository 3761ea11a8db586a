import type { Hub } from '../../src/main';
import { endAll, HUB_MODES, until } from '../support/hubs';
import { nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

async function connected(hub: Hub, target = '') {
  const told = nextConnection(hub);
  const peer = await WsPeer.open(`${hub.url}${target}`);
  return { peer, id: (await told).id };
}

describe.each(HUB_MODES)('requests about one connection, $name', ({ startHub }) => {
  it('subscribe before a post shows the peer that message, 10,000 times out of 10,000', async () => {
    const hub = await startHub();
    const { peer, id } = await connected(hub);
    const expected: string[] = [];
    for (let batch = 0; batch < 100; batch++) {
      const requests: Promise<boolean>[] = [];
      for (let number = batch * 100; number < batch * 100 + 100; number++) {
        expect(hub.post('extra', `before ${number}`)).toBe('posted');
        requests.push(hub.subscribe(id, 'extra'));
        expect(hub.post('extra', `${number}`)).toBe('posted');
        requests.push(hub.unsubscribe(id, 'extra'));
        expect(hub.post('extra', `after ${number}`)).toBe('posted');
        expected.push(`${number}`);
      }
      expect((await Promise.all(requests)).every((done) => done)).toBe(true);
    }
    await peer.received(10_000);
    expect(hub.post('default', 'the last')).toBe('posted');
    await peer.received(10_001);
    expect(peer.texts).toEqual([...expected, 'the last']);
  });

  it('keep their order with the posts of their thread', async () => {
    const hub = await startHub();
    const { peer, id } = await connected(hub);
    const expected: { data: Buffer; binary: boolean }[] = [];
    const expectText = (text: string) => expected.push({ data: Buffer.from(text), binary: false });
    const sent: Promise<boolean>[] = [];
    for (let number = 0; number < 500; number++) {
      hub.post('default', `post ${number}`);
      expectText(`post ${number}`);
      sent.push(hub.send(id, `private ${number}`));
      expectText(`private ${number}`);
      if (number % 10 === 0) {
        sent.push(hub.send(id, Buffer.from([0, 255, number & 0xff])));
        expected.push({ data: Buffer.from([0, 255, number & 0xff]), binary: true });
      }
    }
    const gone = hub.disconnect(id, 4_001, 'enough — für jetzt');
    hub.post('default', 'too late');
    const late = hub.send(id, 'too late');
    expect(await peer.closed).toEqual({ code: 4_001, reason: 'enough — für jetzt' });
    expect(peer.seen).toEqual(expected);
    expect(await gone).toBe(true);
    expect((await Promise.all(sent)).every((done) => done)).toBe(true);
    expect(await late).toBe(false);
  });

  it('answer false for a connection that is gone, and throw for what can be none', async () => {
    const hub = await startHub({ channels: { default: {}, other: {} } });
    const { peer, id } = await connected(hub);
    await expect(hub.subscribe(id, 'nowhere')).rejects.toThrow(RangeError);
    await expect(hub.disconnect(id, 1006)).rejects.toThrow('close code is 1006');
    await expect(hub.disconnect(id, 4_000, 'x'.repeat(124))).rejects.toThrow('close reason of 124 bytes');
    await expect(hub.send(-1, 'x')).rejects.toThrow('connection id is -1');
    await expect(hub.send(id, 5 as never)).rejects.toThrow('data is number');
    for (const act of [
      () => hub.subscribe(id, undefined as never),
      () => hub.unsubscribe(id, undefined as never),
    ])
      await expect(act()).rejects.toThrow('channel is undefined: it must be a string');
    await expect(hub.producer.postAsync('other', 'x', { timeoutMs: '5' as never })).rejects.toThrow(
      'timeoutMs is string: it must be a number',
    );
    await expect(hub.disconnect(id, 4_000, 5 as never)).rejects.toThrow('close reason is number: it must be');
    expect(await hub.subscribe(id, 'other')).toBe(true);
    expect((await hub.connections())[0]).toMatchObject({
      id,
      channel: 'default',
      channels: ['default', 'other'],
    });
    expect(await hub.disconnect(id)).toBe(true);
    expect(await peer.closed).toEqual({ code: 1000, reason: '' });
    await until(async () => (await hub.connections()).length === 0, 'the connection is gone');
    const answers = [
      hub.send(id, 'x'),
      hub.subscribe(id, 'other'),
      hub.unsubscribe(id, 'other'),
      hub.disconnect(id),
    ];
    expect(await Promise.all(answers)).toEqual([false, false, false, false]);
    expect(await hub.send(999, 'x')).toBe(false);
  });
});

describe.each(HUB_MODES)('tracked posts, $name', ({ startHub }) => {
  it('tell what became of each message, also with peers that vanish', async () => {
    const hub = await startHub({ channels: { ticks: {}, quiet: {} } });
    const none = hub.producer.postTracked('quiet', 'x');
    expect(none.result).toBe('posted');
    expect(await none.settled).toEqual({ addressed: 0, sent: 0, skipped: 0, conflated: 0, abandoned: 0 });
    const good = await WsPeer.open(`${hub.url}/ticks`);
    const deaf = await RawPeer.open(hub.port, '/ticks');
    deaf.socket.pause();
    const filler = 'x'.repeat(64 * 1024);
    // More than the kernel takes for a peer that does not read, less than the limit behind that.
    const posts = [];
    for (let number = 0; number < 120; number++) {
      await good.received(number);
      posts.push(hub.producer.postTracked('ticks', `${number}:${filler}`));
    }
    await good.received(120);
    deaf.reset();
    const settled = await Promise.all(posts.map((post) => post.settled));
    for (const { addressed, sent, abandoned } of settled)
      expect([addressed, sent + abandoned]).toEqual([2, 2]);
    expect(settled[0]).toMatchObject({ sent: 2, abandoned: 0 });
    expect(settled[119]).toMatchObject({ sent: 1, abandoned: 1 });
    const sum = (key: 'sent' | 'abandoned') => settled.reduce((all, settlement) => all + settlement[key], 0);
    await until(async () => (await hub.stats()).connections === 1, 'the deaf one is gone');
    const { addressed, pending, ...stats } = await hub.stats();
    expect({ addressed, pending, sent: stats.sent, abandoned: stats.abandoned }).toEqual({
      addressed: 240,
      pending: 0,
      sent: sum('sent'),
      abandoned: sum('abandoned'),
    });
  });
});
