/**
 * A server in a process of its own, as the coordinator's process sees it: orders, answers, its end.
 *
 * It ends by itself when its parent is gone, and it does not hear the terminal's Ctrl-C: the coordinator decides.
 *
 * Thread: the coordinator's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { LAUNCH_ARGUMENTS } from '../../launch-arguments';
import { LastWords } from './last-words';
import type { Answer, Order, ServerOrderName, ServerOrders } from './protocol';

/** An order that is not answered in this time fails. Starting includes loading the program, on a machine that is busy. */
const ANSWER_DEADLINE_MS = 30_000;
/** Closing politely may take so long; then it is killed. */
const STOP_GRACE_MS = 3_000;

interface Waiting {
  timer: NodeJS.Timeout;
  resolve(value: never): void;
  reject(error: Error): void;
}

export class TargetProcess {
  /** Rejects if it ends before `stop`. */
  readonly failed: Promise<never>;
  readonly #child: ChildProcess;
  readonly #lastWords: LastWords;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #stopping = false;

  constructor() {
    this.#child = fork(path.join(__dirname, `server-process${path.extname(__filename)}`), {
      execArgv: [...LAUNCH_ARGUMENTS],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#lastWords = new LastWords(this.#child);
    this.#child.on('message', (answer: Answer) => this.#take(answer));
    let fail: (error: Error) => void = () => {};
    this.failed = new Promise((_resolve, reject) => {
      fail = reject;
    });
    this.failed.catch(() => {}); // whoever cares waits for it
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#ended(error, fail, resolve));
      this.#child.once('close', () => this.#ended(this.#lastWords.death('the server'), fail, resolve));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @throws what the order failed with there, or that the process is gone or does not answer */
  ask<N extends ServerOrderName>(name: N, ask: ServerOrders[N]['ask']): Promise<ServerOrders[N]['answer']> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`the server did not answer '${name}' within ${ANSWER_DEADLINE_MS / 1e3} s`));
      }, ANSWER_DEADLINE_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      if (this.#child.connected)
        this.#child.send({ id, name, ask } as Order, () => {}); // its end is told by `close`
      else if (this.#over) this.#rejectAll(this.#lastWords.death('the server'));
    });
  }

  /** Ends it, if need be by force. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#over) this.ask('stop', undefined).catch(() => {});
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.#exited;
    clearTimeout(killer);
  }

  get #over(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    clearTimeout(waiting?.timer);
    if ('failed' in answer) {
      const { message, ...rest } = answer.failed;
      waiting?.reject(Object.assign(new Error(message), rest));
    } else waiting?.resolve(answer.answer as never);
  }

  #ended(death: Error, fail: (error: Error) => void, resolve: () => void): void {
    this.#rejectAll(death);
    if (!this.#stopping) fail(death);
    resolve();
  }

  #rejectAll(error: Error): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
  }
}
