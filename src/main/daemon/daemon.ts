/**
 * A process that is a daemon: what it owes to whoever started it, to signals and to its control socket.
 *
 *     starting: lock → pid file → control socket → working folder     ready()      running      stop, or its end
 *
 * Thread: the main one.
 */
import { inspect } from 'node:util';
import { formatLogRecord, type LogLevels, log } from '../../shared/log';
import { ExitCode } from '../cli/exit-codes';
import type { Failure } from '../cli/failure';
import type { HubHealth } from '../hub-health';
import { aboutProcess, controlRoutes, launchedAs, type StopReason } from './control-routes';
import type { ControlRoutes } from './control-server';
import { type HeldInstance, Instance } from './instance';
import { type LogFile, openLogFile } from './log-file';
import { LogOutput } from './log-output';
import { redirectOutput } from './output';
import { refusalText } from './reload-text';
import { obeySignals } from './signals';
import type { Starter } from './starter';
import { holdBySupervisor, type SupervisedInstance, tellStopping } from './supervision/supervised';

/** What a daemon begins with: complete, and with absolute paths. */
export interface DaemonPlan {
  lock: string;
  /** What is printed goes there; lines of the log too, unless they go to syslog. */
  logFile: string | undefined;
  syslog?: string | true;
  levels?: LogLevels;
  workingFolder: string;
  umask: number;
  /** Of a supervised one: see `SupervisorPlan`. */
  maxRestarts: number;
  startTimeoutMs: number;
}

const DEFAULT_LEVELS = 'notice';
const WELL: HubHealth = { live: true, ready: true, reason: undefined };

export class Daemon {
  readonly #starter: Starter;
  readonly #logFile: LogFile | undefined;
  readonly #logOutput: LogOutput;
  readonly #launch = launchedAs();
  #instance: HeldInstance | SupervisedInstance | undefined;
  #stop: (why: StopReason) => unknown = () => {};
  #reload: () => unknown = () => ({});
  #dump: () => unknown = () => {};
  #status: () => unknown = () => ({});
  #health: () => Promise<HubHealth> = async () => WELL;
  #ready = false;
  #stopping = false;

