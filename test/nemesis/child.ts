/** A process of a run: it is asked over its IPC channel, and gone with the run. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const REGISTER = path.join(__dirname, '../../scripts/register-typescript.cjs');
const open = new Set<Child>();

/** Ends whatever is left, also what is stopped. */
export async function endChildren(): Promise<void> {
  await Promise.all(Array.from(open, (child) => child.kill()));
}

export class Child {
  readonly process: ChildProcess;
  /** Resolves with its exit code or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly heard: unknown[] = [];
  stderr = '';
  #lastId = 0;
  #stopped = false;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

  constructor(file: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.process = fork(path.join(__dirname, file), args, {
      execArgv: ['-r', REGISTER],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    open.add(this);
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000);
    });
    this.process.on('message', (message: { id?: number; result?: never; error?: string }) =>
      this.#hear(message),
    );
    this.ended = once(this.process, 'exit').then(([code, signal]) => {
      open.delete(this);
      for (const { reject } of this.#waiting.values())
        reject(new Error(`${file} ended: ${code ?? signal}\n${this.stderr}`));
      return code ?? signal;
    });
  }

  ask<T>(order: object): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, order }, (error) => error && reject(error));
    });
  }

  /** It says so by a message that answers nothing. */
  async hears<T>(holds: (message: unknown) => boolean): Promise<T> {
    for (;;) {
      const found = this.heard.find(holds);
      if (found !== undefined) return found as T;
      const ended = await Promise.race([once(this.process, 'message'), this.ended]);
      if (!Array.isArray(ended) && !this.heard.some(holds))
        throw new Error(`it ended: ${ended}\n${this.stderr}`);
    }
  }

  /** Neither runs nor answers for so long. */
  async stopFor(ms: number): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.process.kill('SIGCONT');
    this.#stopped = false;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #hear({ id, result, error, ...rest }: { id?: number; result?: never; error?: string }): void {
    if (id === undefined) {
      this.heard.push(rest);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result as never);
    else waiting?.reject(new Error(error));
  }
}
