/** What ends a test before its time: told once, heard wherever the test waits. Thread: the coordinator's. */
import type { LoadResult } from '../../shared/load/result';

export type EarlyEnd = Exclude<LoadResult['run']['ended'], 'complete'>;

/** Thrown at whoever waits. */
export class Interrupted extends Error {
  readonly ended: EarlyEnd;

  constructor(ended: EarlyEnd, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Interrupted';
    this.ended = ended;
  }
}

export class Interruption {
  readonly #happened: Promise<never>;
  #interrupt!: (why: Interrupted) => void;
  #why: Interrupted | undefined;

  constructor() {
    this.#happened = new Promise((_, reject) => {
      this.#interrupt = reject;
    });
    this.#happened.catch(() => {}); // heard by whoever waits, if anybody does
  }

  /** Undefined: nothing happened. */
  get why(): Interrupted | undefined {
    return this.#why;
  }

  /** The first one counts. */
  interrupt(ended: EarlyEnd, message: string, cause?: unknown): void {
    if (this.#why !== undefined) return;
    this.#why = new Interrupted(ended, message, cause);
    this.#interrupt(this.#why);
  }

  /** @returns a function that stops listening */
  listenTo(signal: AbortSignal | undefined): () => void {
    const aborted = (): void => this.interrupt('interrupted', 'the test was interrupted', signal?.reason);
    if (signal?.aborted) aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    return () => signal?.removeEventListener('abort', aborted);
  }

  /** Waits for something, or for the interruption. @throws {Interrupted} */
  async orElse<T>(step: Promise<T>): Promise<T> {
    // Rejected before, a race would still take a step that is done already.
    if (this.#why !== undefined) {
      step.catch(() => {});
      throw this.#why;
    }
    return Promise.race([step, this.#happened]);
  }

  /** @throws {Interrupted} */
  async sleep(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, ms));
    });
    await this.orElse(over).finally(() => clearTimeout(timer));
  }
}
