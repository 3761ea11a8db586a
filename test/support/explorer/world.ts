/** What the scenes are made of: a ring, threads on it, and the history of what they did. */
import type {
  LaneKeeper,
  PostResult,
  RingConsumer,
  RingMemory,
  RingProducer,
  RingRecord,
} from '../../../src/shared/ring';
import { CLOSED_BIT, LaneWord, Word } from '../../../src/shared/ring/layout';
import { NO_GATE } from '../../../src/shared/ring/producer';
import { RecordKind } from '../../../src/shared/ring/record';
import type { RingStart } from '../ring';
import { Finding } from './finding';
import { History } from './history';
import type { Library } from './library';
import { type SimThread, type Steps, stepsOf, ThreadState } from './machine';

const RING_ID = 'explored';

/** A producer that is to be: which posts it does. */
export interface Posts {
  producer?: RingProducer;
  ids: number[];
}

export interface ServiceOptions {
  /** How many records one drain takes at most. */
  budget?: number;
  /** It ends when the ring is closed and empty. */
  untilClosed?: boolean;
  killable?: boolean;
  /** It shuts gate 0 before its first turn, and opens it after so many. */
  gateTurns?: number;
}

export class World {
  readonly library: Library;
  readonly ring: RingMemory;
  readonly history: History;
  /** Threads that may wait for ever: service threads with nothing to do. */
  readonly #idlers = new Set<SimThread>();
  readonly #finally: (() => void)[] = [];
  #keeper: LaneKeeper | undefined;
  #keeperThread: SimThread | undefined;

  constructor(library: Library, start: RingStart) {
    this.library = library;
    library.machine.reset();
    library.platform.reset();
    this.ring = library.freshRing(start);
    library.memory.watch(this.ring);
    this.history = new History(this.ring);
  }

  /** A service thread of slot 0 that keeps the lanes, drains and sleeps. It has joined already. */
  service(options: ServiceOptions = {}): SimThread {
    const { machine, ring: lib } = this.library;
    let consumer: RingConsumer;
    let keeper: LaneKeeper;
    const thread = machine.spawn(
      'service',
      () =>
        this.serve(
          () => consumer,
          () => keeper,
          thread,
          options,
        ),
      options,
    );
    thread.slot = 0;
    this.#idlers.add(thread);
    consumer = machine.as(thread, () => lib.RingConsumer.join(this.ring, 0));
    keeper = machine.as(thread, () => new lib.LaneKeeper(this.ring, RING_ID, () => {}));
    this.#keeper = keeper;
    this.#keeperThread = thread;
    return thread;
  }

  /** The loop of a service thread: drain, give lanes back, sleep. */
  *serve(
    consumerOf: () => RingConsumer,
    keeperOf: () => LaneKeeper | undefined,
    thread: SimThread,
    { budget = Number.POSITIVE_INFINITY, untilClosed = false, gateTurns = 0 }: ServiceOptions = {},
  ): Steps {
    const { ring: lib } = this.library;
    const consumer = consumerOf();
    const keeper = keeperOf();
    const doorbell = new lib.Doorbell(this.ring, consumer.slot, () => {});
    const hasWork = function* (): Steps<boolean> {
      if (keeper !== undefined) yield* stepsOf(keeper.reclaim());
      return yield* stepsOf(consumer.hasWork());
    };
    if (gateTurns > 0) yield* stepsOf(lib.closeGate(this.ring, 0, consumer.slot));
    for (let turn = 1; ; turn++) {
      thread.sumUp(
        this.history.sumOf(consumer.slot),
        this.library.memory.waitersOf(thread),
        Math.min(turn, gateTurns + 1),
        doorbell.armed ? 1 : 0,
        consumer.lanesFenced,
      );
      if (!thread.idle) yield* thread.nextTask();
      yield* stepsOf(doorbell.disarm());
      const taken = yield* this.drain(consumer, budget);
      if (keeper !== undefined) yield* stepsOf(keeper.reclaim());
      if (turn === gateTurns) yield* stepsOf(lib.openGate(this.ring, 0, consumer.slot));
      if (taken > 0 || turn < gateTurns) continue;
      if (untilClosed && (yield* this.closedAndEmpty(consumer))) return;
      if (!(yield* stepsOf(doorbell.arm(hasWork as unknown as () => boolean)))) continue;
      if (untilClosed && (yield* this.closedAndEmpty(consumer))) return; // the bell tells of the close, too
      yield* thread.nextTask();
    }
  }

  *closedAndEmpty(consumer: RingConsumer): Steps<boolean> {
    if (!this.library.machine.current.idle) return false;
    const closed = this.closeReturned;
    return closed && !(yield* stepsOf(consumer.hasWork()));
  }

  /** A killed thread is not dead but paused for ever: nobody is told, and its lane holds what it holds. */
  pauses = false;
  /** Whether `close` has returned: the service is told by a message, as in the hub. */
  closeReturned = false;

  *drain(consumer: RingConsumer, budget: number): Steps<number> {
    const take = (record: RingRecord) => this.#take(consumer.slot, record);
    return yield* stepsOf(
      consumer.drain(take as unknown as (record: RingRecord) => void, {
        records: budget,
        payloadBytes: Number.POSITIVE_INFINITY,
      }),
    );
  }

