/**
 * The supervisor of a daemon: a small process that starts the hub process, holds lock, pid file and control socket for it,
 * and starts it again when it crashes. It takes no message and no peer, so it has little to crash of.
 *
 *     starting ── ready ──▶ up ── crash ──▶ pause ──▶ starting …      stop, an end with code 0, or too many crashes: it ends
 *
 * Thread: the main one of its process.
 */
import { log } from '../../../shared/log';
import { ExitCode } from '../../cli/exit-codes';
import { Failure } from '../../cli/failure';
import { aboutProcess, readiness, type StopReason, stopReasonOf } from '../control-routes';
import { ControlAnswer, type ControlRoutes } from '../control-server';
import { Instance } from '../instance';
import { type LogFile, openLogFile } from '../log-file';
import { LogOutput } from '../log-output';
import { obeySignals } from '../signals';
import type { Starter } from '../starter';
import { reasonOf } from './end-reason';
import { type Command, HubProcess, type ProcessEnd } from './hub-process';
import type { SupervisorPlan, ToSupervisor } from './protocol';
import { RESTART_WINDOW_MS, RestartPace } from './restart-pace';

export class Supervisor {
  readonly #starter: Starter;
  readonly #command: Command;
  #plan: SupervisorPlan | undefined;
  #instance: Instance | undefined;
  #logFile: LogFile | undefined;
  #logOutput: LogOutput | undefined;
  #pace = new RestartPace();
  #hub: HubProcess | undefined;
  #pause: NodeJS.Timeout | undefined;
  #wasUp = false;
  #stopping = false;
  /** Ends at once, with this code. */
  #endCode: ExitCode | undefined;
  /** What the last one that was ready told. */
  #before: object | undefined;
  #restarts = 0;
  #lastEnd: string | null = null;

  /** @param starter tells whoever started the daemon */
  constructor(starter: Starter, command: Command) {
    this.#starter = starter;
    this.#command = command;
    obeySignals({
      stop: () => this.#stop(),
      reload: () => void this.#reload().catch(() => {}), // it is in the log
      dump: () => void this.#hub?.ask('POST /dump').catch(() => {}),
      endNow: (signal) => this.#endNow(ExitCode[signal]),
    });
    this.#start();
  }

  #start(): void {
    const hub = new HubProcess(this.#command, (message) => void this.#heard(hub, message));
    this.#hub = hub;
    const timer = this.#wasUp ? setTimeout(() => this.#tooLate(hub), this.#plan?.startTimeoutMs) : undefined;
    void hub.ended.then((end) => {
      clearTimeout(timer);
      void this.#ended(hub, end);
    });
  }

