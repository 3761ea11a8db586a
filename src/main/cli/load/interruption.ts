/** Ctrl-C and its like. The first one ends the run in good order, the second one the process. */
import { constants } from 'node:os';
import { ExitCode } from '../exit-codes';
import { onReaderGone } from '../terminal';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

export class Interruption {
  readonly #controller = new AbortController();
  readonly #tell: (text: string) => void;
  readonly #handlers = new Map<Signal, () => void>();
  #signal: Signal | undefined;
  #readerGone = false;
  #idle = false;

  /** @param tell says what happens, at once */
  constructor(tell: (text: string) => void) {
    this.#tell = tell;
    for (const name of SIGNALS) {
      const handler = () => this.#came(name);
      this.#handlers.set(name, handler);
      process.on(name, handler);
    }
  }

  /** Aborted by the first one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** 130 or 143, as shells count them; 0: the reader has seen enough; undefined: none came. */
  get exitCode(): number | undefined {
    if (this.#signal !== undefined) return codeOf(this.#signal);
    return this.#readerGone ? ExitCode.OK : undefined;
  }

  /** From now on the run ends, and says nothing, when nobody reads `stream` any more, as `| head -1` does. */
  listenTo(stream: NodeJS.WriteStream): void {
    onReaderGone(stream, () => {
      this.#readerGone = true;
      this.#controller.abort();
    });
  }

  /** Resolves with the first one. */
  came(): Promise<void> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Nothing runs any more that a signal would end. */
  idle(): void {
    this.#idle = true;
  }

  dispose(): void {
    for (const [name, handler] of this.#handlers) process.removeListener(name, handler);
  }

  #came(name: Signal): void {
    // Servers and generators are children that end with this process.
    if (this.#signal !== undefined) process.exit(codeOf(name));
    this.#signal = name;
    if (!this.#idle) this.#tell('Ending, with what was measured until now. Ctrl-C again ends at once.');
    this.#controller.abort();
  }
}

function codeOf(name: Signal): number {
  return 128 + constants.signals[name];
}
