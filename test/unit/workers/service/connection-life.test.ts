import fc from 'fast-check';
import { HubCounter } from '../../../../src/shared/board';
import { EngineWorld, type Peer, pendingOf } from '../../../support/engine-world';

/**
 * A connection's life in any order (RELIABILITY, row 26). The sockets throw at a write or a close after the end, at a second
 * write while one is under way, and at bytes that change: so nothing may throw, and in the end everything is settled.
 */

const RUNS = Number(process.env.RINGCAST_PROPERTY_RUNS ?? 300);

const ACTS = {
  post: ({ engine, tickets }: Life) => tickets.add(post(engine)),
  send: ({ engine, peer }: Life) => engine.send(peer.connection.id, 'to you alone'),
  begin: ({ engine, peer }: Life, size: number) =>
    engine.sendFragment(peer.connection.id, size, 'begins', { first: true }),
  end: ({ engine, peer }: Life, size: number) =>
    engine.sendFragment(peer.connection.id, size, 'ends', { last: true }),
  subscribe: ({ engine, peer }: Life) => engine.subscribe(peer.connection.id, 'other'),
  unsubscribe: ({ engine, peer }: Life) => engine.unsubscribe(peer.connection.id, 'ticks'),
  disconnect: ({ engine, peer }: Life) => engine.disconnect(peer.connection.id, 4_000, 'as asked'),
  close: ({ peer }: Life) => peer.connection.close(1011, 'by us'),
  expel: ({ peer }: Life) => peer.connection.expel(1008, 'by us'),
  finish: ({ peer }: Life) => peer.connection.finish(1000, 'done'),
  terminate: ({ peer }: Life) => peer.connection.terminate(),
  peerCloses: (life: Life) => alive(life) && life.engine.engine.concluded(life.peer.connection, 1000, 'bye'),
  ended: (life: Life) => end(life),
  endedTwice: (life: Life) => {
    end(life);
    life.engine.engine.ended(life.peer.connection, 1006, '');
  },
  complete: ({ peer }: Life) => peer.socket.complete(),
  fail: (life: Life) => {
    life.peer.socket.fail();
    end(life);
  },
  pong: (life: Life) => {
    const { pings } = life.peer.socket;
    const ping = pings[pings.length - 1] ?? Buffer.alloc(6);
    if (alive(life)) life.engine.engine.inbound.receivePong(life.peer.connection, ping);
  },
  ping: (life: Life) =>
    alive(life) && life.engine.engine.inbound.receivePing(life.peer.connection, Buffer.from('ping')),
  pause: (life: Life) => alive(life) && life.peer.connection.pause('handler'),
  resume: (life: Life) => alive(life) && life.peer.connection.resume('handler'),
  turn: ({ engine }: Life) => engine.run(),
  pass: ({ engine }: Life, size: number) => engine.scheduler.pass(size * 10),
  jump: ({ engine }: Life, size: number) => engine.scheduler.jump(size * 100),
} satisfies Record<string, (life: Life, size: number) => unknown>;

interface Life {
  engine: EngineWorld;
  peer: Peer;
  tickets: Set<number>;
  gone: boolean;
}

function post(engine: EngineWorld): number {
  const ticket = engine.nextTicket();
  engine.post('ticks', 'x'.repeat(3_000), { ticket });
  return ticket;
}

function alive({ gone }: Life): boolean {
  return !gone;
}

/** The socket is gone: what is under way fails then, as with a real one. */
function end(life: Life): void {
  if (life.gone) return;
  life.gone = true;
  life.engine.engine.ended(life.peer.connection, 1006, '');
  life.peer.socket.fail();
}

/** Everything is over: what is to be seen then. */
async function settle(life: Life): Promise<void> {
  const { engine, tickets } = life;
  engine.run();
  end(life);
  engine.run();
  engine.scheduler.pass(1_000);
  engine.run();
  const hub = (counter: HubCounter) => engine.board.hubCounter(counter);
  expect([hub(HubCounter.CONNECTIONS), hub(HubCounter.LOG_BYTES), pendingOf(engine.total)]).toEqual([
    0, 0, 0,
  ]);
  for (const [ticket, addressed, sent, skipped, conflated, abandoned] of engine.settled) {
    if (!tickets.delete(ticket)) continue;
    expect(sent + skipped + conflated + abandoned).toBe(addressed);
  }
  expect([...tickets]).toEqual([]);
  const closed = engine.engine.close({ deadlineMs: 1_000, spreadMs: 0, restart: false });
  engine.run();
  expect([await closed, engine.scheduler.timers]).toEqual([0, 0]);
}

describe("a connection's life", () => {
  it.each(['disconnect', 'skip', 'conflate'] as const)(
    "never throws, writes nothing behind its end and leaves nothing unsettled, in any order, with slow: '%s'",
    async (slow) => {
      const acts = fc.array(
        fc.record({
          act: fc.constantFrom(...(Object.keys(ACTS) as (keyof typeof ACTS)[])),
          size: fc.nat(400),
        }),
        { maxLength: 60 },
      );
      await fc.assert(
        fc.asyncProperty(acts, async (sequence) => {
          const engine = new EngineWorld({
            channels: { ticks: { slow, maxLagBytes: 8_000, maxLagMs: 3_000, maxStallMs: 3_000 }, '*': {} },
            pingIntervalMs: 1_000,
            pongTimeoutMs: 1_000,
          });
          const life = { engine, peer: engine.connect('ticks'), tickets: new Set<number>(), gone: false };
          for (const { act, size } of sequence)
            (ACTS[act] as (life: Life, size: number) => unknown)(life, size);
          await settle(life);
        }),
        { numRuns: RUNS },
      );
    },
  );
});
