import type { ClosePlan } from '../../../../src/shared/close-plan';
import { EngineWorld, type Peer } from '../../../support/engine-world';

const PLAN: ClosePlan = { deadlineMs: 10_000, spreadMs: 0, restart: false };

/** A world with so many peers whose ring is closed, and which is told to close. */
function closing(count: number, plan: Partial<ClosePlan>) {
  const world = new EngineWorld();
  const peers = Array.from({ length: count }, () => world.connect('a'));
  world.settle(...peers);
  world.closeRing();
  const closed = world.engine.close({ ...PLAN, ...plan });
  world.settle(...peers);
  return { world, peers, closed };
}

const told = (peers: Peer[]) => peers.filter(({ socket }) => socket.closedWith !== undefined).length;

describe('the end of an engine', () => {
  it('tells all peers at once without a spread', () => {
    const { peers } = closing(5, {});
    expect(told(peers)).toBe(5);
  });

  it('tells them evenly over the spread: the first at once, the last at its end', () => {
    const { world, peers } = closing(11, { spreadMs: 1_000 });
    const seen = [told(peers)];
    for (let step = 0; step < 10; step++) {
      world.scheduler.pass(100);
      world.settle(...peers);
      seen.push(told(peers));
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('is done before the spread is over, if nobody is left', async () => {
    const { world, peers, closed } = closing(3, { spreadMs: 1_000 });
    for (const { connection } of peers) world.engine.ended(connection, 1000, '');
    world.run();
    expect([await closed, world.scheduler.timers]).toEqual([0, 0]);
  });

  it('cuts those that were not told yet at the deadline, too', async () => {
    const { world, peers, closed } = closing(3, { deadlineMs: 500, spreadMs: 500 });
    world.scheduler.pass(500);
    expect(peers.map(({ socket }) => socket.terminated)).toEqual([true, true, true]);
    for (const { connection } of peers) world.engine.ended(connection, 1006, '');
    world.run();
    expect([await closed, world.scheduler.timers]).toEqual([3, 0]);
  });

  it('says that it restarts, if it does', () => {
    const { peers } = closing(1, { restart: true });
    expect(peers[0].socket.closedWith).toEqual({ code: 1012, reason: 'the hub restarts' });
  });

  it('also closes a peer whose handshake was under way when the others were told', () => {
    const { world } = closing(1, {});
    const late = world.connect('a');
    world.settle(late);
    expect(late.socket.closedWith).toEqual({ code: 1001, reason: 'the hub closes' });
  });

  it('sends what is in the ring to a peer before it is told', () => {
    const world = new EngineWorld();
    const peer = world.connect('a');
    for (let number = 0; number < 10; number++) world.post('a', `${number}`);
    world.closeRing();
    void world.engine.close({ ...PLAN, spreadMs: 1_000 });
    world.settle(peer);
    expect(peer.socket.texts).toEqual(Array.from({ length: 10 }, (_, number) => `${number}`));
    expect(peer.socket.closedWith?.code).toBe(1001);
  });
});
