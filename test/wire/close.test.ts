import { once } from 'node:events';
import { connect } from 'node:net';
import { HubErrorCode } from '../../src/main';
import { answerOf, endAll, HUB_MODES, startWorker, until } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';
import type { ProducerAnswer, ProducerTask } from './workers/producer';

afterEach(endAll);

describe.each(HUB_MODES)('a hub that closes under load, $name', ({ startHub, ownThread, listens }) => {
  it('sends all that was posted before, answers closed to all that comes after, and wakes whoever waits', async () => {
    const hub = await startHub({
      ring: { laneBytes: 16 * 1024 },
      channels: { '*': { slow: 'wait', maxLagBytes: 256 * 1024 } },
    });
    const peers = await Promise.all(Array.from({ length: 10 }, () => RawPeer.open(hub.port, '/ticks')));
    const ways = ['post', 'postWait', 'postAsync'] as const;
    const threads = ways.map((way) =>
      startWorker('wire/workers/producer.ts', {
        workerData: {
          ringcast: hub.producerHandle(),
          task: { kind: 'until closed', channel: 'ticks', way, name: way, restMs: 1 } satisfies ProducerTask,
        },
      }),
    );
    const answers = Promise.all(threads.map((thread) => answerOf<ProducerAnswer>(thread)));
    const busy = async () => (await hub.stats()).producers.filter(({ posted }) => posted > 500).length;
    await until(async () => (await busy()) === 3, 'all three post');
    let own = 0;
    for (; own < 50; own++) expect(await hub.producer.postAsync('ticks', `own:${own}`)).toBe('posted');
    await hub.close();
    const posted: Record<string, number> = { own };
    for (const [at, answer] of (await answers).entries()) {
      posted[ways[at]] = answer.posted;
      expect(answer.later).toEqual(['closed', 'closed', 'closed']);
    }
    expect(hub.post('ticks', 'late')).toBe('closed');
    if (ownThread) expect(hub.producer.postWait('ticks', 'late')).toBe('closed');
    else expect(() => hub.producer.postWait('ticks', 'late')).toThrow('would wait for itself');
    expect(await hub.producer.postAsync('ticks', 'late')).toBe('closed');
    for (const peer of peers) {
      await peer.ended;
      const next: Record<string, number> = { own: 0, post: 0, postWait: 0, postAsync: 0 };
      for (const { opcode, payload } of peer.frames) {
        if (opcode >= 8) continue; // a ping too, on a busy machine
        const [name, number] = payload.toString().split(':');
        if (next[name]++ !== Number(number)) throw new Error(`${payload} instead of ${next[name] - 1}`);
      }
      expect(next).toEqual(posted);
      expect(peer.closeFrame).toEqual({ code: 1001, reason: 'the hub closes' });
    }
    const stats = await hub.stats();
    const all = Object.values(posted).reduce((sum, count) => sum + count);
    expect(stats).toMatchObject({
      posted: all,
      drained: all,
      addressed: all * 10,
      sent: all * 10,
      pending: 0,
    });
  });

  it('wakes a thread that waits for a lane full of messages that nobody takes', async () => {
    const hub = await startHub({
      ring: { laneBytes: 4 * 1024 },
      channels: { stuck: { slow: 'wait', maxLagBytes: 1_000, maxStallMs: 60_000, maxLagMs: 60_000 } },
    });
    const deaf = await RawPeer.open(hub.port, '/stuck');
    deaf.socket.pause();
    const threads = (['postWait', 'postAsync'] as const).map((way) =>
      startWorker('wire/workers/producer.ts', {
        workerData: {
          ringcast: hub.producerHandle(),
          task: {
            kind: 'until closed',
            channel: 'stuck',
            way,
            name: 'x'.repeat(1_000),
          } satisfies ProducerTask,
        },
      }),
    );
    const answers = Promise.all(threads.map((thread) => answerOf<ProducerAnswer>(thread)));
    let before = -1;
    // Both wait once nothing is posted any more.
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { posted } = await hub.stats();
      const still = posted > 0 && posted === before;
      before = posted;
      return still;
    }, 'the producers wait');
    await hub.close({ deadlineMs: 100 });
    for (const { later } of await answers) expect(later).toEqual(['closed', 'closed', 'closed']);
    const { pending, abandoned } = await hub.stats();
    expect([pending, abandoned > 0]).toEqual([0, true]);
  });

  it('cuts peers that do not read at the deadline', async () => {
    const hub = await startHub({ channels: { '*': { maxLagBytes: 64 * 1024 * 1024 } } });
    const deaf = await RawPeer.open(hub.port);
    deaf.socket.pause();
    const good = await WsPeer.open(hub.url);
    const filler = 'x'.repeat(64 * 1024);
    for (let number = 0; number < 200; number++) {
      expect(await hub.producer.postAsync('default', `${number}:${filler}`)).toBe('posted');
    }
    const started = Date.now();
    await hub.close({ deadlineMs: 1_500 });
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(await good.closed).toEqual({ code: 1001, reason: 'the hub closes' });
    expect(good.texts).toEqual(Array.from({ length: 200 }, (_, number) => `${number}:${filler}`));
    deaf.socket.resume();
    await deaf.ended;
    expect(deaf.closeFrame).toBeUndefined();
    const { connections, pending, sent, abandoned, addressed } = await hub.stats();
    expect({ connections, pending, both: sent + abandoned }).toEqual({
      connections: 0,
      pending: 0,
      both: addressed,
    });
    expect(abandoned).toBeGreaterThan(0);
  });

  it('closes at once with nobody there, once for any number of calls, and takes a deadline without end', async () => {
    const hub = await startHub();
    const first = hub.close({ deadlineMs: Number.POSITIVE_INFINITY });
    expect(hub.close()).toBe(first);
    await first;
    await expect(hub.connections()).rejects.toMatchObject({ code: HubErrorCode.CLOSED });
    await expect(hub.send(1, 'x')).rejects.toMatchObject({ code: HubErrorCode.CLOSED });
    await expect(hub.subscribe(1, 'x')).rejects.toMatchObject({ code: HubErrorCode.CLOSED });
    await expect(hub.close({ deadlineMs: Number.NaN })).rejects.toThrow('deadlineMs is NaN');
    await expect(hub.close({ deadlineMs: -1 })).rejects.toThrow('deadlineMs is -1');
    expect(hub.close(null as never)).toBe(first);
  });

  it('does not cut anybody short when the deadline is without end', async () => {
    const hub = await startHub();
    const peer = await RawPeer.open(hub.port);
    peer.socket.pause();
    const filler = 'x'.repeat(32 * 1024);
    for (let number = 0; number < 100; number++) {
      expect(await hub.producer.postAsync('default', filler)).toBe('posted');
    }
    const closed = hub.close({ deadlineMs: Number.POSITIVE_INFINITY });
    await new Promise((resolve) => setTimeout(resolve, 300));
    peer.socket.resume();
    const frames = await peer.until((seen) => seen.at(-1)?.opcode === 8);
    expect([frames.length, peer.closeFrame?.code]).toEqual([101, 1001]);
    await closed;
  });

  it('tells the application of every connection that ended with it', async () => {
    const hub = await startHub();
    const told: number[] = [];
    hub.on('disconnect', ({ code }) => told.push(code));
    const peers = await Promise.all(Array.from({ length: 50 }, () => WsPeer.open(hub.url)));
    await hub.close();
    await Promise.all(peers.map(({ closed }) => closed));
    expect(told).toEqual(Array(50).fill(1001));
  });

  // Those of a server that the hub is attached to are the server's.
  if (listens)
    it('does not wait for handshakes that are not complete', async () => {
      const hub = await startHub();
      const half = connect(hub.port, '127.0.0.1');
      const ended = once(half, 'close');
      await once(half, 'connect');
      half.on('error', () => {});
      half.write('GET /ticks HTTP/1.1\r\nHost: x\r\nUpgr');
      await until(async () => {
        hub.post('ticks', 'a turn passes');
        return (await hub.stats()).turns > 3;
      }, 'the service has read it');
      const started = performance.now();
      await hub.close({ deadlineMs: 60_000 });
      await ended;
      expect(performance.now() - started).toBeLessThan(30_000);
    });

  it('refuses peers that come while it closes', async () => {
    const hub = await startHub({ channels: { '*': { maxLagBytes: 64 * 1024 * 1024 } } });
    const early = await RawPeer.open(hub.port);
    early.socket.pause();
    const half = new RawPeer(hub.port);
    await once(half.socket, 'connect');
    half.socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    const filler = 'x'.repeat(64 * 1024);
    for (let number = 0; number < 200; number++) {
      expect(await hub.producer.postAsync('default', filler)).toBe('posted');
    }
    const closed = hub.close({ deadlineMs: 3_000 });
    await until(async () => (await hub.stats()).pending >= 0, 'the service still answers');
    half.socket.write(
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    half.socket.write('Sec-WebSocket-Version: 13\r\n\r\n');
    const answer = await half.answer();
    expect(answer).toMatchObject({ status: 503, body: 'the hub closes', headers: { 'retry-after': '1' } });
    early.socket.resume();
    await closed;
  });
});
