/**
 * A server that is started by a command line: it is loaded once its port answers, and ended afterwards with all that it started.
 *
 * Thread: the coordinator's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerSample, Target } from '../../../shared/load/target';
import { LAUNCH_ARGUMENTS } from '../../launch-arguments';
import type { LoadOptions } from '../options';
import type { GuardMessage } from './command-guard';
import { LastWords } from './last-words';
import { addressOf, type HostAndPort } from './server-address';
import { sampleOf } from './url-target';

type Command = NonNullable<LoadOptions['command']>;

const DEFAULT_READY_TIMEOUT_MS = 30_000;
/** Between two looks whether the port answers. */
const LOOK_MS = 50;
/** One look takes no longer. */
const CONNECT_TIMEOUT_MS = 1_000;
/** After SIGTERM; then SIGKILL. */
export const STOP_GRACE_MS = 5_000;

/**
 * @throws {Error} if something listens there already, or the command cannot be started, ends, or does not listen in time: with what it
 *   printed. Then nothing of it is left
 */
export async function startCommandTarget(
  command: Command,
  url: string,
  graceMs = STOP_GRACE_MS,
): Promise<Target> {
  const address = addressOf(url);
  if (await answers(address))
    throw new Error(
      `something listens at ${shown(address)} already, so the command cannot: end that, or leave the command out`,
    );
  const target = new CommandTarget(command, url, graceMs);
  try {
    await Promise.race([target.failed, target.listens(address, command.readyTimeoutMs)]);
    return target;
  } catch (error) {
    await target.stop();
    throw error;
  }
}

class CommandTarget implements Target {
  readonly kind = 'command';
  readonly name: string;
  readonly url: string;
  readonly publishing = undefined;
  readonly failed: Promise<never>;
  pid: number | undefined;
  readonly #guard: ChildProcess;
  readonly #lastWords: LastWords;
  readonly #guardGone: Promise<void>;
  #stopping = false;

  constructor({ file, arguments: args }: Command, url: string, graceMs: number) {
    this.name = [file, ...args].join(' ');
    this.url = url;
    this.#guard = fork(
      path.join(__dirname, `command-guard${path.extname(__filename)}`),
      [String(graceMs), file, ...args],
      { execArgv: [...LAUNCH_ARGUMENTS], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    this.#lastWords = new LastWords(this.#guard);
    this.#guardGone = new Promise((resolve) => this.#guard.once('exit', () => resolve()));
    this.failed = new Promise((_resolve, reject) => {
      this.#guard.on('message', (message: GuardMessage) => this.#hear(message, reject));
      void this.#guardGone.then(() => this.#fail(reject, 'its guard ended'));
    });
    this.failed.catch(() => {}); // whoever cares waits for it
  }

  async listens(address: HostAndPort, timeoutMs = DEFAULT_READY_TIMEOUT_MS): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await answers(address))) {
      if (this.#stopping) return;
      if (performance.now() > deadline)
        throw this.#error(`did not listen at ${shown(address)} within ${timeoutMs / 1e3} s`);
      await sleep(LOOK_MS);
    }
  }

  async begin(): Promise<void> {}

  sample(): ServerSample | null {
    return this.pid === undefined ? null : sampleOf(this.pid);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#guard.connected) this.#guard.disconnect();
    await this.#guardGone;
  }

  #hear(message: GuardMessage, reject: (error: Error) => void): void {
    if (message.type === 'started') this.pid = message.pid;
    else if (message.type === 'not started') this.#fail(reject, `could not be started: ${message.message}`);
    else
      void this.#heardAll().then(() =>
        this.#fail(
          reject,
          message.signal === null ? `ended with code ${message.code}` : `was killed by ${message.signal}`,
        ),
      );
  }

  /** What it printed last may come behind the news of its end. */
  async #heardAll(): Promise<void> {
    await sleep(LOOK_MS);
  }

  #fail(reject: (error: Error) => void, what: string): void {
    if (!this.#stopping) reject(this.#error(what));
  }

  #error(what: string): Error {
    const { text } = this.#lastWords;
    return new Error(
      `the command '${this.name}' ${what}${text === '' ? ', and printed nothing' : `. It printed:\n${text}`}`,
    );
  }
}

/** Whether a server accepts connections there. */
function answers({ host, port }: HostAndPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const settle = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

function shown({ host, port }: HostAndPort): string {
  return `${host}:${port}`;
}