  async #heard(hub: HubProcess, message: ToSupervisor): Promise<void> {
    if (message.ringcast === 'hold') await this.#hold(hub, message.plan);
    else if (message.ringcast === 'stopping') hub.stopping = true;
    else if (message.ringcast === 'printed') this.#starter.printed(message.text);
    else if (message.ringcast === 'failed') {
      hub.failure = message.message;
      await this.#starter.failed(message);
    } else if (message.ringcast === 'ready') await this.#ready(hub, message.details);
  }

  /** The first hub process says where everything lies; those that follow say the same. */
  async #hold(hub: HubProcess, plan: SupervisorPlan): Promise<void> {
    try {
      this.#instance ??= await this.#open(plan);
      hub.tell({ ringcast: 'held', control: this.#instance.control, before: this.#before });
    } catch (error) {
      const { message, remedy, exitCode } = error as Failure;
      hub.tell({ ringcast: 'refused', message, remedy, exitCode });
    }
  }

  async #open(plan: SupervisorPlan): Promise<Instance> {
    process.umask(plan.umask);
    const instance = await Instance.open(plan.lock, this.#routes());
    this.#plan = plan;
    this.#pace = new RestartPace(plan.maxRestarts);
    this.#logFile = plan.logFile === undefined ? undefined : openLogFile(plan.logFile);
    this.#logOutput = new LogOutput({ levels: plan.levels, file: this.#logFile, syslog: plan.syslog });
    process.chdir('/'); // keeps no file system busy
    return instance;
  }

  async #ready(hub: HubProcess, details: object): Promise<void> {
    hub.ready = true;
    if (this.#wasUp) {
      const ms = Math.round(performance.now() - hub.startedMs);
      log.notice(`restart ${this.#restarts}: process ${hub.pid} is ready after ${ms} ms`);
    }
    this.#wasUp = true;
    this.#before = details;
    await this.#starter.ready({ ...details, ...this.#about() });
  }

  #tooLate(hub: HubProcess): void {
    if (hub.ready) return;
    hub.failure = `was not ready within ${(this.#plan?.startTimeoutMs ?? 0) / 1_000} s, and was killed`;
    hub.kill();
  }

  async #ended(hub: HubProcess, end: ProcessEnd): Promise<void> {
    const wasReady = hub.ready;
    hub.ready = false;
    if (this.#endCode !== undefined) return this.#exit(this.#endCode);
    if (!this.#wasUp) return this.#exit(await this.#failedToStart(hub, end));
    const asked = this.#stopping || hub.stopping;
    if (asked) return this.#exit(wasReady ? (end.code ?? ExitCode.FAILURE) : ExitCode.OK);
    if (end.code === 0) {
      log.notice(`process ${hub.pid} ended by itself, with code 0: so does the daemon`);
      return this.#exit(ExitCode.OK);
    }
    const reason = reasonOf(end, hub.failure);
    this.#lastEnd = `${new Date().toISOString()} process ${hub.pid} ${reason}`;
    const pauseMs = this.#pace.next(performance.now());
    if (pauseMs === undefined) return this.#giveUp(hub, reason);
    this.#restarts++;
    const when = pauseMs === 0 ? 'at once' : `in ${Math.round(pauseMs)} ms`;
    log.err(`process ${hub.pid} ${reason}: it is started again ${when}`);
    this.#pause = setTimeout(() => this.#start(), pauseMs);
  }

  /** @returns the code with which whoever started the daemon ends as well */
  async #failedToStart(hub: HubProcess, end: ProcessEnd): Promise<ExitCode> {
    if (this.#stopping) return ExitCode.OK;
    const exitCode = (end.code || ExitCode.FAILURE) as ExitCode;
    if (hub.failure === undefined) {
      await this.#starter.failed({
        message: `The daemon ${reasonOf(end, undefined)} before it was ready.`,
        remedy: 'Run the program in the foreground to see more.',
        exitCode,
      });
    }
    return exitCode;
  }

  async #giveUp(hub: HubProcess, reason: string): Promise<void> {
    const often = `${this.#pace.recent} restarts within ${RESTART_WINDOW_MS / 1_000} s did not help`;
    log.err(
      `process ${hub.pid} ${reason}: ${often}, so the daemon ends, with code ${ExitCode.GAVE_UP}. Mend what is above in this log, then ringcast start`,
    );
    await this.#exit(ExitCode.GAVE_UP);
  }

  #stop(why: StopReason = { restart: false }): void {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#pause);
    const hub = this.#hub;
    if (hub?.connected) hub.stop(this.#plan !== undefined, why);
    else void this.#exit(ExitCode.OK); // between a crash and the restart
  }

  #endNow(code: ExitCode): void {
    this.#endCode = code;
    this.#hub?.endNow(code);
  }

  async #reload(): Promise<unknown> {
    this.#logFile?.reopen();
    return this.#ask('POST /reload');
  }

  async #ask(route: string, body?: unknown): Promise<unknown> {
    const hub = this.#hub;
    if (!hub?.ready) throw notUp(this.#reason());
    return hub.ask(route, body);
  }

  /** Everything is asked of the hub process, but for what must work without it. */
  #routes(): ControlRoutes {
    return {
      'GET /status': () => this.#status(),
      // While it starts the hub process again nobody need start the supervisor again.
      'GET /livez': () => (this.#hub?.ready ? this.#ask('GET /livez') : { live: true }),
      'GET /readyz': () => (this.#hub?.ready ? this.#ask('GET /readyz') : readiness(this.#notReady())),
      'POST /stop': (body) => {
        setImmediate(() => this.#stop(stopReasonOf(body))); // the answer goes first
        return { pid: process.pid };
      },
      'POST /reload': () => this.#reload(),
      'POST /dump': () => this.#ask('POST /dump'),
    };
  }

  async #status(): Promise<unknown> {
    if (!this.#hub?.ready) return { ...this.#about(), ...this.#notReady() };
    const { value } = ControlAnswer.of(await this.#ask('GET /status'));
    return { ...(value as object), ...this.#about() };
  }

  #about() {
    return {
      ...aboutProcess(),
      lock: this.#instance?.lock,
      control: this.#instance?.control,
      logFile: this.#logFile?.path,
      hubPid: this.#hub?.pid,
      restarts: this.#restarts,
      lastEnd: this.#lastEnd,
      launch: { ...this.#command, supervise: true },
    };
  }

  #notReady() {
    return { ready: false, reason: this.#reason() };
  }

  #reason(): string {
    if (this.#stopping) return 'closing';
    return this.#restarts > 0 ? 'restarting after a crash' : 'starting';
  }

  async #exit(code: number): Promise<void> {
    await this.#logOutput?.close();
    process.exit(code);
  }
}

function notUp(reason: string): Failure {
  return new Failure(ExitCode.NO_ANSWER, `The hub does not serve now: it is ${reason}.`, {
    remedy: 'Ask again, or look into its log.',
  });
}
