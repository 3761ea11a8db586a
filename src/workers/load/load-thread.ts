/** A load thread: its share of clients and publishers, and the orders that it takes. Thread: its own. */
import { LoadBoard } from '../../shared/load/board';
import type { Timetable } from '../../shared/load/generator';
import { Pace } from '../../shared/load/pace';
import { ProbeWriter } from '../../shared/load/probe-writer';
import { Schedule } from '../../shared/load/schedule';
import { streamsOf, streamsOfShare } from '../../shared/load/shares';
import type { LoadAnswer, LoadOrder, LoadThreadStart } from '../../shared/load/thread-protocol';
import { Attendance } from './attendance';
import { TestClock } from './clock';
import { Dialer } from './dialer';
import { ErrorLog } from './error-log';
import { Health } from './health';
import { Publishing } from './publishing';
import { Receiving } from './receiving';
import { Sending } from './sending';
import { newClients, Swarm } from './swarm';
import { Upheaval } from './upheaval';

/** How often gauges and errors are told. */
const TELL_MS = 250;

export class LoadThread {
  readonly #clock: TestClock;
  readonly #errors: ErrorLog;
  readonly #health: Health;
  readonly #publishing: Publishing;
  readonly #attendance: Attendance;
  readonly #swarm: Swarm;
  readonly #upheaval: Upheaval;
  readonly #tell: (answer: LoadAnswer) => void;
  readonly #telling: NodeJS.Timeout;
  #measuring: NodeJS.Timeout | undefined;

  private constructor(
    { plan, share, board: handle, pace, slot }: LoadThreadStart,
    dialer: Dialer,
    tell: (answer: LoadAnswer) => void,
  ) {
    const board = new LoadBoard(handle);
    const streams = streamsOfShare(plan, share);
    const schedule = new Schedule(plan);
    this.#tell = tell;
    this.#clock = new TestClock(board);
    this.#errors = new ErrorLog();
    this.#health = new Health(board);
    const clients = newClients(plan, share.clients);
    this.#attendance = new Attendance(plan, share.clients, clients, board);
    const sending = new Sending(
      streams,
      new ProbeWriter(plan.payload, plan.seed),
      board,
      this.#clock,
      this.#errors,
    );
    const dial = dialer.dial.bind(dialer);
    this.#swarm = new Swarm(plan, share, clients, {
      board,
      attendance: this.#attendance,
      dial: (arrival, events) => dial(arrival.number, arrival.publisher, arrival.slowGroup, events),
      receiving: new Receiving(board, this.#clock, this.#attendance.checker),
      sending,
      errors: this.#errors,
    });
    this.#publishing = new Publishing(
      { schedule, streams, publishers: streamsOf(plan) },
      { words: new Pace(pace), slot },
      () => this.#clock.now(),
      sending,
    );
    this.#upheaval = new Upheaval(plan, this.#swarm, this.#clock);
    this.#telling = setInterval(() => this.#tellAll(), TELL_MS);
  }

  /** @throws {Error} if the adapter cannot be loaded */
  static async create(start: LoadThreadStart, tell: (answer: LoadAnswer) => void): Promise<LoadThread> {
    return new LoadThread(start, await Dialer.create(start.plan), tell);
  }

  /** Resolves when it is carried out. */
  async carryOut(order: LoadOrder): Promise<void> {
    switch (order.type) {
      case 'connect':
        await this.#swarm.connect();
        break;
      case 'begin':
        this.#begin(order.timetable);
        break;
      case 'stop':
        this.#publishing.stop();
        this.#upheaval.stop();
        break;
      case 'settle-accounts':
        this.#attendance.settle(order.published);
        break;
      case 'finish':
        await this.#finish(order.published);
        break;
    }
    this.#tellAll();
  }

  #begin(timetable: Timetable): void {
    this.#clock.timetable = timetable;
    this.#attendance.begin();
    this.#publishing.begin(timetable.startNs);
    this.#upheaval.begin(timetable);
    const untilMeasureMs = (timetable.measureFromNs - this.#clock.now()) / 1e6;
    this.#measuring = setTimeout(() => this.#health.start(), untilMeasureMs);
  }

  async #finish(published: Record<number, number>): Promise<void> {
    this.#attendance.settle(published);
    clearTimeout(this.#measuring);
    this.#health.tell();
    this.#health.stop();
    await this.#swarm.close();
    clearInterval(this.#telling);
  }

  #tellAll(): void {
    this.#swarm.tell();
    this.#health.tell();
    this.#attendance.tell();
    const samples = this.#attendance.checker.samples.sentences();
    if (!this.#errors.changed && samples.length === 0) return;
    this.#tell({ type: 'errors', errors: this.#errors.list(), samples });
  }
}
