import type { FragmentInfo } from '../../../../src/shared/inbound';
import type { HandlerConnection } from '../../../../src/workers/service/handler-module';
import { EngineWorld, type WorldOptions } from '../../../support/engine-world';

const MESSAGE = Buffer.from('message');
const piece = (final: boolean): FragmentInfo => ({
  first: true,
  final,
  remaining: 0,
  binary: true,
  messageBytes: MESSAGE.length,
});

/** A peer in a world in which nothing is saved up for longer than a second. */
function world(options: WorldOptions) {
  const made = new EngineWorld({ peerBurstMs: 1_000, ...options });
  const peer = made.connect('ticks');
  const { inbound } = made.engine;
  const send = (times: number, bytes = MESSAGE) => {
    for (let time = 0; time < times; time++) inbound.receive(peer.connection, bytes, false);
  };
  const ping = (times: number) => {
    for (let time = 0; time < times; time++) inbound.receivePing(peer.connection, MESSAGE);
  };
  const told = () => made.batches.flatMap(({ events }) => events).filter(({ type }) => type === 'message');
  return { made, peer, send, ping, told, inbound };
}

const tooMuch = (what: string) => ({ code: 1008, reason: `more than ${what} per second` });

describe('a peer that sends more messages than it may', () => {
  it('is closed with 1008 at the first one too many, which nobody gets', () => {
    const { made, peer, send, told } = world({ maxMessagesPerSecond: 10 });
    send(10);
    expect(peer.socket.closedWith).toBeUndefined();
    send(3);
    made.run();
    expect(peer.socket.closedWith).toEqual(tooMuch('10 messages'));
    expect(peer.socket.expelled).toBe(true);
    expect(told()).toHaveLength(10);
  });

  it('is told how it ended, and counted', () => {
    const { made, peer, send } = world({ maxMessagesPerSecond: 1 });
    send(2);
    made.engine.ended(peer.connection, 1006, '');
    made.run();
    const ends = made.batches.flatMap(({ events }) => events).filter(({ type }) => type === 'disconnect');
    expect(ends).toMatchObject([tooMuch('1 messages')]);
    expect(made.board.hubCounter(9)).toBe(1);
  });

  it('may send at the rate for ever', () => {
    const { made, peer, send, told } = world({ maxMessagesPerSecond: 10, pingIntervalMs: 0 });
    for (let time = 0; time < 500; time++) {
      send(1);
      made.scheduler.pass(100);
    }
    made.run();
    expect(peer.socket.closedWith).toBeUndefined();
    expect(told()).toHaveLength(500);
  });

  it('is counted by whole messages where it sends fragments', () => {
    const { peer, inbound } = world({
      maxMessagesPerSecond: 1,
      channels: { ticks: { receive: 'fragments' } },
    });
    inbound.receiveFragment(peer.connection, MESSAGE, piece(false));
    inbound.receiveFragment(peer.connection, MESSAGE, piece(false));
    inbound.receiveFragment(peer.connection, MESSAGE, piece(true));
    expect(peer.socket.closedWith).toBeUndefined();
    inbound.receiveFragment(peer.connection, MESSAGE, piece(true));
    expect(peer.socket.closedWith).toEqual(tooMuch('1 messages'));
  });

  it('is not blamed for what came while it was not read', () => {
    const { made, peer, send } = world({ maxMessagesPerSecond: 10 });
    send(10);
    peer.connection.pause('handler');
    made.scheduler.pass(4_000);
    made.run();
    peer.connection.resume('handler');
    send(40);
    expect(peer.socket.closedWith).toBeUndefined();
    send(1);
    expect(peer.socket.closedWith).toEqual(tooMuch('10 messages'));
  });

  it('is held to a limit that changes while it is connected', () => {
    const { made, peer, send } = world({});
    send(1_000);
    made.options.maxMessagesPerSecond = 5;
    send(5);
    expect(peer.socket.closedWith).toBeUndefined();
    send(1);
    expect(peer.socket.closedWith).toEqual(tooMuch('5 messages'));
  });
});

