/**
 * An engine with a real ring and a real board, but with a clock that the test turns, sockets without a network, and
 * turns that come when the test says so.
 */
import { Board, ChannelCounter } from '../../src/shared/board';
import type { InboundBatch } from '../../src/shared/inbound';
import { type HubOptions, type ResolvedHubOptions, resolveHubOptions } from '../../src/shared/options';
import {
  CHANNEL_BY_NAME,
  closeRing,
  NO_GATE,
  type PostResult,
  RecordKind,
  RingConsumer,
  RingMemory,
  RingProducer,
  takeTag,
} from '../../src/shared/ring';
import type { SettledTicket } from '../../src/shared/settlements';
import type { Connection } from '../../src/workers/service/connection';
import { Engine } from '../../src/workers/service/engine';
import type { HandlerModule } from '../../src/workers/service/handler-module';
import type { EngineObserver } from '../../src/workers/service/observer';
import { ApplicationOutbox } from '../../src/workers/service/outbox';
import type { Scheduler } from '../../src/workers/service/peer-socket';
import { FakeSocket } from './fake-socket';

/** Time that stands still until it is told to go on. */
export class ManualScheduler implements Scheduler {
  #now = 1_000;
  #turns: (() => void)[] = [];
  readonly #timers = new Set<{ periodMs: number; dueMs: number; sweep: () => void }>();

  nowMs(): number {
    return this.#now;
  }

  soon(turn: () => void): void {
    this.#turns.push(turn);
  }

  every(periodMs: number, sweep: () => void): () => void {
    const timer = { periodMs, dueMs: this.#now + periodMs, sweep };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Whether a turn is due. */
  get due(): boolean {
    return this.#turns.length > 0;
  }

  /** Runs the turns that are due, not those that they ask for. */
  runTurns(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const turn of turns) turn();
  }

  /** Time passes, and whatever comes due comes in its order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: { periodMs: number; dueMs: number; sweep: () => void } | undefined;
      for (const timer of this.#timers) {
        if (timer.dueMs <= end && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
      }
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.dueMs);
      next.dueMs += next.periodMs;
      next.sweep();
    }
    this.#now = end;
  }

  /** Time passes without a timer having its turn: as within a long turn. */
  jump(ms: number): void {
    this.#now += ms;
  }
}

export interface Figures {
  posted: number;
  addressed: number;
  sent: number;
  skipped: number;
  conflated: number;
  abandoned: number;
  disconnectedSlow: number;
}

export interface Peer {
  socket: FakeSocket;
  connection: Connection;
}

export interface WorldOptions extends Omit<HubOptions, 'producers'> {
  /** By the path that a channel's option `handler` names. */
  handlers?: { [file: string]: HandlerModule };
  producers?: number;
  observer?: EngineObserver;
}

export class EngineWorld {
  readonly ring: RingMemory;
  readonly board: Board;
  readonly consumer: RingConsumer;
  readonly producers: RingProducer[];
  readonly scheduler = new ManualScheduler();
  readonly outbox: ApplicationOutbox;
  readonly engine: Engine;
  readonly options: ResolvedHubOptions;
  /** What the application was told. */
  readonly batches: InboundBatch[] = [];
  /** Every answer to a ticket, in order. */
  readonly settled: SettledTicket[] = [];
  /** Producers (by lane) that are gone, as the keeper would say. */
  readonly #gone = new Set<number>();
  #lastTicket = 0;

  constructor({ handlers = {}, producers = 1, observer, ...given }: WorldOptions = {}) {
    // As the service thread gets them: over a structured clone.
    this.options = structuredClone(
      resolveHubOptions({ ring: { laneBytes: 64 * 1024 }, maxChannels: 32, ...given }),
    );
    this.ring = RingMemory.create({
      laneBytes: this.options.laneBytes,
      maxProducers: producers,
      gateCount: this.options.maxChannels,
    });
    this.board = Board.create(this.options.maxChannels);
    this.consumer = RingConsumer.join(this.ring, 0);
    this.producers = Array.from({ length: producers }, () => {
      const producer = RingProducer.attach(this.ring, takeTag(this.ring), 0);
      if (producer === undefined) throw new Error('no lane is free');
      return producer;
    });
    this.outbox = new ApplicationOutbox(
      (batch) => this.batches.push(batch),
      this.options.inboundHighWaterBytes,
      () => this.engine.inbound.relieve(),
    );
    this.engine = new Engine({
      consumer: this.consumer,
      producers: {
        tagOf: (lane) => lane,
        tell: (_tag, settled) => this.settled.push(...(settled as SettledTicket[])),
        lives: (lane) => !this.#gone.has(lane),
        reclaim: () => {},
      },
      board: this.board,
      options: this.options,
      handlers: new Map(Object.entries(handlers)),
      scheduler: this.scheduler,
      outbox: this.outbox,
      capacity: { connections: this.options.maxConnections },
      observer,
    });
  }

  /** A peer comes to `channel`. */
  connect(channel: string): Peer {
    const found = this.engine.channel(channel);
    if (typeof found === 'string') throw new Error(`channel ${channel}: ${found}`);
    const socket = new FakeSocket();
    return { socket, connection: this.engine.connect(socket, found) };
  }

