import { ConnectionHistory, type LedgerRow } from '../../nemesis/history';
import { CHANNELS, type ChannelName, encodeMessage } from '../../nemesis/message';

/** The checker of the nemesis runs: what it must not let pass, and what it must. */

const OPENED_MS = 1_000;

function message(channel: ChannelName, sequence: number, { producer = 7, epoch = 1 } = {}): Buffer {
  return encodeMessage({
    epoch,
    channel: CHANNELS.indexOf(channel),
    producer,
    sequence,
    attemptedMs: OPENED_MS + sequence,
    beforeMs: OPENED_MS + sequence - 1,
  });
}

function row(channel: ChannelName, accepted: number, attempted = accepted): LedgerRow {
  return {
    producer: 7,
    channel: CHANNELS.indexOf(channel),
    accepted,
    attempted,
    acceptedMs: OPENED_MS + accepted,
  };
}

function historyOf(channel: ChannelName, sequences: number[]): ConnectionHistory {
  const history = new ConnectionHistory(channel, OPENED_MS);
  for (const sequence of sequences) history.take(message(channel, sequence));
  return history;
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe('the history of a connection', () => {
  it('has nothing against what came complete and in order', () => {
    const history = historyOf('lossless', [1, 2, 3]);
    history.settle([row('lossless', 3)]);
    expect(history.violations).toEqual([]);
    expect(history.figures).toEqual({ received: 3, missing: 0, told: 0 });
  });

  it.each<[string, ChannelName, number[], LedgerRow[], RegExp]>([
    ['a message twice', 'skip', [1, 2, 2], [], /message 2 of producer 7 behind its 2/],
    ['an order that is not the producer’s', 'skip', [1, 3, 2], [], /message 2 of producer 7 behind its 3/],
    ['a gap where nothing may be missing', 'lossless', [1, 2, 4], [], /1 messages of producer 7 are missing/],
    ['a gap before a peer is cut', 'cut', [1, 5], [], /3 messages of producer 7 are missing before its 5/],
    ['a beginning that is missing', 'cut', [2], [], /1 messages of producer 7 are missing before its 2/],
    ['an end that is missing', 'lossless', [1, 2], [row('lossless', 3)], /posted 3, the last that came is 2/],
    ['all that is missing', 'lossless', [], [row('lossless', 3)], /posted 3, the last that came is 0/],
    [
      'more than was posted',
      'cut',
      [1, 2, 3],
      [row('cut', 1, 2)],
      /message 3 of producer 7, who tried only 2/,
    ],
    [
      'skipped messages that nobody told of',
      'skip',
      [1, 4],
      [row('skip', 4)],
      /2 messages are missing, and 0/,
    ],
    ['an end that is skipped untold', 'skip', [1], [row('skip', 3)], /posted 3, the last that came is 1/],
    [
      'a key without its newest',
      'conflate',
      upTo(18),
      [row('conflate', 19)],
      /^conflate: key 3 of producer 7: 19 is missing/,
    ],
  ])('finds %s', (_what, channel, sequences, ledger, violation) => {
    const history = historyOf(channel, sequences);
    history.settle(ledger);
    expect(history.violations[0]).toMatch(violation);
  });

  it('finds bytes that nobody posted', () => {
    const history = historyOf('cut', [1]);
    const torn = message('cut', 2);
    torn[20] ^= 1;
    history.take(torn);
    history.take(Buffer.from('nonsense'));
    expect(history.violations).toHaveLength(2);
  });

  it('finds messages of another channel, and of another hub', () => {
    const history = historyOf('cut', [1]);
    history.take(message('skip', 1));
    history.take(message('cut', 2, { epoch: 2 }));
    expect(history.violations.join()).toMatch(/of channel skip.*of epoch 2 in one of 1/);
  });

  it('lets a peer miss what it was told of', () => {
    const history = historyOf('skip', [1, 2]);
    history.gap(3);
    history.take(message('skip', 6));
    history.settle([row('skip', 6)]);
    expect(history.violations).toEqual([]);
    expect(history.figures).toEqual({ received: 3, missing: 3, told: 3 });
  });

  it('lets a key’s older messages be replaced', () => {
    const history = historyOf('conflate', [1, ...upTo(18).slice(2)]); // 2 gave way to 18
    history.settle([row('conflate', 18)]);
    expect(history.violations).toEqual([]);
  });

  it('asks for nothing that was posted before it was open', () => {
    const history = new ConnectionHistory('lossless', OPENED_MS + 10);
    history.take(message('lossless', 9));
    history.settle([{ ...row('lossless', 9), acceptedMs: OPENED_MS }]);
    expect(history.violations).toEqual([]);
  });
});