  private constructor(starter: Starter, { logFile, syslog, levels = DEFAULT_LEVELS }: DaemonPlan) {
    this.#starter = starter;
    this.#logFile = logFile === undefined ? undefined : openLogFile(logFile);
    this.#logOutput = new LogOutput({ levels, file: this.#logFile, syslog }, (record) => {
      // What goes wrong at the start is for whoever started it.
      if (record.level === 'err' || record.level === 'warn') starter.printed(`${formatLogRecord(record)}\n`);
    });
  }

  /**
   * Makes this process a daemon. What goes wrong is told to whoever started it, and ends the process.
   * @internal use `daemonize`
   */
  static async begin(starter: Starter, plan: DaemonPlan): Promise<Daemon> {
    process.umask(plan.umask);
    try {
      const daemon = new Daemon(starter, plan);
      daemon.#catchOutput();
      daemon.#instance = await daemon.#hold(plan);
      process.chdir(plan.workingFolder);
      obeySignals({
        stop: () => void daemon.stop(),
        reload: () => void daemon.reload().catch(() => {}), // it is in the log
        dump: () => void daemon.dump(),
      });
      return daemon;
    } catch (error) {
      await failStart(starter, error);
      throw error; // never reached: the process has ended
    }
  }

  /** Absolute path of the lock and pid file. */
  get lock(): string {
    return this.#instance?.lock ?? '';
  }

  /** Absolute path of the control socket. */
  get control(): string {
    return this.#instance?.control ?? '';
  }

  /**
   * What the process before this one gave to `ready`, if this one takes the place of one that crashed: so a hub can take its
   * port again.
   */
  get before(): { readonly [detail: string]: unknown } | undefined {
    const { before } = { before: undefined, ...this.#instance };
    return before as { readonly [detail: string]: unknown } | undefined;
  }

  /**
   * Tells whoever started it that it is up: that process ends with 0.
   *
   * @param details plain data, for `ringcast start` to print
   */
  async ready(details: object = {}): Promise<void> {
    this.#ready = true;
    await this.#starter.ready({ ...this.#about(), ...details });
  }

  /**
   * Tells whoever started it why it cannot come up, and ends this process. After `ready` it goes to the log.
   *
   * @param error its text is printed there; a number `exitCode` on it becomes the code with which both processes end (else 1)
   */
  async fail(error: unknown): Promise<never> {
    const told = failStart(this.#starter, error); // first: so the line below is for the log alone
    log.err(`the daemon ends: ${inspect(error)}`);
    await this.#logOutput.close();
    return told;
  }

  /**
   * What ends it in good order, at the first SIGTERM or SIGINT, at `ringcast stop` and `ringcast restart`. When that is done, the
   * process ends.
   *
   * @param stop is told whether another one follows: `({ restart }) => hub.close({ restart })`
   */
  onStop(stop: (why: StopReason) => unknown): this {
    this.#stop = stop;
    return this;
  }

  /** What SIGHUP and `ringcast reload` do, beside opening the log file anew. What it returns is the answer; if it throws, the reload failed. */
  onReload(reload: () => unknown): this {
    this.#reload = reload;
    return this;
  }

  /** What SIGUSR2 and `POST /dump` do: write your state to the log. */
  onDump(dump: () => unknown): this {
    this.#dump = dump;
    return this;
  }

  /** What `ringcast status` tells beside the daemon's own. Plain data. */
  onStatus(status: () => unknown): this {
    this.#status = status;
    return this;
  }

  /** What `GET /readyz` and `GET /livez` answer while it runs; such as `() => hub.health()`. By default it is well. */
  onHealth(health: () => Promise<HubHealth>): this {
    this.#health = health;
    return this;
  }

  /** Ends in good order. Calling it again changes nothing: a second signal ends at once. */
  async stop(why: StopReason = { restart: false }): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    if (this.#starter.supervised) tellStopping();
    log.notice('closing');
    try {
      await this.#stop(why);
      log.notice('ended');
      await this.#logOutput.close();
      process.exit(ExitCode.OK);
    } catch (error) {
      log.err(`the end went wrong: ${inspect(error)}`);
      process.exit(ExitCode.FAILURE);
    }
  }

  async reload(): Promise<unknown> {
    try {
      this.#logFile?.reopen();
      return await this.#reload();
    } catch (error) {
      log.err(refusalText(error));
      throw error;
    }
  }

  async dump(): Promise<void> {
    await this.#dump();
  }

  #hold({
    syslog,
    levels = DEFAULT_LEVELS,
    ...plan
  }: DaemonPlan): Promise<HeldInstance | SupervisedInstance> {
    if (!this.#starter.supervised) return Instance.open(plan.lock, this.#routes());
    const { lock, logFile, umask, maxRestarts, startTimeoutMs } = plan;
    return holdBySupervisor(
      { lock, logFile, syslog, levels, umask, maxRestarts, startTimeoutMs },
      { routes: this.#routes(), stop: (why) => void this.stop(why) },
    );
  }

  /** Once it is running, what is printed goes to the log file; while it starts, to whoever started it as well. */
  #catchOutput(): void {
    redirectOutput((text) => {
      this.#starter.printed(text);
      this.#logFile?.write(text);
    });
    // Node prints it to /dev/null.
    process.on('uncaughtExceptionMonitor', (error) => {
      const text = inspect(error);
      this.#logFile?.write(`${new Date().toISOString()} err uncaught: ${text}\n`);
      void this.#starter.failed({ message: text, exitCode: ExitCode.FAILURE });
    });
  }

  #routes(): ControlRoutes {
    return controlRoutes({
      status: async () => ({ ...this.#about(), ...((await this.#status()) as object) }),
      health: () => this.#healthNow(),
      stop: (why) => void this.stop(why),
      reload: () => this.reload(),
      dump: () => this.dump(),
    });
  }

  async #healthNow(): Promise<HubHealth> {
    if (this.#ready && !this.#stopping) return this.#health();
    return { live: true, ready: false, reason: this.#stopping ? 'closing' : 'starting' };
  }

  #about() {
    return {
      ...aboutProcess(),
      lock: this.lock,
      control: this.control,
      logFile: this.#logFile?.path,
      launch: { ...this.#launch, supervise: this.#starter.supervised },
    };
  }
}

/** Tells whoever started it why it cannot come up, and ends this process. */
export async function failStart(starter: Starter, error: unknown): Promise<never> {
  const { message, remedy, exitCode, stack } = Object(error) as Partial<Failure>;
  const code = typeof exitCode === 'number' ? exitCode : ExitCode.FAILURE;
  await starter.failed({ message: message ?? String(error), remedy, exitCode: code, stack });
  process.exit(code);
}
