/**
 * The service in a thread of its own, looked after: when that thread ends by a fault, or hangs, another one takes its place,
 * on the same port and with the same ring.
 *
 *     running ──throws, exits, hangs──▶ ended ──pause──▶ starting ──listens──▶ running
 *                                         └── too often: the hub gives up
 *
 * Thread: the application's. It is not the service's business to know of this: a new service finds in the ring that there
 * was one before.
 */
import { Board, HubCounter } from '../shared/board';
import type { ServiceControl } from '../shared/control';
import { HubError, HubErrorCode } from '../shared/errors';
import { log } from '../shared/log';
import type { ResolvedHubOptions } from '../shared/options';
import { LaneWarden, RingMemory } from '../shared/ring';
import type { ApplicationListener } from './application-events';
import { withDeadline } from './control';
import { RESTART_WINDOW_MS, RestartPace } from './daemon/supervision/restart-pace';
import { HangWatch } from './hang-watch';
import type { HostedService, ServiceCalls } from './hosted-service';
import { ServiceThread, type ThreadEnd, ThreadEnded, type ThreadStart } from './service-thread';
import { ToldConnections } from './told-connections';

/** How often the beats of the service thread are looked at. It leaves some at least four times a second. */
const LOOK_MS = 100;
/** A thread that is started again listens within this time, or is ended: it may have modules to load. */
const RESTART_DEADLINE_MS = 30_000;

/** With what every service thread of a hub is started. */
export type ServiceSetUp = Omit<ThreadStart, 'deadlineMs'>;

export class SupervisedService implements HostedService {
  readonly ended: Promise<unknown>;
  readonly #options: ResolvedHubOptions;
  readonly #board: Board;
  readonly #warden: LaneWarden;
  readonly #start: ServiceSetUp;
  readonly #pace: RestartPace;
  readonly #told = new ToldConnections();
  readonly #looking: NodeJS.Timeout;
  #watch: HangWatch;
  /** The thread that runs; undefined: it is being started again, or is over. */
  #thread: ServiceThread | undefined;
  #last: ServiceThread;
  /** Whoever waits for a thread that runs. */
  #waiting: (() => void)[] = [];
  #listener: ApplicationListener | undefined;
  #hung: HubError | undefined;
  #closing = false;
  #endPause: () => void = () => {};
  #tellListening: () => void = () => {};
  readonly #listening: Promise<void>;
  #tellEnd: (cause: unknown) => void = () => {};

  /** @throws {HubError} LISTEN_FAILED, HANDLER_LOAD_FAILED or SERVICE_GONE, if the first thread does not come to listen */
  static async start(start: ServiceSetUp): Promise<SupervisedService> {
    const { ring, ringId } = start.handle;
    const warden = new LaneWarden(new RingMemory(ring), ringId);
    try {
      const thread = await ServiceThread.start({ ...start, deadlineMs: Number.POSITIVE_INFINITY });
      return new SupervisedService(start, thread, warden);
    } catch (error) {
      warden.close();
      throw error;
    }
  }

  private constructor(start: ServiceSetUp, thread: ServiceThread, warden: LaneWarden) {
    this.#options = start.options;
    this.#board = new Board(start.handle.board);
    this.#warden = warden;
    this.#start = start;
    this.#thread = thread;
    this.#last = thread;
    this.port = thread.port;
    this.#pace = new RestartPace(this.#options.maxServiceRestarts);
    this.#watch = this.#newWatch();
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
    this.#listening = new Promise((resolve) => {
      this.#tellListening = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    void this.#lookAfter(thread);
  }

  /** The first thread's: the others get the same. */
  readonly port: number;

