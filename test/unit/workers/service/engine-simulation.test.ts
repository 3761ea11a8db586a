import { HubCounter } from '../../../../src/shared/board';
import type { SettledTicket } from '../../../../src/shared/settlements';
import { CHANNELS, Simulation } from '../../../support/engine-simulation';
import { pendingOf } from '../../../support/engine-world';
import type { ModelPeer } from '../../../support/simulation-model';

/** Each peer's messages, channel by channel together with the private ones. */
function compare({ peers, items }: Simulation): void {
  for (const peer of peers) {
    if (peer.closed && !peer.finishing)
      expect(peer.received.length).toBeLessThanOrEqual(peer.expected.length);
    for (const channel of CHANNELS) {
      const seen = (numbers: number[]) =>
        numbers.filter((number) => [undefined, channel].includes(items[number].channel));
      const received = seen(peer.received);
      const expected = seen(peer.expected);
      if (channel === 'skips' || channel === 'conflates') {
        compareWithGaps(peer, channel, received, expected, (number) => items[number]);
      } else {
        expect(received).toEqual(peer.closed ? expected.slice(0, received.length) : expected);
      }
    }
    if (!peer.closed) expect([peer.connection.lagBytes, peer.connection.lagMessages]).toEqual([0, 0]);
  }
}

/** What is missed stands before something that was got: the newest, or a newer one of the same key. */
function compareWithGaps(
  peer: ModelPeer,
  channel: string,
  received: number[],
  expected: number[],
  itemOf: (number: number) => { channel: string | undefined; key: string | undefined },
): void {
  const got = new Set(received);
  expect(received).toEqual(expected.filter((number) => got.has(number))); // in order, and nothing else
  const end = peer.closed ? expected.indexOf(received[received.length - 1]) : expected.length;
  const missed = expected.slice(0, Math.max(0, end)).filter((number) => !got.has(number));
  for (const number of missed) {
    const { channel: of, key } = itemOf(number);
    const later = expected.slice(expected.indexOf(number) + 1).map(itemOf);
    const replaced = later.some(
      (item) => item.channel === channel && (channel === 'skips' || item.key === key),
    );
    if (of === undefined || (channel === 'conflates' && !key) || !replaced)
      throw new Error(`message ${number} of ${channel} is lost, key ${key}`);
  }
  if (peer.closed) return;
  expect([channel, peer.told.get(channel) ?? 0]).toEqual([channel, missed.length]);
  for (const { channel: of, number } of peer.lastOfTimes) if (of === channel) expect(got).toContain(number);
}

function compareTickets({ world, items, requests }: Simulation): void {
  const answers = new Map<number, SettledTicket>();
  for (const settled of world.settled) {
    if (answers.has(settled[0])) throw new Error(`ticket ${settled[0]} settled twice`);
    answers.set(settled[0], settled);
  }
  for (const { ticket, addressed, sent, channel } of items) {
    if (ticket === 0) continue;
    const [, , , skipped, conflated, abandoned] = answers.get(ticket) ?? [];
    expect(answers.get(ticket)).toEqual([
      ticket,
      addressed,
      sent,
      channel === 'skips' ? skipped : 0,
      channel === 'conflates' ? conflated : 0,
      abandoned,
    ]);
    expect(addressed - sent).toBe(Number(skipped) + Number(conflated) + Number(abandoned));
    answers.delete(ticket);
  }
  for (const [ticket, answer] of requests) {
    expect(answers.get(ticket)?.[1]).toEqual(answer ?? expect.anything());
    answers.delete(ticket);
  }
  expect([...answers.keys()]).toEqual([]);
}

const SEEDS = 600;
const BATCH = 50;

const reached: { [state: string]: number } = {
  skipping: 0,
  conflating: 0,
  all: 0,
  skipped: 0,
  conflated: 0,
  gaps: 0,
};

describe('the engine against a naive model', () => {
  afterAll(() => {
    for (const [state, times] of Object.entries(reached)) expect([state, times >= 10]).toEqual([state, true]);
  });

  for (let first = 1; first <= SEEDS; first += BATCH) {
    it(`shows each peer exactly what it must see, seeds ${first} to ${first + BATCH - 1}`, async () => {
      for (let seed = first; seed < first + BATCH; seed++) {
        try {
          await simulate(seed);
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).stack}`);
        }
      }
    });
  }
});

async function simulate(seed: number): Promise<void> {
  const simulation = new Simulation(seed);
  const { world, random } = simulation;
  for (let step = 60 + random.below(200); step > 0; step--) simulation.step();
  simulation.rest();
  compare(simulation);
  compareTickets(simulation);
  for (const state of Object.keys(simulation.reached)) reached[state]++;
  if (world.total.skipped > 0) reached.skipped++;
  if (world.total.conflated > 0) reached.conflated++;
  if (simulation.peers.some(({ told }) => told.size > 0)) reached.gaps++;
  // Everybody has caught up: no gate may be closed.
  expect(world.post('waits', 'one more', { refer: true })).toBe('posted');
  simulation.turn();
  for (const { socket } of simulation.peers) socket.complete();
  for (const peer of simulation.peers) {
    if (peer.closed || !peer.channels.has('waits') || peer.finishing) continue;
    expect(peer.socket.fragments.pop()).toBe('one more');
  }
  for (const peer of simulation.peers) simulation.end(peer);
  world.run();
  const hub = (counter: HubCounter) => world.board.hubCounter(counter);
  expect([hub(HubCounter.CONNECTIONS), hub(HubCounter.LOG_BYTES)]).toEqual([0, 0]);
  expect(pendingOf(world.total)).toBe(0);
  const closed = world.engine.close({ deadlineMs: 1_000, spreadMs: 0, restart: false });
  world.run();
  expect([await closed, world.scheduler.timers]).toEqual([0, 0]);
}
