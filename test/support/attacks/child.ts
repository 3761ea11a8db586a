/** A program in a process of its own, asked over IPC. It ends with the process that started it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export class Child {
  readonly process: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >();
  #asked = 0;
  /** What it wrote to its standard error: a crash says why there. */
  stderr = '';

  constructor(program: string, start: object) {
    this.process = fork(path.join(__dirname, 'programs', `${program}.cjs`), {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.process.on('message', ({ number, answer }: { number: number; answer: unknown }) => {
      this.#waiting.get(number)?.resolve(answer);
      this.#waiting.delete(number);
    });
    this.process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${program} ended: ${this.stderr}`));
    });
    this.process.send(start);
  }

  get alive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** The first thing that it says. */
  started<T>(): Promise<T> {
    return this.#answer(0);
  }

  ask<T>(name: string): Promise<T> {
    const number = ++this.#asked;
    this.process.send({ number, name });
    return this.#answer(number);
  }

  async end(): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.process, 'exit');
    this.process.disconnect();
    const killer = setTimeout(() => this.process.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(killer);
  }

  #answer<T>(number: number): Promise<T> {
    if (!this.alive) return Promise.reject(new Error(`it has ended: ${this.stderr}`));
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (answer: unknown) => void, reject });
    });
  }
}