  /** A call waits for the next thread, if there is none, or if the one that it was made to ends before it answers. */
  calls(gone: Promise<never>): ServiceCalls {
    return {
      call: async (name, deadlineMs, ask) => {
        if (name === 'close') this.#beginClosing();
        return withDeadline(name, deadlineMs, Promise.race([this.#call(name, deadlineMs, ask), gone]));
      },
    };
  }

  get running(): boolean {
    return this.#thread !== undefined;
  }

  deliver(listener: ApplicationListener): void {
    this.#listener = listener;
    this.#thread?.deliver(this.#told.noting(listener));
    this.#tellListening();
  }

  async finish(stuck: boolean): Promise<void> {
    this.#beginClosing();
    await this.#last.finish(stuck);
    await this.ended;
    clearInterval(this.#looking);
    this.#warden.close();
  }

  async #call<T>(name: string, deadlineMs: number, ask: (service: ServiceControl) => Promise<T>): Promise<T> {
    for (;;) {
      const thread = this.#thread;
      if (thread === undefined) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      try {
        return await thread.link.call(name, deadlineMs, ask);
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error;
        // By now the thread's end is known here as well: this waits for the next one.
        if (this.#thread === thread) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #beginClosing(): void {
    this.#closing = true;
    this.#endPause();
  }

  /** Waits for the end of `thread`, and of each that follows it. */
  async #lookAfter(first: ServiceThread): Promise<void> {
    for (let thread: ServiceThread | undefined = first; thread !== undefined; ) {
      const end = await thread.ended;
      const endedMs = performance.now();
      this.#thread = undefined;
      const cause = this.#causeOf(end);
      if (this.#closing) return this.#over(cause);
      log.err(`the service thread ended: ${textOf(cause)}`);
      await this.#tellWhatIsLeft(thread);
      thread = await this.#startAgain(cause, endedMs);
    }
  }

  /** Every event of a thread that ended comes before any of the next. */
  async #tellWhatIsLeft(thread: ServiceThread): Promise<void> {
    if (this.#options.maxServiceRestarts > 0) await this.#listening; // else what it told first would be lost
    await thread.delivered();
    if (this.#listener !== undefined) this.#told.endAll(this.#listener);
  }

  /** @returns undefined: there will be no other */
  async #startAgain(first: unknown, endedMs: number): Promise<ServiceThread | undefined> {
    let cause = first;
    for (;;) {
      const pauseMs = this.#pace.next(performance.now());
      if (pauseMs === undefined) return this.#over(this.#givenUp(cause));
      await this.#pause(pauseMs);
      if (this.#closing) return this.#over(cause);
      try {
        const options = { ...this.#options, port: this.port };
        const thread = await ServiceThread.start({
          ...this.#start,
          options,
          deadlineMs: RESTART_DEADLINE_MS,
        });
        this.#goOn(thread, first, endedMs);
        return thread;
      } catch (error) {
        log.err(`the service thread could not be started again: ${textOf(error)}`);
        cause = error;
      }
    }
  }

  #goOn(thread: ServiceThread, cause: unknown, endedMs: number): void {
    const downMs = performance.now() - endedMs;
    this.#board.countHub(HubCounter.SERVICE_RESTARTS, 1);
    const restarts = this.#board.hubCounter(HubCounter.SERVICE_RESTARTS);
    log.notice(`the service thread was started again: it listens after ${Math.round(downMs)} ms`);
    this.#watch = this.#newWatch();
    this.#thread = thread;
    this.#last = thread;
    if (this.#listener !== undefined) thread.deliver(this.#told.noting(this.#listener));
    for (const go of this.#waiting.splice(0)) go();
    this.#listener?.restarted({ cause, restarts, downMs });
  }

  /** Ends early when the hub closes. */
  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #over(cause: unknown): undefined {
    clearInterval(this.#looking);
    this.#tellEnd(cause);
  }

  #givenUp(cause: unknown): HubError {
    const { recent } = this.#pace;
    const often =
      recent === 0
        ? 'and is not to be started again (maxServiceRestarts is 0)'
        : `and was started again ${recent} times within ${RESTART_WINDOW_MS / 1000} s, without lasting success`;
    const message = `the service thread ended, ${often}: ${textOf(cause)}; mend the cause, and create a new hub`;
    return new HubError(HubErrorCode.SERVICE_GONE, message, { cause });
  }

  #causeOf({ thrown, exitCode }: ThreadEnd): unknown {
    const hung = this.#hung;
    this.#hung = undefined;
    if (hung !== undefined) return hung;
    if (thrown !== undefined) return thrown;
    return new HubError(HubErrorCode.SERVICE_GONE, `it was told to exit, with code ${exitCode}`);
  }

  #newWatch(): HangWatch {
    return new HangWatch(() => this.#board.beats, LOOK_MS, performance.now());
  }

  #look(): void {
    const silentMs = this.#watch.look(performance.now());
    const { serviceHangMs } = this.#options;
    if (serviceHangMs === 0 || silentMs < serviceHangMs) return;
    if (this.#closing || this.#hung !== undefined || this.#thread === undefined) return;
    this.#hung = new HubError(
      HubErrorCode.SERVICE_HUNG,
      `its loop did not go round for ${Math.round(silentMs)} ms (serviceHangMs is ${serviceHangMs})`,
    );
    this.#thread.terminate();
  }
}

function textOf(cause: unknown): string {
  return (cause as Error | undefined)?.message ?? String(cause);
}
