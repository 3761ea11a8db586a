/**
 * An engine under random actions beside a naive model of it: whatever the sockets do, each peer sees exactly what it must.
 *
 * The model knows no logs, views, slabs or turns. It has a list for each peer of what is for it, in order. What may not
 * change is the order within each channel, and the order of private messages with the messages of every channel.
 */
import { EngineWorld, pendingOf } from './engine-world';
import { FrameReader } from './frames';
import { Random } from './random';
import { limitCheck } from './simulation-limits';
import { type Item, joined, type ModelPeer, type Unfinished } from './simulation-model';

export const CHANNELS = ['lenient', 'strict', 'few', 'waits', 'constructor', 'skips', 'conflates'];

/** What peers of the channels that may miss messages are told of it. */
const GAP = 'gap {channel} {missed}';

export class Simulation {
  readonly random: Random;
  readonly world: EngineWorld;
  readonly peers: ModelPeer[] = [];
  readonly items: Item[] = [];
  /** In which states peers were seen whose messages wait. */
  readonly reached: { [state: string]: boolean } = {};
  /** Answers that the tickets of requests must get; undefined: either. */
  readonly requests = new Map<number, number | undefined>();
  /** What lies in the ring: takes effect with the next turn. */
  #inRing: (() => void)[] = [];
  /** Messages in fragments whose end is not posted. */
  readonly #unfinished: Unfinished[] = [];
  /** The last message of each channel that came out of the ring. */
  readonly #lastPosted = new Map<string, number>();
  /** Many long messages, and little room for them. */
  readonly #heavy: boolean;
  #lostProducer: number | undefined;
  #addressed = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    const { random } = this;
    this.#heavy = random.onceIn(3);
    this.world = new EngineWorld({
      producers: 3, // the last one sends nothing but fragments, and may be lost
      maxChannels: 8,
      channels: {
        strict: { maxLagBytes: 3_000, maxStallMs: 3_000 },
        few: { maxLagMessages: 6, maxLagMs: 2_000 },
        waits: { slow: 'wait', maxLagBytes: 4_000 },
        skips: { slow: 'skip', maxLagMessages: 8, maxLagBytes: 30_000, maxLagMs: 3_000, gapMessage: GAP },
        conflates: { slow: 'conflate', maxLagMessages: 8, maxLagBytes: 60_000, gapMessage: GAP },
        '*': {},
      },
      maxOutboundBytes: this.#heavy ? 64 * 1024 : 64 * 1024 * 1024,
      pingIntervalMs: random.onceIn(2) ? 0 : 1_500,
      pongTimeoutMs: 1_000,
      maxFragmentGapMs: random.onceIn(2) ? 1_200 : 60_000,
    });
  }

  #item(channel: string | undefined, ticket: number): { number: number; data: string | Uint8Array } {
    const { random } = this;
    const number = this.items.length;
    const id = number.toString(16).padStart(8, '0');
    const size = random.pick([
      0,
      1,
      20,
      117,
      118,
      119,
      300,
      300,
      2_000,
      this.#heavy || random.onceIn(4) ? 20_000 : 40,
    ]);
    const text = random.onceIn(2);
    const payload = text
      ? Buffer.from(id + 'ä'.repeat(size >>> 1))
      : Buffer.concat([Buffer.from(id), random.bytes(size)]);
    const key = random.onceIn(3) ? undefined : random.pick(['a', 'b', 'ä€', 'constructor', '']);
    this.items.push({ payload, opcode: text ? 1 : 2, channel, key, ticket, addressed: 0, sent: 0 });
    return { number, data: text ? payload.toString() : payload };
  }

  #ticket(): number {
    return this.random.onceIn(3) ? this.world.nextTicket() : 0;
  }

  #address(peer: ModelPeer, number: number): void {
    peer.expected.push(number);
    this.items[number].addressed++;
    this.#addressed++;
  }

  connect(): void {
    if (this.peers.filter(({ ended }) => !ended).length >= 8) return;
    const home = this.random.pick(CHANNELS);
    this.peers.push({
      ...this.world.connect(home),
      home,
      channels: new Set([home]),
      expected: [],
      received: [],
      told: new Map(),
      lastOfTimes: [],
      reader: new FrameReader({ fragments: true }),
      readWrites: 0,
      open: undefined,
      dropped: 0,
      finishing: false,
      closed: false,
      ended: false,
      stuck: this.random.onceIn(5),
      pings: [],
    });
  }

  post(): string {
    const { random } = this;
    const channel = random.pick(CHANNELS);
    const ticket = this.#ticket();
    const { number, data } = this.#item(channel, ticket);
    const { key } = this.items[number];
    const refer = random.onceIn(2);
    const result = this.world.post(channel, data, { ticket, by: random.below(2), refer, key });
    if (result !== 'posted') {
      this.reached.refused = true;
      this.items[number].ticket = 0;
      return result;
    }
    this.#inRing.push(() => {
      this.#lastPosted.set(channel, number);
      for (const peer of this.peers) {
        if (!peer.closed && !peer.finishing && peer.channels.has(channel)) this.#address(peer, number);
      }
    });
    return result;
  }

  send(): void {
    const peer = this.#anyPeer();
    if (peer === undefined) return;
    const ticket = this.#ticket();
    const { number, data } = this.#item(undefined, ticket);
    const by = this.random.below(2);
    if (this.world.send(peer.connection.id, data, { ticket, by }) !== 'posted') {
      this.items[number].ticket = 0;
      return;
    }
    this.#inRing.push(() => {
      if (!peer.closed && !peer.finishing) this.#address(peer, number);
    });
  }

  /** Begins a message in fragments. Its number is its item's. */
  beginMessage(): void {
    const peer = this.#anyPeer();
    if (peer === undefined) return;
    const { number, data } = this.#item(undefined, 0);
    const by = this.random.onceIn(3) && this.#lostProducer === undefined ? 2 : this.random.below(2);
    if (this.world.sendFragment(peer.connection.id, number, data, { first: true, by }) !== 'posted') return;
    const message: Unfinished = { number, peer, by, begun: false, complete: false, ended: false };
    this.#unfinished.push(message);
    this.#inRing.push(() => {
      message.begun = true;
      if (!peer.closed && !peer.finishing) this.#address(peer, number);
    });
  }

  continueMessage(): void {
    const { random } = this;
    const message = random.pick(this.#unfinished);
    if (message === undefined || message.ended || message.by === this.#lostProducer) return;
    const { number, peer, by } = message;
    const more = Buffer.from('ä'.repeat(random.pick([0, 1, 60, 200, 2_000])));
    const last = random.onceIn(3);
    if (this.world.sendFragment(peer.connection.id, number, more, { last, by }) !== 'posted') return;
    this.items[number].payload = Buffer.concat([this.items[number].payload, more]);
    if (last) this.#end(message);
  }

  #end(message: Unfinished): void {
    message.ended = true;
    this.#inRing.push(() => {
      message.complete = true;
    });
  }

  /** Unfinished messages of which the peer's socket has not been given a byte are dropped: they are abandoned. */
  #drop(which: (message: Unfinished) => boolean): void {
    for (const { number, peer } of this.#unfinished.filter(
      (one) => one.begun && !one.complete && which(one),
    )) {
      const at = peer.expected.indexOf(number);
      if (at === -1 || peer.closed || this.#isWritten(peer, number)) continue;
      peer.expected.splice(at, 1);
      peer.dropped++;
    }
  }

  #isWritten({ socket }: ModelPeer, number: number): boolean {
    const id = number.toString(16).padStart(8, '0');
    return socket.writes.some((bytes) => Buffer.from(bytes).includes(id, 'latin1'));
  }

  request(): void {
    const { random, world } = this;
    const peer = this.#anyPeer();
    if (peer === undefined) return;
    const { id } = peer.connection;
    const ticket = this.#ticket();
    const options = { ticket, by: random.below(2) };
    const channel = random.pick(CHANNELS);
    const what = random.pick([
      'subscribe',
      'subscribe',
      'unsubscribe',
      random.onceIn(6) ? 'disconnect' : 'unsubscribe',
    ]);
    const result =
      what === 'disconnect'
        ? world.disconnect(id, 4_000, 'as asked', options)
        : world[what as 'subscribe' | 'unsubscribe'](id, channel, options);
    if (result !== 'posted') return;
    this.#inRing.push(() => {
      if (ticket !== 0) this.requests.set(ticket, peer.closed ? 0 : peer.finishing ? undefined : 1);
      if (peer.closed || peer.finishing) return;
      if (what === 'subscribe') this.#subscribed(peer, channel);
      else if (what === 'unsubscribe') this.#unsubscribed(peer, channel);
      else {
        for (const had of [...peer.channels]) this.#unsubscribed(peer, had);
        this.#drop((message) => message.peer === peer);
        peer.finishing = true;
      }
    });
  }

  #subscribed(peer: ModelPeer, channel: string): void {
    peer.channels.add(channel);
    // Taken back before anything else was published: then it is as if it had never been unsubscribed.
    const last = peer.lastOfTimes.filter((time) => time.channel === channel).pop();
    if (last !== undefined && last.posted === this.#lastPosted.get(channel))
      peer.lastOfTimes.splice(peer.lastOfTimes.indexOf(last), 1);
  }

  #unsubscribed(peer: ModelPeer, channel: string): void {
    if (!peer.channels.delete(channel)) return;
    const number = peer.expected.filter((expected) => this.items[expected].channel === channel).pop();
    if (number !== undefined)
      peer.lastOfTimes.push({ channel, number, posted: this.#lastPosted.get(channel) });
  }

  /** Something comes from a peer. */
  hear(): void {
    const peer = this.random.pick(this.peers);
    if (peer === undefined || peer.ended || !peer.socket.reading) return;
    const what = this.random.below(3);
    if (what === 0) this.#answer(peer);
    else if (what === 1) {
      peer.connection.heard();
      peer.connection.pong(Buffer.from('ping'));
    } else {
      this.world.engine.inbound.receive(peer.connection, Buffer.from('hello'), true);
    }
  }

  end(peer: ModelPeer): void {
    if (peer.ended) return;
    peer.ended = true;
    peer.closed = true;
    if (this.random.onceIn(2)) peer.socket.fail();
    this.world.engine.ended(peer.connection, 1006, '');
    peer.socket.fail();
  }

  turn(): void {
    if (!this.world.scheduler.due) return;
    const check = limitCheck(this.peers, this.reached);
    for (const takeEffect of this.#inRing.splice(0)) takeEffect();
    this.world.scheduler.runTurns();
    check();
  }

  pass(ms: number): void {
    const { scheduler } = this.world;
    const sweeps = () => Math.floor((scheduler.nowMs() - 1_000) / 250);
    const before = sweeps();
    scheduler.pass(ms);
    for (const peer of this.peers) if (peer.socket.over) peer.closed = true;
    if (this.#lostProducer !== undefined && sweeps() > before)
      this.#drop(({ by }) => by === this.#lostProducer);
  }

  /** The thread of a producer ends: what it posted is drained first. */
  loseProducer(): void {
    if (this.#lostProducer !== undefined) return;
    while (this.#inRing.length > 0 && this.world.scheduler.due) this.turn();
    if (this.#inRing.length > 0) return;
    this.#lostProducer = 2;
    this.world.loseProducer(2);
  }

  step(): void {
    const { random } = this;
    const peer = random.pick(this.peers);
    const dice = random.below(100);
    if (dice < 8) this.connect();
    else if (dice < 38) this.post();
    else if (dice < 43) this.send();
    else if (dice < 44) this.beginMessage();
    else if (dice < 47) this.continueMessage();
    else if (dice < 56) this.request();
    else if (dice < 74) this.turn();
    else if (dice < 84) peer?.socket.complete();
    else if (dice < 88) for (const { socket, stuck } of this.peers) stuck || socket.complete();
    else if (dice < 90 && peer !== undefined) peer.stuck = !peer.stuck;
    else if (dice < 92 && peer !== undefined && random.onceIn(3)) this.end(peer);
    else if (dice < 95) this.hear();
    else if (dice < 99) this.pass(random.below(300));
    else if (random.onceIn(8)) this.loseProducer();
    else if (random.onceIn(4)) this.pass(random.below(4_000));
    for (const closed of this.peers) if (closed.closed && !closed.ended && random.onceIn(4)) this.end(closed);
    this.look();
  }

  /** Reads what the peers got, notes who was told to end, and compares the counters. */
  look(): void {
    for (const peer of this.peers) {
      while (peer.readWrites < peer.socket.taken.length) {
        for (const frame of peer.reader.push(peer.socket.taken[peer.readWrites++])) {
          if (frame.opcode === 9) peer.pings.push(frame.payload);
          if (frame.opcode > 2) continue;
          const message = joined(peer.open, frame);
          peer.open = message.final ? undefined : message;
          if (!message.final) continue;
          const { opcode, payload } = message;
          const gap = /^gap (\S+) (\d+)$/.exec(payload.toString('latin1', 0, 40));
          if (gap !== null) {
            peer.told.set(gap[1], (peer.told.get(gap[1]) ?? 0) + Number(gap[2]));
            continue;
          }
          const number = Number.parseInt(payload.toString('latin1', 0, 8), 16);
          const item = this.items[number];
          if (item === undefined || item.opcode !== opcode || !item.payload.equals(payload)) {
            throw new Error(`a frame that nobody posted: ${payload.toString('latin1', 0, 40)}`);
          }
          item.sent++;
          peer.received.push(number);
        }
        if (peer.reader.unfinished > 0) throw new Error('a write that does not end with a frame');
      }
      if (peer.socket.over) peer.closed = true;
    }
    this.#compareFigures();
  }

  /** Who missed a message is known to the engine alone; so that a message has one fate is what is compared. */
  #compareFigures(): void {
    const figures = { addressed: this.#addressed, sent: 0, abandoned: 0, pending: 0 };
    for (const { closed, expected, received, dropped } of this.peers) {
      figures.sent += received.length;
      figures.abandoned += dropped;
      figures[closed ? 'abandoned' : 'pending'] += expected.length - received.length;
    }
    const { total } = this.world;
    const missed = total.skipped + total.conflated;
    const counted = { ...total, pending: pendingOf(total) };
    const left = figures.abandoned + figures.pending;
    const right =
      missed === 0
        ? counted.abandoned === figures.abandoned && counted.pending === figures.pending
        : counted.abandoned <= figures.abandoned && counted.abandoned + counted.pending + missed === left;
    if (
      right &&
      counted.pending >= 0 &&
      counted.addressed === figures.addressed &&
      counted.sent === figures.sent
    )
      return;
    throw new Error(`the figures differ: ${JSON.stringify({ counted, figures })}`);
  }

  /** Everybody reads, until nothing is left to do. Messages that are begun get their ends. */
  rest(): void {
    for (const message of this.#unfinished) {
      const { number, peer, by } = message;
      if (message.ended || by === this.#lostProducer) continue;
      while (this.world.sendFragment(peer.connection.id, number, '', { last: true, by }) !== 'posted')
        this.turn();
      this.#end(message);
    }
    this.pass(500); // by now a lost producer has cost what it can cost
    for (let rounds = 0; ; rounds++) {
      if (rounds > 10_000) throw new Error('it does not come to rest');
      this.turn();
      const moved = this.peers.map(({ socket }) => socket.complete()).some((done) => done);
      this.look();
      for (const peer of this.peers) this.#answer(peer);
      if (!moved && !this.world.scheduler.due) return;
    }
  }

  /** The peer's WebSocket stack answers the pings that it has read; the newest may do for all. */
  #answer(peer: ModelPeer): void {
    const pings = peer.pings.splice(0);
    const answered = this.random.onceIn(2) ? pings : pings.slice(-1);
    if (peer.ended) return;
    for (const payload of answered) this.world.engine.inbound.receivePong(peer.connection, payload);
  }

  #anyPeer(): ModelPeer | undefined {
    return this.random.pick(this.peers);
  }
}
