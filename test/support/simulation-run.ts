/**
 * One seed: random actions, then a rest in which everybody reads, then the end; and what must hold at each.
 *
 * It also notes what it came by: a check that some rare state is fine proves nothing if that state never comes.
 */
import { HubCounter } from '../../src/shared/board';
import type { SettledTicket } from '../../src/shared/settlements';
import { CHANNELS, Simulation } from './engine-simulation';
import { pendingOf } from './engine-world';
import type { ModelPeer } from './simulation-model';

/** What a run may come by. Every one must come often, over a few hundred seeds. */
export const SIGHTS = [
  'a peer that skips',
  'a peer that conflates',
  'a peer that waits with all of it',
  'messages skipped',
  'messages conflated',
  'messages abandoned',
  'a peer told of a gap',
  'cut for bytes',
  'cut for messages',
  'cut for age',
  'cut for the budget',
  'ended without a goodbye',
  'posts refused',
  'a message never finished',
  'closed as asked',
] as const;
export type Sight = (typeof SIGHTS)[number];

/** By the text of the close frame. */
const REASONS: [RegExp, Sight][] = [
  [/the most while the hub's limit/, 'cut for the budget'],
  [/bytes behind, limit/, 'cut for bytes'],
  [/messages behind, limit/, 'cut for messages'],
  [/ms behind, limit/, 'cut for age'],
  [/fragment|within it/, 'a message never finished'],
  [/^as asked$/, 'closed as asked'],
];

/** @returns what it came by */
export async function simulate(seed: number): Promise<Set<Sight>> {
  const simulation = new Simulation(seed);
  const { random } = simulation;
  for (let step = 60 + random.below(200); step > 0; step--) simulation.step();
  simulation.rest();
  compare(simulation);
  compareTickets(simulation);
  const sights = sightsOf(simulation);
  checkGates(simulation);
  await checkEnd(simulation);
  return sights;
}

/** Everybody has caught up: no gate may be closed. */
function checkGates(simulation: Simulation): void {
  expect(simulation.world.post('waits', 'one more', { refer: true })).toBe('posted');
  simulation.turn();
  for (const { socket } of simulation.peers) socket.complete();
  for (const peer of simulation.peers) {
    if (peer.closed || !peer.channels.has('waits') || peer.finishing) continue;
    expect(peer.socket.fragments.pop()).toBe('one more');
  }
}

async function checkEnd(simulation: Simulation): Promise<void> {
  const { world } = simulation;
  for (const peer of simulation.peers) simulation.end(peer);
  world.run();
  const hub = (counter: HubCounter) => world.board.hubCounter(counter);
  expect([hub(HubCounter.CONNECTIONS), hub(HubCounter.LOG_BYTES)]).toEqual([0, 0]);
  expect(pendingOf(world.total)).toBe(0);
  const closed = world.engine.close({ deadlineMs: 1_000, spreadMs: 0, restart: false });
  world.run();
  expect([await closed, world.scheduler.timers]).toEqual([0, 0]);
}

function sightsOf({ world, peers, reached }: Simulation): Set<Sight> {
  const sights = new Set<Sight>();
  const see = (sight: Sight, seen: unknown) => seen && sights.add(sight);
  see('a peer that skips', reached.skipping);
  see('a peer that conflates', reached.conflating);
  see('a peer that waits with all of it', reached.all);
  see('posts refused', reached.refused);
  see('messages skipped', world.total.skipped);
  see('messages conflated', world.total.conflated);
  see('messages abandoned', world.total.abandoned);
  see(
    'a peer told of a gap',
    peers.some(({ told }) => told.size > 0),
  );
  for (const { socket } of peers) {
    see('ended without a goodbye', socket.terminated && socket.closedWith === undefined);
    for (const [reason, sight] of REASONS) {
      if (!reason.test(socket.closedWith?.reason ?? '')) continue;
      see(sight, true);
      break;
    }
  }
  return sights;
}

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
