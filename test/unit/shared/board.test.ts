import { Board, ChannelCounter, HubCounter } from '../../../src/shared/board';
import { countSteps, killBefore, withSteps } from '../../support/steps';

const name = (text: string) => Buffer.from(text);

function names(board: Board): string[] {
  return board.snapshot((channels) => channels.map((channel) => `${channel.channel}:${channel.name}`));
}

describe('the board of channels', () => {
  it('gives each channel a number that any thread finds by its name', () => {
    const board = Board.create(4);
    expect(board.refer(name('a'))).toBeUndefined();
    expect([board.add(name('a')), board.add(name('ä/b')), board.add(name(''))]).toEqual([0, 1, 2]);
    const elsewhere = new Board(board.buffer);
    expect([elsewhere.refer(name('ä/b')), elsewhere.refer(name('a')), elsewhere.refer(name(''))]).toEqual([
      1, 0, 2,
    ]);
    expect(elsewhere.refer(name('ä'))).toBeUndefined();
    expect(names(elsewhere)).toEqual(['0:a', '1:ä/b', '2:']);
  });

  it('takes names of up to 255 bytes', () => {
    const board = Board.create(3);
    const long = [Buffer.alloc(255, 'a'), Buffer.alloc(255, 'b'), Buffer.alloc(254, 'a')];
    expect(long.map((bytes) => board.add(bytes))).toEqual([0, 1, 2]);
    expect(long.map((bytes) => board.refer(bytes))).toEqual([0, 1, 2]);
  });

  it('says when it is full, and has room again once a channel is gone', () => {
    const board = Board.create(2);
    board.add(name('a'));
    expect(board.full).toBe(false);
    board.add(name('b'));
    expect(board.full).toBe(true);
    expect(board.add(name('c'))).toBeUndefined();
    expect(board.remove(0)).toBe(true);
    expect(board.full).toBe(false);
    expect(board.add(name('c'))).toBe(0);
    expect(names(board)).toEqual(['0:c', '1:b']);
    expect(board.refer(name('a'))).toBeUndefined();
  });

  it('keeps a channel that a producer has referred to', () => {
    const board = Board.create(2);
    board.add(name('a'));
    expect(board.refer(name('a'))).toBe(0);
    expect(board.remove(0)).toBe(false);
    expect(board.refer(name('a'))).toBe(0);
  });

  it('changes its version with every channel that comes or goes', () => {
    const board = Board.create(2);
    const versions = [board.version];
    board.add(name('a'));
    versions.push(board.version);
    board.remove(0);
    versions.push(board.version);
    expect(versions).toEqual([0, 2, 4]);
  });

  it('folds the counters of a channel that goes into the sums of the hub', () => {
    const board = Board.create(2);
    for (const round of [1, 2]) {
      const channel = board.add(name('a'))!;
      board.count(channel, ChannelCounter.SENT, 10 * round);
      board.count(channel, ChannelCounter.POSTED, 3);
      expect(board.channelCounter(channel, ChannelCounter.SENT)).toBe(10 * round);
      board.setSubscribers(channel, round);
      expect(board.subscribers(channel)).toBe(round);
      board.remove(channel);
    }
    board.countFolded(ChannelCounter.POSTED, 1);
    expect(board.foldedCounter(ChannelCounter.SENT)).toBe(30);
    expect(board.foldedCounter(ChannelCounter.POSTED)).toBe(7);
  });

  it('starts a channel that comes again with counters of zero', () => {
    const board = Board.create(1);
    board.add(name('a'));
    board.count(0, ChannelCounter.SENT, 5);
    board.countRefusal(0);
    board.setSubscribers(0, 3);
    board.remove(0);
    board.add(name('b'));
    expect([board.channelCounter(0, ChannelCounter.SENT), board.refusals(0), board.subscribers(0)]).toEqual([
      0, 0, 0,
    ]);
  });

  it('counts refusals of any producer, and the figures of the hub', () => {
    const board = Board.create(1);
    board.add(name('a'));
    board.countRefusal(0);
    new Board(board.buffer).countRefusal(0);
    expect(board.refusals(0)).toBe(2);
    board.countHub(HubCounter.ACCEPTED, 2);
    board.countHub(HubCounter.ACCEPTED, 1);
    board.setHub(HubCounter.CONNECTIONS, 7);
    expect(board.hubCounter(HubCounter.ACCEPTED)).toBe(3);
    expect(board.hubCounter(HubCounter.CONNECTIONS)).toBe(7);
  });
});

describe('a producer that refers to a channel while it goes', () => {
  // Acceptable: no number, or a number that stays that channel's. The two steps of the service thread fall between any two
  // of the producer's.
  it.each(['a', 'b', undefined])(
    'gets a number that it may keep, or none, if the channel goes and %p takes its place',
    (next) => {
      const measured = Board.create(2);
      measured.add(name('a'));
      const steps = countSteps(() => measured.refer(name('a')));
      for (let first = 1; first <= steps; first++) {
        for (let second = first; second <= steps; second++) {
          const board = Board.create(2);
          board.add(name('a'));
          let removed = false;
          const { value: channel } = withSteps(
            () => board.refer(name('a')),
            (step) => {
              if (step === first) removed = board.remove(0);
              if (step === second && removed && next !== undefined) board.add(name(next));
            },
          );
          if (channel === undefined) continue;
          expect(board.remove(channel)).toBe(false);
          expect(board.refer(name('a'))).toBe(channel);
        }
      }
    },
  );

  it('stops a channel from going, between whichever steps of the removal it comes', () => {
    const measured = Board.create(2);
    measured.add(name('a'));
    const steps = countSteps(() => measured.remove(0));
    const outcomes = new Set<string>();
    for (let step = 1; step <= steps; step++) {
      const board = Board.create(2);
      board.add(name('a'));
      let channel: number | undefined;
      const { value: removed } = withSteps(
        () => board.remove(0),
        (now) => {
          if (now === step) channel = board.refer(name('a'));
        },
      );
      outcomes.add(`${channel === undefined ? 'none' : 'number'}, ${removed ? 'gone' : 'stays'}`);
    }
    expect([...outcomes].sort()).toEqual(['none, gone', 'number, stays']);
  });
});

describe('a snapshot of the board', () => {
  it('is taken again if a channel came or went meanwhile', () => {
    const board = Board.create(4);
    board.add(name('a'));
    let reads = 0;
    const seen = board.snapshot((channels) => {
      if (reads++ === 0) board.add(name('b'));
      return channels.map((channel) => channel.name);
    });
    expect([reads, seen]).toEqual([2, ['a', 'b']]);
  });

  it('counts nothing twice and misses nothing while a channel folds', () => {
    const board = Board.create(4);
    for (const channel of ['a', 'b']) board.count(board.add(name(channel))!, ChannelCounter.SENT, 5);
    let reads = 0;
    const sum = board.snapshot((channels) => {
      if (reads++ === 0) board.remove(0);
      return channels.reduce(
        (so, { channel }) => so + board.channelCounter(channel, ChannelCounter.SENT),
        board.foldedCounter(ChannelCounter.SENT),
      );
    });
    expect(sum).toBe(10);
  });

  it('still ends if the service thread died in the middle of a change', () => {
    const board = Board.create(4);
    board.add(name('a'));
    killBefore(4, () => board.add(name('b')));
    expect(board.version % 2).toBe(1);
    expect(names(board)).toContain('0:a');
  });
});