describe('a peer that sends more bytes than it may', () => {
  it('is closed with 1008', () => {
    const { peer, send } = world({ maxBytesPerSecond: 70 });
    send(10);
    expect(peer.socket.closedWith).toBeUndefined();
    send(1);
    expect(peer.socket.closedWith).toEqual(tooMuch('70 bytes of messages'));
  });

  it('may send a message that is longer than all it may save up, once that is full', () => {
    const { made, peer, send } = world({ maxBytesPerSecond: 10, pingIntervalMs: 0 });
    send(1, Buffer.alloc(50));
    made.scheduler.pass(5_100);
    send(1, Buffer.alloc(50));
    expect(peer.socket.closedWith).toBeUndefined();
    send(1, Buffer.alloc(1));
    expect(peer.socket.closedWith?.code).toBe(1008);
  });

  it('is counted by the pieces where it sends fragments', () => {
    const { peer, inbound } = world({ maxBytesPerSecond: 14, channels: { ticks: { receive: 'fragments' } } });
    for (let time = 0; time < 3; time++) inbound.receiveFragment(peer.connection, MESSAGE, piece(false));
    expect(peer.socket.closedWith).toEqual(tooMuch('14 bytes of messages'));
  });
});

describe('a peer that sends frames without messages', () => {
  it('is closed with 1008 past its limit of pings', () => {
    const { peer, ping } = world({ maxControlFramesPerSecond: 20 });
    ping(20);
    expect(peer.socket.closedWith).toBeUndefined();
    ping(1);
    expect(peer.socket.closedWith).toEqual(tooMuch('20 control frames'));
  });

  it('is closed for pongs that nobody asked for, and for empty fragments', () => {
    const pongs = world({ maxControlFramesPerSecond: 20 });
    for (let time = 0; time < 21; time++) pongs.inbound.receivePong(pongs.peer.connection, Buffer.alloc(6));
    expect(pongs.peer.socket.closedWith?.code).toBe(1008);
    const empty = world({ maxControlFramesPerSecond: 20 });
    for (let time = 0; time < 21; time++) empty.inbound.receiveEmptyFragment(empty.peer.connection);
    expect(empty.peer.socket.closedWith?.code).toBe(1008);
  });

  it('is closed by default once it sent 5,000 in a moment', () => {
    const { peer, ping } = world({ peerBurstMs: undefined });
    ping(5_000);
    expect(peer.socket.closedWith).toBeUndefined();
    ping(1);
    expect(peer.socket.closedWith).toEqual(tooMuch('1000 control frames'));
  });
});

describe('a connection that has as many channels as it may', () => {
  it('gets no further one, by request or by a handler, until it leaves one', () => {
    let handled: HandlerConnection | undefined;
    const handler = {
      onConnection: (connection: HandlerConnection) => {
        handled = connection;
      },
    };
    const { made, peer } = world({
      maxSubscriptions: 3,
      handlers: { '/h.js': handler },
      channels: { ticks: { handler: '/h.js' }, '*': {} },
    });
    const { id } = peer.connection;
    expect(['a', 'b', 'c', 'a'].map((name) => handled?.subscribe(name))).toEqual([true, true, false, false]);
    made.subscribe(id, 'd', { ticket: 1 });
    made.subscribe(id, 'b', { ticket: 2 });
    made.run();
    expect(made.settled.map(([ticket, addressed]) => [ticket, addressed])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    handled?.unsubscribe('a');
    expect(handled?.subscribe('c')).toBe(true);
    expect(peer.connection.channels).toEqual(['ticks', 'b', 'c']);
  });

  it('keeps no more than twice as many that wait to be written, however often it changes them', () => {
    const { made, peer } = world({ maxSubscriptions: 3 });
    for (let number = 0; number < 20; number++) {
      made.subscribe(peer.connection.id, `${number}`);
      made.run();
      made.post(`${number}`, 'unread');
      made.run();
      made.unsubscribe(peer.connection.id, `${number}`);
      made.run();
    }
    const subscribed = Array.from({ length: 20 }, (_, number) => made.figures(`${number}`)?.addressed ?? 0);
    expect(subscribed.reduce((sum, count) => sum + count, 0)).toBe(5);
    made.settle(peer);
    made.subscribe(peer.connection.id, 'again');
    made.run();
    expect(peer.connection.channels).toEqual(['ticks', 'again']);
  });
});
