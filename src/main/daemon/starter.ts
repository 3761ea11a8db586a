/**
 * The side of the daemon that starts: its line to the process that waits for it.
 *
 * Thread: the main one.
 */
import { ExitCode } from '../cli/exit-codes';
import { DAEMON_MARK, type StartMessage, SUPERVISED } from './verdict';

export class Starter {
  /** Whether the process that waits is a supervisor, and stays. */
  readonly supervised: boolean;
  #over = false;

  private constructor(supervised: boolean) {
    this.supervised = supervised;
  }

  /** @returns undefined, if nobody started this process as a daemon, and waits. Answers once: the mark is taken away. */
  static take(): Starter | undefined {
    const mark = process.env[DAEMON_MARK];
    delete process.env[DAEMON_MARK];
    // Its supervisor was killed before this process came so far: it must not start a daemon of its own.
    if (mark === SUPERVISED && !process.connected) process.exit(ExitCode.FAILURE);
    return mark !== undefined && process.connected ? new Starter(mark === SUPERVISED) : undefined;
  }

  /** What is printed while it starts is for whoever started it. */
  printed(text: string): void {
    if (!this.#over) void this.#tell({ ringcast: 'printed', text });
  }

  async ready(details: object): Promise<void> {
    await this.#tellLast({ ringcast: 'ready', details });
  }

  async failed(failure: {
    message: string;
    remedy?: string;
    exitCode: number;
    stack?: string;
  }): Promise<void> {
    await this.#tellLast({ ringcast: 'failed', ...failure });
  }

  async #tellLast(message: StartMessage): Promise<void> {
    if (this.#over && !this.supervised) return; // a supervisor also wants to know why one that was up ends
    this.#over = true;
    await this.#tell(message);
    if (process.connected && !this.supervised) process.disconnect();
  }

  /** Resolves once it is written. Whoever waited may be gone: then nobody needs to know. */
  #tell(message: StartMessage): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || process.send === undefined) resolve();
      else process.send(message, () => resolve());
    });
  }
}
