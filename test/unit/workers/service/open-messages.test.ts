import { Opcode } from '../../../../src/workers/service/frame';
import { EngineWorld, pendingOf } from '../../../support/engine-world';

describe('a message that is sent in fragments', () => {
  it('is one message for the counters, and each of its fragments tells its sender when it is sent', () => {
    const world = new EngineWorld();
    const peer = world.connect('home');
    const { id } = peer.connection;
    world.sendFragment(id, 1, 'one', { first: true, ticket: 11 });
    world.sendFragment(id, 1, 'two', { ticket: 12 });
    world.settle(peer);
    expect(peer.socket.fragments).toEqual(['one…', '+two…']);
    expect(world.settled).toEqual([
      [11, 1, 1, 0, 0, 0],
      [12, 1, 1, 0, 0, 0],
    ]);
    expect(world.figures('home')).toMatchObject({ posted: 1, addressed: 1, sent: 0 });
    expect(peer.connection.flushed).toBe(false);
    world.sendFragment(id, 1, '', { last: true, ticket: 13 });
    world.settle(peer);
    expect(peer.socket.fragments).toEqual(['one…', '+two…', '+']);
    expect(world.figures('home')).toMatchObject({ posted: 1, addressed: 1, sent: 1, abandoned: 0 });
    expect(world.settled.at(-1)).toEqual([13, 1, 1, 0, 0, 0]);
    expect(peer.connection.flushed).toBe(true);
  });

  it('lets nothing but control frames between its fragments: what comes meanwhile waits, in order', () => {
    const world = new EngineWorld();
    const peer = world.connect('home');
    const { id } = peer.connection;
    world.post('home', 'before');
    world.sendFragment(id, 1, 'a', { first: true });
    world.post('home', 'behind');
    world.send(id, 'private');
    world.subscribe(id, 'other');
    world.post('other', 'of another channel');
    world.settle(peer);
    expect(peer.socket.fragments).toEqual(['before', 'a…']);
    expect(peer.connection.lagMessages).toBe(4);
    peer.connection.pong(Buffer.from('pong'));
    world.sendFragment(id, 1, 'b');
    world.settle(peer);
    expect(peer.socket.fragments).toEqual(['before', 'a…', 'pong', '+b…']);
    world.sendFragment(id, 1, 'c', { last: true });
    world.settle(peer);
    const seen = peer.socket.fragments.slice(4);
    expect(seen[0]).toBe('+c');
    expect(seen.slice(1).sort()).toEqual(['behind', 'of another channel', 'private']);
    expect(pendingOf(world.total)).toBe(0);
  });

  it('waits for its turn behind another sender’s: fragments are never mixed', () => {
    const world = new EngineWorld({ producers: 2 });
    const peer = world.connect('home');
    const { id } = peer.connection;
    for (const by of [0, 1]) world.sendFragment(id, 1, `first of ${by}`, { first: true, by });
    for (const by of [1, 0]) world.sendFragment(id, 1, `more of ${by}`, { by });
    world.sendFragment(id, 1, 'end of 1', { last: true, by: 1 });
    world.settle(peer);
    expect(peer.socket.fragments).toEqual(['first of 0…', '+more of 0…']);
    world.sendFragment(id, 1, 'end of 0', { last: true, by: 0 });
    world.settle(peer);
    expect(peer.socket.fragments.slice(2)).toEqual(['+end of 0', 'first of 1…', '+more of 1…', '+end of 1']);
  });

  it('whose producer ends within it costs the connection, with 1011: nothing can be taken back', () => {
    const world = new EngineWorld({ producers: 2 });
    const [peer, other] = [world.connect('home'), world.connect('home')];
    world.sendFragment(peer.connection.id, 1, 'half', { first: true, by: 1 });
    world.post('home', 'waits', { by: 0 });
    world.settle(peer, other);
    world.loseProducer(1);
    world.scheduler.pass(250);
    expect(peer.socket.closedWith).toEqual({ code: 1011, reason: 'the sender of a message ended within it' });
    expect([other.socket.over, other.socket.texts]).toEqual([false, ['waits']]);
    expect(world.total).toMatchObject({ addressed: 3, sent: 1, abandoned: 2 });
  });

  it('whose producer ends before any of it was written is gone without a trace', () => {
    const world = new EngineWorld({ producers: 2 });
    const peer = world.connect('home');
    const { id } = peer.connection;
    world.send(id, 'under way');
    world.run();
    world.sendFragment(id, 1, 'never', { first: true, by: 1, ticket: 5 });
    world.send(id, 'behind');
    world.run();
    world.loseProducer(1);
    world.scheduler.pass(250);
    world.settle(peer);
    expect(peer.socket.texts).toEqual(['under way', 'behind']);
    expect(world.settled).toEqual([[5, 1, 0, 0, 0, 1]]);
    expect(world.total).toMatchObject({ addressed: 3, sent: 2, abandoned: 1 });
  });

  it('that gets no further fragment for maxFragmentGapMs costs the connection, with 1011', () => {
    const world = new EngineWorld({ maxFragmentGapMs: 1_000, pingIntervalMs: 0 });
    const peer = world.connect('home');
    const { id } = peer.connection;
    world.sendFragment(id, 1, 'a', { first: true });
    world.settle(peer);
    for (let seconds = 0; seconds < 5; seconds++) {
      world.scheduler.pass(900);
      world.sendFragment(id, 1, 'b');
      world.settle(peer);
    }
    expect(peer.socket.over).toBe(false);
    world.scheduler.pass(1_250);
    expect(peer.socket.closedWith).toEqual({
      code: 1011,
      reason: 'no further fragment of a message for 1000 ms',
    });
    expect(world.total).toMatchObject({ addressed: 1, sent: 0, abandoned: 1 });
  });

  it('does not count the time in which the peer takes what there is', () => {
    const world = new EngineWorld({ maxFragmentGapMs: 1_000, pingIntervalMs: 0 });
    const peer = world.connect('home');
    world.sendFragment(peer.connection.id, 1, 'slow', { first: true });
    world.run();
    world.scheduler.pass(3_000);
    expect(peer.socket.over).toBe(false);
    peer.socket.complete();
    world.run();
    world.scheduler.pass(900);
    expect(peer.socket.over).toBe(false);
  });

  it('ends with its connection: later fragments are answered with nothing', () => {
    const world = new EngineWorld();
    const peer = world.connect('home');
    const { id } = peer.connection;
    world.sendFragment(id, 1, 'a', { first: true, ticket: 1 });
    world.sendFragment(id, 1, 'b', { ticket: 2 });
    world.run();
    world.engine.ended(peer.connection, 1006, '');
    world.sendFragment(id, 1, 'c', { ticket: 3 });
    world.sendFragment(id, 2, 'another', { first: true, ticket: 4 });
    world.run();
    expect(world.settled).toEqual([
      [1, 1, 0, 0, 0, 1],
      [2, 1, 0, 0, 0, 1],
      [3, 0, 0, 0, 0, 0],
      [4, 0, 0, 0, 0, 0],
    ]);
    expect(world.total).toMatchObject({ posted: 2, addressed: 1, abandoned: 1 });
  });

  it('is cut short by a disconnect: what was not begun is dropped, what was begun ends the connection at once', () => {
    const world = new EngineWorld();
    const [fresh, begun] = [world.connect('home'), world.connect('home')];
    world.sendFragment(begun.connection.id, 1, 'a', { first: true });
    world.run();
    begun.socket.complete();
    world.sendFragment(fresh.connection.id, 2, 'b', { first: true });
    for (const { connection } of [fresh, begun]) {
      world.send(connection.id, 'last words');
      world.disconnect(connection.id, 4_000, 'as asked');
    }
    world.settle(fresh, begun);
    expect(fresh.socket.texts).toEqual(['last words']);
    expect(begun.socket.fragments).toEqual(['a…']);
    for (const { socket } of [fresh, begun])
      expect(socket.closedWith).toEqual({ code: 4_000, reason: 'as asked' });
    expect(world.total).toMatchObject({ addressed: 4, sent: 1, abandoned: 3 });
  });

  it('counts against the limits of its channel while it waits', () => {
    const world = new EngineWorld({ channels: { '*': { maxLagBytes: 10_000 } } });
    const peer = world.connect('home');
    world.sendFragment(peer.connection.id, 1, 'a', { first: true });
    for (let count = 0; count < 30; count++) world.sendFragment(peer.connection.id, 1, Buffer.alloc(500));
    world.run();
    world.scheduler.pass(250);
    expect(peer.socket.closedWith).toMatchObject({ code: 1013 });
    expect(pendingOf(world.total)).toBe(0);
  });

  it('may come from a handler, in order with its other messages', async () => {
    let told: (boolean | string)[] = [];
    const world = new EngineWorld({
      channels: { home: { handler: '/handler.js' } },
      handlers: {
        '/handler.js': {
          onMessage: (connection) => {
            const message = connection.beginMessage({ text: true });
            void message.write('one ').then((sent) => told.push(sent));
            connection.send('behind');
            void message.write('😀'.slice(0, 1));
            void message.end(`${'😀'.slice(1)}!`).then((sent) => told.push(sent, 'end'));
          },
        },
      },
    });
    const peer = world.connect('home');
    world.engine.inbound.receive(peer.connection, Buffer.from('go'), true);
    for (let round = 0; round < 10; round++) {
      world.settle(peer);
      await new Promise(setImmediate);
    }
    expect(peer.socket.fragments).toEqual(['one …', '+😀!', 'behind']);
    expect(told).toEqual([true, true, 'end']);
    told = [];
    world.engine.ended(peer.connection, 1000, '');
    expect(peer.connection.beginMessage({ tag: undefined, number: 9 }, Opcode.TEXT, Buffer.from('x'))).toBe(
      false,
    );
  });
});