  *#take(slot: number, record: RingRecord): Steps {
    const payload = yield* this.library.memory.copyOut(record.payloadOffset, record.payloadBytes);
    this.history.taken(slot, record, payload);
  }

  /** A thread that is attached already and posts records of these sizes. */
  producer(
    name: string,
    sizes: number[],
    options: { killable?: boolean; wait?: boolean; gate?: number; close?: boolean } = {},
  ): SimThread {
    const { machine, attach } = this.library;
    const ids = sizes.map((bytes) => this.history.expect(bytes));
    let producer: RingProducer;
    const thread = machine.spawn(name, () => this.posting(() => producer, ids, options), options);
    const attachment = machine.as(thread, () => attach.attachToRing(this.ring, RING_ID));
    if (attachment === undefined) throw new Error('the ring is closed');
    producer = attachment.producer;
    this.settle();
    return thread;
  }

  /** A thread that is attached already and posts all of these at once, waiting in its event loop. */
  asyncProducer(name: string, sizes: number[]): SimThread {
    const { machine, attach, ring: lib } = this.library;
    const ids = sizes.map((bytes) => this.history.expect(bytes));
    let producer: RingProducer;
    const { history } = this;
    const thread = machine.spawn(name, function* (): Steps {
      const waiter = new lib.RoomWaiter(producer);
      let left = ids.length;
      for (const id of ids) {
        yield* history.begin(id, producer.tag);
        const payload = history.payloadOf(id);
        const attempt = () => producer.tryPost(RecordKind.BINARY, 1, payload, NO_GATE, { ticket: id });
        const promise = yield* stepsOf(waiter.waitAsync('channel', attempt, 1_000));
        void promise.then((result) => {
          history.end(id, result);
          left--;
        });
      }
      while (left > 0) yield* thread.nextTask();
    });
    const attachment = machine.as(thread, () => attach.attachToRing(this.ring, RING_ID));
    if (attachment === undefined) throw new Error('the ring is closed');
    producer = attachment.producer;
    this.settle();
    return thread;
  }

  /** A thread that attaches, posts, and closes its producer. */
  attacher(name: string, sizes: number[], options: { killable?: boolean } = {}): SimThread {
    const { machine, attach } = this.library;
    const ids = sizes.map((bytes) => this.history.expect(bytes));
    const world = this;
    return machine.spawn(
      name,
      function* () {
        const attachment = yield* stepsOf(attach.attachToRing(world.ring, RING_ID, { laneWaitMs: 1_000 }));
        if (attachment === undefined) return;
        const { producer, port } = attachment;
        yield* world.posting(() => producer, ids, { wait: true });
        yield* stepsOf(producer.close());
        port.close();
      },
      options,
    );
  }

  *posting(
    producerOf: () => RingProducer,
    ids: number[],
    { wait = false, gate = NO_GATE, close = false }: { wait?: boolean; gate?: number; close?: boolean },
  ): Steps {
    const { ring: lib } = this.library;
    const producer = producerOf();
    const waiter = new lib.RoomWaiter(producer);
    for (const id of ids) {
      this.library.machine.current.sumUp(id, ...keptBy(producer));
      yield* this.history.begin(id, producer.tag);
      const payload = this.history.payloadOf(id);
      const attempt = () => producer.tryPost(RecordKind.BINARY, 1, payload, gate, { ticket: id });
      const result = (yield* stepsOf(wait ? waiter.wait(attempt, 1_000) : attempt())) as PostResult;
      this.history.end(id, result);
    }
    if (close) yield* stepsOf(producer.close());
  }

  /** Lets what was queued for the keeper before the run be done. */
  settle(): void {
    const thread = this.#keeperThread;
    if (thread === undefined) return;
    while (!thread.idle) this.library.machine.as(thread, () => thread.nextTask());
  }

  mayIdle(thread: SimThread): void {
    this.#idlers.add(thread);
  }

  /** The keeper, with what only its thread knows: kept when the service is restarted in the same thread. */
  get keeper(): LaneKeeper | undefined {
    return this.#keeper;
  }

  /** A check of this scene alone, at the end. */
  finally(check: () => void): void {
    this.#finally.push(check);
  }

  /** When nobody can go on: has everybody got what they wait for, and is everything taken? */
  finish(): void {
    for (const thread of this.library.machine.threads) {
      if (thread.state === ThreadState.BLOCKED && !this.#idlers.has(thread))
        throw new Finding(`${thread.name} waits for ever`);
    }
    const { ring } = this;
    const slots = [0, 1, 2].filter((slot) => (ring.words[Word.GATING] >>> slot) & 1);
    for (let lane = 0; lane < ring.maxProducers; lane++) {
      const tail = ring.words[ring.laneWord(lane, LaneWord.TAIL)] & ~CLOSED_BIT;
      for (const slot of this.pauses ? [] : slots)
        if (ring.words[ring.cursorWord(lane, slot)] !== tail)
          throw new Finding(`service thread ${slot} sleeps over records of lane ${lane}`);
    }
    this.history.finish(slots);
    for (const check of this.#finally) check();
  }
}

/** What a producer remembers from one post to the next. */
function keptBy(producer: RingProducer): number[] {
  const { _tail, _slowestCursor, _touched } = producer as unknown as Record<string, number>;
  return [_tail, _slowestCursor, _touched];
}
