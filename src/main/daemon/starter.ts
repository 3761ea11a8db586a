/**
 * The side of the daemon that starts: its line to the process that waits for it.
 *
 * Thread: the main one.
 */
import { DAEMON_MARK, type StartMessage } from './verdict';

export class Starter {
  #over = false;

  private constructor() {}

  /** @returns undefined, if nobody started this process as a daemon, and waits. Answers once: the mark is taken away. */
  static take(): Starter | undefined {
    const marked = process.env[DAEMON_MARK] !== undefined && process.connected;
    delete process.env[DAEMON_MARK];
    return marked ? new Starter() : undefined;
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
    if (this.#over) return;
    this.#over = true;
    await this.#tell(message);
    if (process.connected) process.disconnect();
  }

  /** Resolves once it is written. Whoever waited may be gone: then nobody needs to know. */
  #tell(message: StartMessage): Promise<void> {
    return new Promise((resolve) => {
      if (!process.connected || process.send === undefined) resolve();
      else process.send(message, () => resolve());
    });
  }
}
