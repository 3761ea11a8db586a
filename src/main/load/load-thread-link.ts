/** One load thread as the main thread sees it. Thread: the main one of the generator's process. */
import type { EventLoopUtilization } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import type { LoadBoard } from '../../shared/load/board';
import type { LoadError, ThreadLoad } from '../../shared/load/snapshot';
import type { LoadAnswer, LoadOrder, LoadThreadStart } from '../../shared/load/thread-protocol';
import { endOf, ORDER_DEADLINE_MS, startLoadWorker } from './load-thread';

/** An order whose carrying out takes as long as the test's own settings say has no deadline of ours. */
const UNLIMITED: readonly LoadOrder['type'][] = ['connect'];

export class LoadThreadLink {
  readonly name: string;
  readonly board: LoadBoard;
  /** Resolves when the thread is ready for orders. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone. */
  readonly ended: Promise<Error | undefined>;
  errors: LoadError[] = [];
  samples: string[] = [];
  readonly #worker: Worker;
  readonly #waiting = new Map<string, (error?: Error) => void>();
  #utilization: EventLoopUtilization;

  constructor(name: string, start: Omit<LoadThreadStart, 'board'>, board: LoadBoard) {
    this.name = name;
    this.board = board;
    this.#worker = startLoadWorker('thread', name, {
      ...start,
      board: board.handle,
    } satisfies LoadThreadStart);
    this.#utilization = this.#worker.performance.eventLoopUtilization();
    this.ready = this.#answerTo('ready');
    this.ready.catch(() => {}); // told to whoever waits for it
    this.ended = endOf(this.#worker);
    void this.ended.then((thrown) => this.#over(thrown));
    this.#worker.on('message', (answer: LoadAnswer) => this.#take(answer));
  }

  /** Resolves when it is carried out. @throws {Error} if the thread ends before, or does not answer in time */
  async order(order: LoadOrder): Promise<void> {
    const answered = this.#answerTo(order.type);
    this.#worker.postMessage(order);
    if (UNLIMITED.includes(order.type)) return answered;
    const timer = setTimeout(
      () =>
        this.#settle(order.type, new Error(`${this.name} did not answer in ${ORDER_DEADLINE_MS / 1e3} s`)),
      ORDER_DEADLINE_MS,
    );
    return answered.finally(() => clearTimeout(timer));
  }

  load(): ThreadLoad {
    const now = this.#worker.performance.eventLoopUtilization();
    const { utilization } = this.#worker.performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    // Over a moment Node's own arithmetic can come out below zero, and above one.
    return { name: this.name, utilization: Math.min(1, Math.max(0, utilization)), ...this.board.health };
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #answerTo(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(what, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  #settle(what: string, error?: Error): void {
    const settle = this.#waiting.get(what);
    this.#waiting.delete(what);
    settle?.(error);
  }

  #take(answer: LoadAnswer): void {
    if (answer.type === 'errors') {
      this.errors = answer.errors;
      this.samples = answer.samples;
    } else this.#settle(answer.type === 'ready' ? 'ready' : answer.order);
  }

  #over(thrown: Error | undefined): void {
    const error = new Error(
      `${this.name} ended before its time${thrown === undefined ? '' : `: ${thrown.message}`}`,
      {
        cause: thrown,
      },
    );
    for (const what of [...this.#waiting.keys()]) this.#settle(what, error);
  }
}
