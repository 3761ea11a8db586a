/** One service thread: starting it, its ports, its end. Thread: the application's. */
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { ServiceReady, ServiceStart } from '../shared/control';
import { HubError, HubErrorCode } from '../shared/errors';
import type { ResolvedHubOptions } from '../shared/options';
import type { ProducerHandle } from '../shared/producer';
import { type ApplicationListener, deliverEvents } from './application-events';
import type { AuthorizeDesk } from './authorize-desk';
import { ServiceLink } from './control';
import { workerArguments } from './launch-arguments';

/** A service thread that has closed has this long to end by itself: its handlers may still be at it. */
const EXIT_GRACE_MS = 2_000;

export interface ThreadStart {
  handle: ProducerHandle;
  options: ResolvedHubOptions;
  observer: ServiceStart['observer'];
  /** Answers the questions of `authorize`, if it is a function of the application's. */
  desk: AuthorizeDesk | undefined;
  /** How long it may take until it listens. */
  deadlineMs: number;
}

/** How a thread ended. */
export interface ThreadEnd {
  /** What it threw; undefined: it was told to exit, or terminated. */
  thrown: unknown;
  exitCode: number;
}

export class ServiceThread {
  readonly port: number;
  readonly link: ServiceLink;
  /** Resolves when the thread has ended, and all that it had is given back to the system. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;
  readonly #control: MessagePort;
  readonly #inbound: MessagePort;
  /** Comes behind the last message, once the thread has closed its end or is gone. */
  readonly #inboundClosed: Promise<void>;

  private constructor(
    worker: Worker,
    ended: Promise<ThreadEnd>,
    port: number,
    control: MessagePort,
    inbound: MessagePort,
  ) {
    this.#worker = worker;
    this.ended = ended;
    this.port = port;
    this.#control = control;
    this.#inbound = inbound;
    this.#inboundClosed = new Promise((resolve) => inbound.once('close', resolve));
    const gone = ended.then(throwEnded);
    gone.catch(() => {}); // whoever calls learns of it
    this.link = new ServiceLink(control, gone);
  }

  /**
   * @throws {HubError} LISTEN_FAILED, HANDLER_LOAD_FAILED, AUTHORIZE_LOAD_FAILED, SERVICE_GONE or SERVICE_HUNG, if the thread does not come to
   * listen; then it has ended
   */
  static async start({ handle, options, observer, desk, deadlineMs }: ThreadStart): Promise<ServiceThread> {
    const control = new MessageChannel();
    const inbound = new MessageChannel();
    const questions = desk?.openPort();
    const ports = { control: control.port2, inbound: inbound.port2, questions };
    const start: ServiceStart = { handle, options, observer, ...ports };
    const worker = new Worker(workerFile(), {
      name: 'ringcast service',
      workerData: start,
      transferList: [control.port2, inbound.port2, ...(questions === undefined ? [] : [questions])],
      ...workerArguments(),
    });
    const ended = endOf(worker);
    const ready = await firstWords(worker, ended, deadlineMs);
    if (ready.type === 'listening')
      return new ServiceThread(worker, ended, ready.port, control.port1, inbound.port1);
    control.port1.close();
    inbound.port1.close();
    await worker.terminate();
    const { thrown } = await ended;
    const cause =
      thrown ?? (ready.cause && Object.assign(new Error(ready.cause.message), { code: ready.cause.code }));
    throw new HubError(ready.code as HubErrorCode, ready.message, { cause });
  }

  /** From now on the thread's events come here, those that wait first. */
  deliver(listener: ApplicationListener): void {
    deliverEvents(this.#inbound, listener);
  }

  /** Resolves once everything that an ended thread has told is delivered. */
  async delivered(): Promise<void> {
    // The last events come over a port of their own, which has no order with anything else.
    if (this.#inbound.listenerCount('message') > 0) await this.#inboundClosed;
    this.#inbound.close();
  }

  /** Ends it, whatever it is at. */
  terminate(): void {
    void this.#worker.terminate();
  }

  /** Waits for the end of a thread that has closed, and ends one that does not. */
  async finish(stuck: boolean): Promise<void> {
    this.#control.close();
    const timer = setTimeout(() => this.terminate(), stuck ? 0 : EXIT_GRACE_MS);
    await this.ended;
    clearTimeout(timer);
    await this.delivered();
  }
}

/** A call was under way when the thread ended. */
export class ThreadEnded extends Error {}

function throwEnded(): never {
  throw new ThreadEnded('the service thread ended');
}

function endOf(worker: Worker): Promise<ThreadEnd> {
  let thrown: unknown;
  worker.on('error', (error) => {
    thrown = error;
  });
  return new Promise((resolve) => worker.once('exit', (exitCode) => resolve({ thrown, exitCode })));
}

async function firstWords(
  worker: Worker,
  ended: Promise<ThreadEnd>,
  deadlineMs: number,
): Promise<ServiceReady> {
  let timer: NodeJS.Timeout | undefined;
  const failed = (code: HubErrorCode, message: string): ServiceReady => ({
    type: 'failed',
    code,
    message,
    cause: undefined,
  });
  const late = new Promise<ServiceReady>((resolve) => {
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    const message = `the service thread did not listen within ${deadlineMs} ms`;
    timer = setTimeout(() => resolve(failed(HubErrorCode.SERVICE_HUNG, message)), deadlineMs);
  });
  try {
    return await Promise.race([
      new Promise<ServiceReady>((resolve) => worker.once('message', resolve)),
      ended.then(() => failed(HubErrorCode.SERVICE_GONE, 'the service thread ended before it listened')),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function workerFile(): string {
  return path.join(__dirname, '..', 'workers', 'service', `thread${path.extname(__filename)}`);
}
