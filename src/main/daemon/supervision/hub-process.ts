/**
 * A daemon's hub process, as its supervisor sees it: started, asked, ended.
 *
 * Thread: the supervisor's main one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { ExitCode } from '../../cli/exit-codes';
import { Failure } from '../../cli/failure';
import type { StopReason } from '../control-routes';
import { ControlAnswer } from '../control-server';
import { DAEMON_MARK, endText, SUPERVISED } from '../verdict';
import type { ToHubProcess, ToSupervisor } from './protocol';

/** Whoever asks over the control socket waits for 5 s: it shall get this answer, and not none. */
const ANSWER_LIMIT_MS = 4_000;
/** A process that is to end at once gets this long to remove its files. */
const END_NOW_GRACE_MS = 500;
/** So much of what Node itself printed last is kept: enough for its report of memory that ran out. */
const KEPT_BYTES = 4_096;

export interface ProcessEnd {
  /** In words: `was killed by SIGABRT`. */
  how: string;
  code: number | null;
  /** What Node itself printed last: it does not go through the program's own streams. */
  printed: string;
}

/** What a process is started as. */
export interface Command {
  /** What follows the name of the Node binary. */
  argv: readonly string[];
  /** Relative paths in its arguments are meant from here. */
  cwd: string;
}

type Answer = Extract<ToSupervisor, { ringcast: 'answer' }>;

export class HubProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<ProcessEnd>;
  readonly startedMs = performance.now();
  /** Whether it said that it is up. */
  ready = false;
  /** Whether it said that it is about to end. */
  stopping = false;
  /** Why it cannot come up, in its own words. */
  failure: string | undefined;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #printed = '';

  /** @param onMessage gets what is not an answer */
  constructor({ argv, cwd }: Command, onMessage: (message: ToSupervisor) => void) {
    this.#child = spawn(process.execPath, argv, {
      cwd,
      env: { ...process.env, [DAEMON_MARK]: SUPERVISED },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.pid = this.#child.pid;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT_BYTES);
    });
    this.#child.on('message', (message: ToSupervisor) => {
      if (message?.ringcast === 'answer') this.#waiting.get(message.id)?.(message);
      else if (message?.ringcast !== undefined) onMessage(message);
    });
    this.ended = this.#end();
  }

  /** Whether it can be asked anything. */
  get connected(): boolean {
    return this.#child.connected;
  }

  tell(message: ToHubProcess): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // one that is dying need not know
  }

  /**
   * Has it do what a route of the control socket does.
   *
   * @returns what the route answered
   * @throws {Failure} with its own words, if it refused; NO_ANSWER, if it does not answer in time, or ends meanwhile
   */
  async ask(route: string, body?: unknown): Promise<unknown> {
    const id = ++this.#lastId;
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      timer = setTimeout(() => resolve(undefined), ANSWER_LIMIT_MS);
      void this.ended.then(() => resolve(undefined));
      this.tell({ ringcast: 'ask', id, route, body });
    });
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (answer === undefined) throw noAnswer(this.pid);
    const { status, value, failure } = answer;
    if (failure === undefined) return new ControlAnswer(status, value);
    if (status === 500) throw new Error(failure.message);
    throw new Failure(ExitCode.FAILURE, failure.message, failure);
  }

  /** Ends it in good order. One that has not come so far as to obey is just ended. */
  stop(obeys: boolean, { restart }: StopReason): void {
    if (obeys) this.tell({ ringcast: 'stop', restart });
    else this.#child.kill('SIGTERM');
  }

  /** Ends it at once, also if it is stuck. */
  endNow(exitCode: number): void {
    this.tell({ ringcast: 'end now', exitCode });
    setTimeout(() => this.kill(), END_NOW_GRACE_MS);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #end(): Promise<ProcessEnd> {
    return new Promise((resolve) => {
      const say = (how: string, code: number | null) => resolve({ how, code, printed: this.#printed });
      this.#child.once('error', ({ message }) => {
        if (this.pid === undefined) say(`could not be started: ${message}`, ExitCode.FAILURE);
      });
      // Its last words may come behind its end: both are waited for.
      const exited = new Promise<[number | null, string | null]>((tell) =>
        this.#child.once('exit', (...how) => tell(how)),
      );
      const silent = new Promise<void>((tell) => this.#child.once('disconnect', tell));
      const quiet = new Promise<void>((tell) => this.#child.stderr?.once('end', tell));
      void Promise.all([exited, silent]).then(async ([[code, signal]]) => {
        // A process that it started may hold the pipe open for ever.
        await Promise.race([quiet, new Promise((tell) => setTimeout(tell, 20))]);
        say(endText(code, signal), code);
      });
    });
  }
}

function noAnswer(pid: number | undefined): ControlFailure {
  return new ControlFailure(`The daemon's process ${pid} does not answer.`);
}

/** Nobody answers: `ringcast` commands end with 4. */
export class ControlFailure extends Failure {
  constructor(message: string) {
    super(ExitCode.NO_ANSWER, message, { remedy: 'ringcast stop --force ends it.' });
  }
}
