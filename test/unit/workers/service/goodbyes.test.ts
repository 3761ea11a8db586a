import { CloseCode } from '../../../../src/shared/close-codes';
import { HUB_NUMBERS } from '../../../../src/shared/options';
import { EngineWorld, type Peer } from '../../../support/engine-world';

const [CLOSE_TIMEOUT_MS] = HUB_NUMBERS.closeTimeoutMs;

/** What the application is to do, by the names of its events. */
const toldIn = ({ batches }: EngineWorld) => batches.flatMap(({ events }) => events).map(({ type }) => type);

function closedByPeer(world: EngineWorld, { connection }: Peer, code = 4_001, reason = 'bye'): void {
  world.engine.concluded(connection, code, reason);
}

describe('a peer whose close frame came', () => {
  it('is answered at once if nothing is for it', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    closedByPeer(world, peer);
    world.run();
    expect(peer.socket.closedWith).toEqual({ code: 4_001, reason: 'bye' });
    expect(toldIn(world)).toEqual(['connection']);
  });

  it('is answered behind the write under way and the log, and gets nothing that is published later', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.post('ticks', 'one');
    world.run();
    world.post('ticks', 'two');
    world.run();
    closedByPeer(world, peer);
    world.post('ticks', 'three');
    world.run();
    expect(peer.socket.closedWith).toBeUndefined();
    world.settle(peer);
    expect([peer.socket.texts, peer.socket.closedWith?.code]).toEqual([['one', 'two'], 4_001]);
  });

  it('waits for the application, if that was told of a message, and gets what it posted', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.engine.inbound.receive(peer.connection, Buffer.from('ask'), true);
    closedByPeer(world, peer);
    world.settle(peer);
    expect(toldIn(world)).toEqual(['connection', 'message', 'closing']);
    expect(peer.socket.closedWith).toBeUndefined();
    world.post('ticks', 'answer');
    world.disconnect(peer.connection.id, CloseCode.NORMAL, '');
    world.settle(peer);
    expect(peer.socket.texts).toEqual(['answer']);
    expect(peer.socket.closedWith).toEqual({ code: 4_001, reason: 'bye' });
  });

  it('is answered when the time is over, whatever the application and its socket do', () => {
    const world = new EngineWorld();
    const mute = world.connect('ticks');
    world.engine.inbound.receive(mute.connection, Buffer.from('ask'), true);
    const stuck = world.connect('ticks');
    world.post('ticks', 'never written');
    world.run();
    for (const peer of [mute, stuck]) closedByPeer(world, peer);
    world.scheduler.pass(CLOSE_TIMEOUT_MS / 2);
    world.run();
    expect([mute, stuck].map(({ socket }) => socket.closedWith)).toEqual([undefined, undefined]);
    world.scheduler.pass(CLOSE_TIMEOUT_MS);
    expect([mute, stuck].map(({ socket }) => socket.closedWith?.code)).toEqual([4_001, 4_001]);
    expect(world.total).toMatchObject({ addressed: 2, sent: 0, abandoned: 2 });
  });

  it('has more time while its socket takes what is for it, but not any time', () => {
    const world = new EngineWorld();
    const peer = world.connect('ticks');
    world.post('ticks', 'x'.repeat(1_000));
    world.run();
    closedByPeer(world, peer);
    let waitedMs = 0;
    for (; peer.socket.closedWith === undefined && waitedMs < 60_000; waitedMs += 1_000) {
      peer.socket.unsentBytes = (peer.socket.unsentBytes ?? 0) - 1; // as slowly as can be
      world.scheduler.pass(1_000);
      world.run();
    }
    expect(waitedMs).toBe(5 * CLOSE_TIMEOUT_MS);
  });

  it('is not pinged any more, nor ended for want of a pong', () => {
    const world = new EngineWorld({ pingIntervalMs: 100, pongTimeoutMs: 100 });
    const peer = world.connect('ticks');
    world.engine.inbound.receive(peer.connection, Buffer.from('ask'), true);
    closedByPeer(world, peer);
    world.scheduler.pass(CLOSE_TIMEOUT_MS - 1);
    world.settle(peer);
    expect([peer.socket.terminated, peer.socket.writes.length]).toEqual([false, 0]);
  });
});