  /** Posts to a channel: by number once a producer has referred to it, else by name; through its gate, as producers do. */
  post(
    channel: string,
    data: string | Uint8Array,
    {
      ticket = 0,
      by = 0,
      refer = true,
      key,
    }: { ticket?: number; by?: number; refer?: boolean; key?: string } = {},
  ): PostResult {
    const name = Buffer.from(channel);
    const number = refer ? this.board.refer(name) : undefined;
    const kind = typeof data === 'string' ? RecordKind.TEXT : RecordKind.BINARY;
    const extras = {
      ticket,
      name: number === undefined ? name : undefined,
      key: key === undefined ? undefined : Buffer.from(key),
    };
    return this.#record(by, kind, number ?? CHANNEL_BY_NAME, data, number ?? NO_GATE, extras);
  }

  send(id: number, data: string | Uint8Array, { ticket = 0, by = 0 } = {}): PostResult {
    const kind = typeof data === 'string' ? RecordKind.SEND_TEXT : RecordKind.SEND_BINARY;
    return this.#record(by, kind, CHANNEL_BY_NAME, data, NO_GATE, { target: id, ticket });
  }

  /** One fragment of a message to one connection; `number` is the message's, among those of producer `by`. */
  sendFragment(
    id: number,
    number: number,
    data: string | Uint8Array,
    { first = false, last = false, ticket = 0, by = 0 } = {},
  ): PostResult {
    const firstKind = typeof data === 'string' ? RecordKind.FRAGMENT_TEXT : RecordKind.FRAGMENT_BINARY;
    const kind = first ? firstKind : last ? RecordKind.FRAGMENT_LAST : RecordKind.FRAGMENT_NEXT;
    return this.#record(by, kind, number, data, NO_GATE, { target: id, ticket });
  }

  /** The producer is gone, and drained. */
  loseProducer(by: number): void {
    this.#gone.add(by);
  }

  subscribe(id: number, channel: string, { ticket = 0, by = 0 } = {}): PostResult {
    return this.#request(RecordKind.SUBSCRIBE, id, channel, ticket, by);
  }

  unsubscribe(id: number, channel: string, { ticket = 0, by = 0 } = {}): PostResult {
    return this.#request(RecordKind.UNSUBSCRIBE, id, channel, ticket, by);
  }

  disconnect(id: number, code: number, reason: string, { ticket = 0, by = 0 } = {}): PostResult {
    const data = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
    return this.#record(by, RecordKind.DISCONNECT, CHANNEL_BY_NAME, data, NO_GATE, { target: id, ticket });
  }

  closeRing(): void {
    closeRing(this.ring);
    this.engine.wake();
  }

  nextTicket(): number {
    return ++this.#lastTicket;
  }

  /** Lets the engine go on until it sleeps. Writes stay under way. */
  run(): void {
    for (let turns = 0; this.scheduler.due; turns++) {
      if (turns > 10_000) throw new Error('the engine does not come to rest');
      this.scheduler.runTurns();
    }
  }

  /** Lets the engine go on until it sleeps, and completes the writes of these peers at once. */
  settle(...peers: Peer[]): void {
    do this.run();
    while (peers.map(({ socket }) => socket.complete()).some((done) => done) || this.scheduler.due);
  }

  /** A channel's counters; undefined: it has no number now. */
  figures(channel: string): Figures | undefined {
    return this.board.snapshot((entries) => {
      const entry = entries.find(({ name }) => name === channel);
      return entry && figuresOf((counter) => this.board.channelCounter(entry.channel, counter));
    });
  }

  /** The hub's counters: all channels, and those that are gone. */
  get total(): Figures {
    return this.board.snapshot((entries) => {
      const sum = figuresOf((counter) => this.board.foldedCounter(counter));
      for (const { channel } of entries) {
        const figures = figuresOf((counter) => this.board.channelCounter(channel, counter));
        for (const key of Object.keys(sum) as (keyof Figures)[]) sum[key] += figures[key];
      }
      return sum;
    });
  }

  #request(kind: RecordKind, id: number, channel: string, ticket: number, by: number): PostResult {
    const extras = { target: id, ticket, name: Buffer.from(channel) };
    return this.#record(by, kind, CHANNEL_BY_NAME, '', NO_GATE, extras);
  }

  #record(
    by: number,
    kind: RecordKind,
    channel: number,
    data: string | Uint8Array,
    gate: number,
    extras: object,
  ): PostResult {
    const result = this.producers[by].tryPost(kind, channel, data, gate, extras);
    this.engine.wake(); // the doorbell's wake-up comes by the event loop: here it comes at once
    return result;
  }
}

function figuresOf(read: (counter: ChannelCounter) => number): Figures {
  return {
    posted: read(ChannelCounter.POSTED),
    addressed: read(ChannelCounter.ADDRESSED),
    sent: read(ChannelCounter.SENT),
    skipped: read(ChannelCounter.SKIPPED),
    conflated: read(ChannelCounter.CONFLATED),
    abandoned: read(ChannelCounter.ABANDONED),
    disconnectedSlow: read(ChannelCounter.DISCONNECTED_SLOW),
  };
}

/** What is addressed and not settled. */
export function pendingOf(figures: Figures): number {
  return figures.addressed - figures.sent - figures.skipped - figures.conflated - figures.abandoned;
}
